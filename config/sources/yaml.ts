import {
  type Alias,
  type Document,
  type ErrorCode,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type ParsedNode,
  parseAllDocuments,
  type Scalar,
  type YAMLMap,
} from "yaml";
import type { Altered } from "../layers/source.ts";
import { deepest } from "../nesting.ts";
import { codeOf } from "../signs.ts";
import { isTree, set, type Tree } from "../tree.ts";
import { type Plain, readPlain } from "./yamlScalar.ts";

/** A file that cannot be read, in words for its writer, with its line where there is one. No message quotes it. */
export class FileError extends Error {
  /** Its name, where the words are about one. */
  readonly file: string | undefined;

  constructor(message: string, file?: string) {
    super(message);
    this.file = file;
  }
}

/** A YAML file as Pulumi reads it. */
export interface YamlFile {
  tree: Tree;
  /** Scalars, by their paths in the tree, that Pulumi does not keep as they are written. */
  altered: Altered[];
  /** Keys, by their paths, that are no text to Pulumi: a number, a date, `true`. */
  oddKeys: Altered[];
}

/** What aliases may come to, written out: a file of megabytes. */
const mostAliased = 100_000;

/** The text of a file. @throws FileError where it is not UTF-8 */
export function decode(file: string, bytes: Uint8Array): string {
  if (bytes[0] === 0xff || bytes[0] === 0xfe)
    throw new FileError(`${file}: is UTF-16, not UTF-8; save it as UTF-8`, file);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new FileError(`${file}: is no text in UTF-8; is it the file that was meant?`, file);
  }
}

/**
 * Reads YAML as Pulumi does, by the rules of its library: what stands in quotes is text, what does not is what
 * `readPlain` says. What the two readers of YAML take differently is refused.
 * @throws FileError where it is no YAML, or no one map of keys.
 */
export function readYaml(file: string, text: string): YamlFile {
  refuseCharacters(file, text);
  const lines = new LineCounter();
  const fail = (offset: number, what: string): never => {
    throw new FileError(`${file}:${lines.linePos(offset).line}: ${what}`, file);
  };
  const documents = parsed(file, text, lines);
  const [first, second] = documents;
  // Of what the parser only warns, Pulumi's reader takes something else, or nothing.
  const [error] = documents.flatMap(({ errors, warnings }) => [...errors, ...warnings]);
  if (error) fail(error.pos[0], `not YAML: ${words[error.code] ?? "cannot be read"}`);
  if (second && !isEmpty(second.contents))
    fail(second.range[0], "holds a second YAML document, which Pulumi does not read; make them one");
  const found = { altered: [], oddKeys: [] };
  const tree = first?.contents
    ? new Reader(fail, found, text.endsWith("\n") ? Infinity : text.length).read(first.contents, [])
    : {};
  if (tree !== null && !isTree(tree))
    throw new FileError(`${file}: holds no settings, but ${Array.isArray(tree) ? "a list" : "text"}`, file);
  return { tree: tree ?? {}, ...found };
}

const isEmpty = (node: Node): boolean => node === null || (isScalar(node) && node.source === "" && !node.tag);

/** What YAML 1.1 and 1.2 take differently, or Pulumi's reader not at all. */
function refuseCharacters(file: string, text: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  const found = /[\0-\x08\v\f\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]|\r(?!\n)/.exec(text);
  if (!found) return;
  const line = text.slice(0, found.index).split("\n").length;
  throw new FileError(
    `${file}:${line}: holds the character ${codeOf(found[0])}, which no file of settings may hold; remove it`,
    file,
  );
}

function parsed(file: string, text: string, lineCounter: LineCounter): Document.Parsed[] {
  try {
    const found = parseAllDocuments(text, {
      schema: "failsafe",
      prettyErrors: false,
      logLevel: "silent",
      lineCounter,
    });
    return Array.isArray(found) ? found : [];
  } catch (error) {
    if (error instanceof RangeError) throw new FileError(`${file}: is nested too deeply`, file);
    throw error;
  }
}

type Fail = (offset: number, what: string) => never;
type Found = Pick<YamlFile, "altered" | "oddKeys">;
type Node = ParsedNode | null;

/** A group that another takes over, and what of it is altered. */
type Merged = Pick<YamlFile, "tree" | "altered">;

/** Makes plain settings of YAML's nodes, in the order of the file, so that an alias is what was last anchored so. */
class Reader {
  readonly #fail: Fail;
  readonly #found: Found;
  /** Of the file's text, up to a last line break. */
  readonly #length: number;
  readonly #anchors = new Map<string, Node>();
  readonly #targets = new Map<Node, Node>();
  /** What is being read: an alias to it would never end. */
  readonly #open = new Set<Node>();
  #aliased = 0;

  constructor(fail: Fail, found: Found, length: number) {
    this.#fail = fail;
    this.#found = found;
    this.#length = length;
  }

  read(node: Node, path: string[], aliased = false): unknown {
    if (node === null) return null;
    if (path.length > deepest) this.#fail(node.range[0], `is nested deeper than ${deepest} levels`);
    if (aliased && ++this.#aliased > mostAliased) this.#fail(node.range[0], "comes to too much with its aliases");
    if (isAlias(node)) return this.read(this.#target(node), path, true);
    this.#take(node, aliased);
    this.#open.add(node);
    const value = isScalar(node)
      ? this.#scalar(node, path)
      : isMap(node)
        ? this.#map(node, path, aliased)
        : node.items.map((item, index) => this.read(item, [...path, String(index)], aliased));
    this.#open.delete(node);
    return value;
  }

  /** Notes an anchor, and refuses a tag. What an alias repeats was taken at its anchor. */
  #take(node: Exclude<Node, Alias.Parsed | null>, aliased: boolean): void {
    if (aliased) return;
    if (node.anchor) this.#anchors.set(node.anchor, node);
    if (node.tag && node.tag !== "tag:yaml.org,2002:str")
      this.#fail(node.range[0], "has a YAML tag, which is not taken here; write the value without it");
  }

  #target(alias: Alias.Parsed): Node {
    const target = this.#targets.get(alias) ?? this.#anchors.get(alias.source);
    if (target === undefined)
      return this.#fail(alias.range[0], "not YAML: an alias (*) without an anchor (&) before it");
    if (this.#open.has(target))
      return this.#fail(alias.range[0], "not YAML: an alias (*) inside of what it stands for");
    this.#targets.set(alias, target);
    return target;
  }

  #scalar(node: Scalar.Parsed, path: string[]): unknown {
    // The parser ends a block with a line break also where the file ends without one.
    const unended = node.type?.startsWith("BLOCK") && node.range[1] >= this.#length;
    const text = unended ? String(node.value).replace(/\n$/, "") : String(node.value);
    this.#refuseText(node, text);
    if (node.type !== "PLAIN" || node.tag) return text;
    const value = kept(readPlain(text), path);
    if (typeof value === "number" && !Number.isFinite(value))
      return this.#fail(node.range[0], "holds '.inf' or '.nan', which Pulumi cannot take; in quotes it is text");
    if (value !== null && String(value) !== text) this.#found.altered.push({ path, written: text });
    return value;
  }

  /** What Pulumi loses, or cannot read, where it writes a text out for itself. */
  #refuseText(node: Scalar.Parsed, text: string): void {
    if (!text.isWellFormed()) this.#fail(node.range[0], "holds half of a character, escaped");
    if (/^[\n\u0085\u2028\u2029]/.test(text))
      this.#fail(node.range[0], "text that begins with an empty line, which Pulumi drops; take that line out");
    if (/^\t.*\n/.test(text))
      this.#fail(node.range[0], "text of several lines that begins with a tab, which Pulumi cannot read; use spaces");
  }

  #map(node: YAMLMap.Parsed, path: string[], aliased: boolean): Tree {
    const tree: Tree = {};
    const merged: Merged[] = [];
    for (const { key, value } of node.items) {
      const scalar = isAlias(key) ? this.#target(key) : key;
      if (!isScalar(scalar)) return this.#fail(node.range[0], "not YAML: a key that is a list or a group");
      this.#take(scalar, aliased);
      const text = String(scalar.value);
      if (text === "<<" && scalar.type === "PLAIN" && !scalar.tag) {
        merged.push(...this.#merged(value, path));
        continue;
      }
      if (text === "<<") this.#fail(node.range[0], "has a key '<<' in quotes, which Pulumi takes for a merge");
      this.#refuseText(scalar, text);
      const name = scalar.type === "PLAIN" && !scalar.tag ? readPlain(text) : text;
      if (Object.hasOwn(tree, String(name))) this.#fail(scalar.range[0], `not YAML: ${words.DUPLICATE_KEY}`);
      if (typeof name !== "string") this.#found.oddKeys.push({ path: [...path, String(name)], written: text });
      else if (name !== text) this.#found.oddKeys.push({ path: [...path, name], written: text });
      set(tree, String(name), this.read(value, [...path, String(name)], aliased));
    }
    // What a map says itself goes before what it merges, and of these the first.
    for (const one of merged) {
      const names = Object.keys(one.tree).filter((name) => !Object.hasOwn(tree, name));
      for (const name of names) set(tree, name, one.tree[name]);
      this.#found.altered.push(...one.altered.filter((scalar) => names.includes(scalar.path[path.length] ?? "")));
    }
    return tree;
  }

  /** What stands behind `<<`: a group, or a list of groups, in full or as aliases. */
  #merged(node: Node, path: string[]): Merged[] {
    return (isSeq(node) ? node.items : [node]).map((item) => {
      const { altered } = this.#found;
      const before = altered.length;
      const tree = this.read(item, path);
      if (!isTree(tree)) return this.#fail(item?.range[0] ?? 0, "not YAML: '<<' takes groups, and this is none");
      return { tree, altered: altered.splice(before) };
    });
  }
}

/** Below the top Pulumi reads whole numbers of 64 bits with a sign, and rounds larger ones. */
const kept = (scalar: Plain, path: readonly string[]): Plain =>
  typeof scalar === "bigint" && path.length > 2 && scalar >= 2n ** 63n ? Number(scalar) : scalar;

/** What the parser finds, by its codes: its own words quote the file. */
const words: Readonly<Partial<Record<ErrorCode, string>>> = {
  BAD_ALIAS: "an alias or an anchor that is none",
  BAD_DIRECTIVE: "a line that begins with '%' and is no directive",
  BAD_DQ_ESCAPE: "a backslash in double quotes before what it does not escape; write it twice, or use single quotes",
  BAD_INDENT: "indented otherwise than what it belongs to, or a bracket before it is not closed",
  BAD_SCALAR_START: "text that begins with a character that YAML keeps for itself; put it in quotes",
  BLOCK_AS_IMPLICIT_KEY: "two keys in one line, or text with ': ' in it; put it in quotes",
  BLOCK_IN_FLOW: "lines with keys or dashes inside of brackets",
  DUPLICATE_KEY: "a key stands twice in one group",
  KEY_OVER_1024_CHARS: "a key of more than 1024 characters",
  MISSING_CHAR: "something is missing: a quote, a bracket, a comma, or a space behind ':'",
  MULTILINE_IMPLICIT_KEY: "a key of several lines: a quote, a bracket or a ':' may be missing",
  MULTIPLE_ANCHORS: "two anchors for one value",
  MULTIPLE_TAGS: "two tags for one value",
  RESOURCE_EXHAUSTION: "nested too deeply",
  TAB_AS_INDENT: "a tab where only spaces indent",
  TAG_RESOLVE_FAILED: "a YAML tag, which is not taken here; write the value without it",
  UNEXPECTED_TOKEN: "something that does not belong here: a quote or a bracket may be missing or too many",
};
