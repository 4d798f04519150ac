import { parseDocument } from "yaml";
import { encryptedText } from "./secrets.ts";
import { fromText, isTree, type Tree } from "./tree.ts";

/** What a settings file says, as Pulumi hands it to the program, but for what is encrypted. */
export interface SettingsFile {
  /** The keys of one namespace without it: groups as they are, scalars as text, `null` as `""`. */
  settings: Tree;
  /** Paths of what is encrypted; `settings` has the text `[secret]` there. */
  encrypted: string[][];
  region?: string;
}

/** A YAML file that cannot be read, in words with its line. */
export class FileError extends Error {}

/** The YAML of a file as a tree; an empty file is an empty one. @throws FileError */
export function parseYaml(file: string, text: string): Tree {
  const document = parseDocument(text, { prettyErrors: true });
  const [error] = document.errors;
  if (error) throw new FileError(`${file}: ${error.message.trimEnd()}`);
  const tree: unknown = document.toJS({ maxAliasCount: 100 }) ?? {};
  if (!isTree(tree)) throw new FileError(`${file}: holds no settings, but ${JSON.stringify(tree).slice(0, 60)}`);
  return tree;
}

/** Reads a `Pulumi.<stack>.yaml`. @throws FileError */
export function readStackFile(file: string, text: string): SettingsFile {
  const { config = {} } = parseYaml(file, text);
  if (config !== null && !isTree(config)) throw new FileError(`${file}: 'config' must be a group of settings`);
  const encrypted: string[][] = [];
  const settings: Tree = {};
  let region: string | undefined;
  for (const [key, value] of Object.entries(config ?? {})) {
    if (key === "aws:region") region = String(value ?? "");
    if (!key.startsWith("vllm:")) continue;
    const name = key.slice("vllm:".length);
    const plain = withoutCiphers(value, [name], encrypted);
    settings[name] = typeof plain === "object" && plain !== null ? plain : fromText(String(plain ?? ""));
  }
  return { settings, encrypted, ...(region === undefined ? {} : { region }) };
}

/** Reads the `config` of a `Pulumi.yaml`: the base and the region. @throws FileError */
export function readProjectFile(file: string, text: string): { base: unknown; region?: string } {
  const { config = {} } = parseYaml(file, text);
  const entries = isTree(config) ? config : {};
  const entryValue = (key: string) => {
    const entry = entries[key];
    return isTree(entry) ? (entry.value ?? entry.default) : entry;
  };
  const region = entryValue("aws:region");
  return { base: entryValue("vllm:base") ?? {}, ...(region === undefined ? {} : { region: String(region) }) };
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
