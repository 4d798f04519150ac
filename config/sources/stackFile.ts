import { parseDocument } from "yaml";
import { encryptedText } from "../problems.ts";
import { fromText, isTree, set, type Tree } from "../tree.ts";
import { namespace } from "./project.ts";

/** What a file says under `config`, as Pulumi hands it to the program, but for what is encrypted. */
export interface SettingsFile {
  /** The keys of one namespace without it: groups as they are, scalars as text, `null` as `""`. */
  settings: Tree;
  /** Paths of what is encrypted; `settings` has the text `[secret]` there. */
  encrypted: string[][];
  region?: string;
  /** All keys, of other namespaces too. */
  keys: string[];
}

/** A file that cannot be read, in words with its line. */
export class FileError extends Error {
  /** Its name, where the words are about one. */
  readonly file: string | undefined;

  constructor(message: string, file?: string) {
    super(message);
    this.file = file;
  }
}

/** The YAML of a file as a tree; an empty file is an empty one. No message quotes it. @throws FileError */
function parseYaml(file: string, text: string): Tree {
  const document = parseDocument(text, { prettyErrors: true });
  const [error] = document.errors;
  if (error) throw new FileError(`${file}: not YAML: ${error.message.split("\n")[0]?.replace(/:$/, "")}`, file);
  let tree: unknown;
  try {
    tree = document.toJS({ maxAliasCount: 100 }) ?? {};
  } catch (failure) {
    throw new FileError(`${file}: not YAML: ${(failure as Error).message}`, file);
  }
  if (!isTree(tree))
    throw new FileError(`${file}: holds no settings, but ${Array.isArray(tree) ? "a list" : "text"}`, file);
  return tree;
}

/** Reads a `Pulumi.<stack>.yaml`. @throws FileError */
export function readStackFile(file: string, text: string): SettingsFile {
  const { config = {} } = parseYaml(file, text);
  if (config !== null && !isTree(config)) throw new FileError(`${file}: 'config' must be a group of settings`, file);
  return readConfig(config ?? {});
}

/** Reads the `config` of a `Pulumi.yaml`: what it says stands under `value`. @throws FileError */
export function readProjectFile(file: string, text: string): SettingsFile & { project: string } {
  const { name, config = {} } = parseYaml(file, text);
  // A group with anything beside what Pulumi has there is no setting: of `vllm:base` that is told.
  const words = ["value", "default", "type", "items", "description", "secret"];
  const values = Object.entries(isTree(config) ? config : {}).map(([key, entry]) => {
    const whole = isTree(entry) && Object.keys(entry).every((word) => words.includes(word));
    return [key, isTree(entry) ? (whole ? (entry.value ?? entry.default ?? "") : "") : entry];
  });
  return { project: String(name ?? ""), ...readConfig(Object.fromEntries(values)) };
}

function readConfig(config: Tree): SettingsFile {
  const encrypted: string[][] = [];
  const settings: Tree = {};
  for (const [key, value] of Object.entries(config)) {
    if (!key.startsWith(`${namespace}:`)) continue;
    const name = key.slice(namespace.length + 1);
    const plain = withoutCiphers(value, [name], encrypted);
    set(settings, name, typeof plain === "object" && plain !== null ? plain : fromText(String(plain ?? "")));
  }
  const region = config["aws:region"];
  return {
    keys: Object.keys(config),
    settings,
    encrypted,
    ...(region === undefined ? {} : { region: typeof region === "string" ? region : JSON.stringify(region ?? "") }),
  };
}

const isCipher = (value: unknown): boolean =>
  isTree(value) && Object.keys(value).length === 1 && typeof value.secure === "string";

function withoutCiphers(value: unknown, path: string[], encrypted: string[][]): unknown {
  if (isCipher(value)) {
    encrypted.push(path);
    return encryptedText;
  }
  if (Array.isArray(value)) {
    // A list is one setting: with one entry that nobody can read, nobody can read it.
    const within: string[][] = [];
    const plain = value.map((item) => withoutCiphers(item, path, within));
    if (within.length === 0) return plain;
    encrypted.push(path);
    return encryptedText;
  }
  if (!isTree(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, withoutCiphers(item, [...path, key], encrypted)]),
  );
}
