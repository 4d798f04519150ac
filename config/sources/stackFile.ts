import { fromText } from "../json.ts";
import { type Altered, alteredBelow, alteredIn } from "../layers/source.ts";
import { encryptedText, type Problem } from "../problems.ts";
import { isTree, set, type Tree } from "../tree.ts";
import { keyProblem, namespace, outsideProblem, parseKey } from "./keys.ts";
import { FileError, readYaml } from "./yaml.ts";

/** What a file says under `config`, as Pulumi hands it to the program, but for what is encrypted. */
export interface SettingsFile {
  /** The settings by their names: groups as they are, scalars as text, `null` as `""`. */
  settings: Tree;
  /** Paths of what is encrypted; `settings` has the text `[secret]` there. */
  encrypted: string[][];
  /** By their paths in `settings`. */
  altered: Altered[];
  region?: string;
  /** What is wrong with the keys of the file. */
  problems: Problem[];
}

/** Reads a `Pulumi.<stack>.yaml` of a project. @throws FileError */
export function readStackFile(file: string, text: string, project: string): SettingsFile {
  const read = readYaml(file, text);
  const { config, ...outside } = read.tree;
  if (config !== undefined && config !== null && !isTree(config))
    throw new FileError(`${file}: 'config' must be a group of settings`, file);
  const stray = Object.keys(outside).flatMap((key) => outsideProblem(file, "stack", key) ?? []);
  const lost = read.oddKeys.filter(({ path, written }) => path.at(-1) !== written || /^(~|null)?$/i.test(written));
  const { problems, ...settings } = readConfig(config ?? {}, alteredIn(read.altered, "config"), (key) =>
    keyProblem(file, "stack", key, project),
  );
  return { ...settings, problems: [...stray, ...lost.map((key) => oddKey(file, key)), ...problems] };
}

/** What a `Pulumi.yaml` says. */
export interface ProjectFile extends SettingsFile {
  project: string;
  /** Where the files of the stacks are, from its own folder. */
  stackFolder: string;
}

/** Reads the `config` of a `Pulumi.yaml`: what it says stands under `value`. @throws FileError */
export function readProjectFile(file: string, text: string): ProjectFile {
  const read = readYaml(file, text);
  const { name, config, ...outside } = read.tree;
  const project = String(name ?? "");
  // Pulumi once had the folder in the place of the settings.
  const stackFolder = String(outside.stackConfigDir ?? (typeof config === "string" ? config : ""));
  // A group with anything beside what Pulumi has there is no setting: of `vllm:base` that is told.
  const words = ["value", "default", "type", "items", "description", "secret"];
  const values = Object.entries(isTree(config) ? config : {}).map(([key, entry]) => {
    const whole = isTree(entry) && Object.keys(entry).every((word) => words.includes(word));
    return [key, isTree(entry) ? (whole ? (entry.value ?? entry.default ?? "") : "") : entry];
  });
  const unwrapped = ({ path: [config = "", key = "", , ...rest], written }: Altered) => ({
    path: [config, key, ...rest],
    written,
  });
  const altered = alteredIn(read.altered.map(unwrapped), "config");
  const stray = Object.keys(outside).flatMap((key) => outsideProblem(file, "project", key) ?? []);
  const odd = read.oddKeys.map((key) => oddKey(file, unwrapped(key)));
  const { problems, ...settings } = readConfig(Object.fromEntries(values), altered, (key) =>
    keyProblem(file, "project", key, project),
  );
  return { project, stackFolder, ...settings, problems: [...stray, ...odd, ...problems] };
}

/** A key that is a number, a date or the like to Pulumi, which makes another text of it or takes none. */
function oddKey(file: string, { path: [, top = "", ...rest], written }: Altered): Problem {
  const prefix = `${namespace}:`;
  const path = [top.slice(prefix.length), ...rest.slice(0, -1), written];
  const reason = "is no text to Pulumi without quotes; put the key in quotes";
  return { path, key: prefix + path.join("."), layer: file, kind: "invalid", reason };
}

function readConfig(
  config: Tree,
  altered: readonly Altered[],
  problemOf: (key: string) => Problem | undefined,
): SettingsFile {
  const read: SettingsFile = { settings: {}, encrypted: [], altered: [], problems: [] };
  for (const [key, value] of Object.entries(config)) {
    const { space, name = "" } = parseKey(key, namespace) ?? {};
    if (space === "aws" && name === "region")
      read.region = typeof value === "string" ? value : JSON.stringify(value ?? "");
    const problem = problemOf(key);
    if (problem) read.problems.push(problem);
    else if (space === namespace) {
      const plain = withoutCiphers(value, [name], read.encrypted);
      const meant = typeof plain === "string" ? fromText(plain) : { value: topText(plain), altered: [] };
      set(read.settings, name, meant.value);
      read.altered.push(...alteredBelow(name, [...meant.altered, ...alteredIn(altered, key)]));
    }
  }
  return read;
}

/** Pulumi hands a scalar over as text, and `null` as an empty one. */
const topText = (value: unknown): unknown =>
  typeof value === "object" && value !== null ? value : String(value ?? "");

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
  const tree: Tree = {};
  for (const [key, item] of Object.entries(value)) set(tree, key, withoutCiphers(item, [...path, key], encrypted));
  return tree;
}
