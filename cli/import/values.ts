import { isMap, isScalar, isSeq, LineCounter, type ParsedNode, parseAllDocuments } from "yaml";
import { deepest, isDeep } from "../../config/nesting.ts";
import { FileError } from "../../config/sources/yaml.ts";
import { isTree, set, type Tree } from "../../config/tree.ts";
import { Place } from "./place.ts";

/** What a person can do something about: shown as its message alone. */
export class ImportError extends FileError {
  override name = "ImportError";
}

/** A values file: its name for messages, and what is in it. */
export interface ValuesFile {
  name: string;
  tree: Tree;
  /** Keys that stand twice in one map, where they count, and why not. */
  repeated?: Repeated[];
}

/** A key that a later one of the same name takes back. */
export interface Repeated {
  from: string;
  reason: string;
}

/** Types of YAML 1.1 that Helm's parser leaves as the text they are, or that values have no use for. */
const leftOut = ["timestamp", "binary", "omap", "pairs", "set"].map((name) => `tag:yaml.org,2002:${name}`);

/**
 * Reads a values file as Helm does: YAML 1.1, so that `yes` is true.
 * @throws ImportError with file, line and what is wrong. No message repeats the file's text, which may be secret.
 */
export function parseValues(name: string, text: string): ValuesFile {
  const lines = new LineCounter();
  try {
    const documents = parseAllDocuments(text, {
      version: "1.1",
      merge: true,
      // Helm reads by sigs.k8s.io/yaml, whose Unmarshal takes the last of several.
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: "error",
      lineCounter: lines,
      customTags: (tags) =>
        tags.filter(
          (tag) =>
            typeof tag === "string" || !(leftOut.includes(tag.tag) || ("format" in tag && tag.format === "TIME")),
        ),
    });
    const list = Array.isArray(documents) ? documents : [];
    const [error] = list.flatMap((document) => document.errors);
    if (error && overflow.test(error.message)) throw tooDeep(name);
    if (error) throw new ImportError(`${name}:${lines.linePos(error.pos[0]).line}: not YAML: ${plain(error.message)}`);
    if (list.length > 1) throw new ImportError(`${name}: holds ${list.length} YAML documents; a values file is one`);
    const tree: unknown = list[0]?.toJS({ maxAliasCount: 1000 }) ?? {};
    if (isDeep(tree)) throw tooDeep(name);
    if (!isTree(tree)) throw new ImportError(`${name}: holds no values: a values file is a map of keys`);
    const repeated = repeatedIn(list[0]?.contents, new Place(tree), (at) => lines.linePos(at).line);
    return { name, tree, ...(repeated.length > 0 ? { repeated } : {}) };
  } catch (failure) {
    if (failure instanceof ImportError) throw failure;
    if (failure instanceof RangeError) throw tooDeep(name);
    throw new ImportError(`${name}: not YAML: ${plain(failure instanceof Error ? failure.message : "unreadable")}`);
  }
}

/** The keys of maps that stand there more than once: the last counts, as a whole. */
function repeatedIn(node: ParsedNode | null | undefined, place: Place, lineAt: (at: number) => number): Repeated[] {
  if (isSeq(node)) return node.items.flatMap((item, at) => repeatedIn(item as ParsedNode, place.at(at), lineAt));
  if (!isMap(node)) return [];
  const last = new Map<string, (typeof node.items)[number]>();
  for (const pair of node.items) if (isScalar(pair.key)) last.set(String(pair.key.value), pair);
  return node.items.flatMap((pair) => {
    if (!isScalar(pair.key)) return [];
    const key = String(pair.key.value);
    const [inner, counts] = [place.at(key), last.get(key)];
    if (counts === pair) return repeatedIn(pair.value as ParsedNode | null, inner, lineAt);
    const [here, there] = [pair, counts].map((one) => lineAt(rangeOf(one?.key)));
    return key === "<<"
      ? []
      : [{ from: inner.path, reason: `of line ${here} is given again in line ${there}: Helm takes the last` }];
  });
}

const rangeOf = (key: unknown): number => (isScalar(key) ? (key.range?.[0] ?? 0) : 0);

/** What the parser, which goes into what is nested call by call, says of too much of it. */
const overflow = /call stack/;

const tooDeep = (name: string) =>
  new ImportError(
    `${name}: is nested more than ${deepest} levels deep, or an alias in it stands within its own anchor; values are neither`,
  );

/** A parser's message without the text that it quotes. */
const plain = (message: string) =>
  (message.split("\n")[0] ?? "")
    .replace(/: ["'][\s\S]*$/, "")
    .replace(/\(.*$/, "")
    .trim();

/** What kind of value stands somewhere, without the value, which may be secret. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return "empty";
  if (Array.isArray(value)) return "a list";
  return isTree(value) ? "a map" : typeof value === "string" ? "text" : `a ${typeof value}`;
}

/** Merges values files as Helm does: maps deeply, lists are replaced, `null` takes a key back. */
export function mergeValues(files: readonly Tree[]): Tree {
  const over = (earlier: Tree, later: Tree): Tree => {
    const result: Tree = {};
    for (const [key, value] of [...Object.entries(earlier), ...Object.entries(later)]) {
      const before = Object.hasOwn(result, key) ? result[key] : undefined;
      set(result, key, isTree(before) && isTree(value) ? over(before, value) : structuredClone(value));
    }
    return result;
  };
  return withoutNulls(files.reduce(over, {}));
}

/** Helm drops what is `null` in a map, at any depth; in a list it stays. */
function withoutNulls(tree: Tree): Tree {
  const result: Tree = {};
  for (const [key, value] of Object.entries(tree))
    if (value !== null) set(result, key, isTree(value) ? withoutNulls(value) : value);
  return result;
}
