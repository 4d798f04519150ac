import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { fromText } from "../config/json.ts";
import { type Altered, alteredBelow, alteredIn } from "../config/layers/source.ts";
import { problemText, SettingsError } from "../config/problems.ts";
import { redacted } from "../config/secretForms.ts";
import { type Resolved, resolveSettings } from "../config/settings.ts";
import { keyProblem, namespace, parseKey } from "../config/sources/keys.ts";
import { writtenIn } from "../config/sources/project.ts";
import { readProjectFile, readStackFile, type SettingsFile } from "../config/sources/stackFile.ts";
import { decode, FileError } from "../config/sources/yaml.ts";
import { deepAt, set, type Tree } from "../config/tree.ts";
import { planStack, type StackPlan } from "../planning/plan.ts";

/** A stack's settings with their plan. */
export interface Planned extends Resolved {
  plan: StackPlan;
}

/**
 * Reads the settings of the stack that Pulumi runs, and plans them.
 * @throws pulumi.RunError, which Pulumi shows as plain lines, with every problem that the settings have
 */
export async function planSettings(): Promise<Planned> {
  const resolved = await readSettings();
  try {
    return { ...resolved, plan: planStack(resolved) };
  } catch (error) {
    throw error instanceof SettingsError ? plainError(problemText(error.problems, "nothing was deployed")) : error;
  }
}

/**
 * The settings of the stack that Pulumi runs, checked and merged. Pulumi says what they are; of its files, where they
 * are at hand, it keeps to itself how that was written, what of it is encrypted, and what it does not read.
 */
export async function readSettings(): Promise<Resolved> {
  const stack = pulumi.getStack();
  const project = pulumi.getProject();
  const config = pulumi.runtime.allConfig();
  const files = readFiles(stack, project, Object.keys(config));
  const { tree, altered } = settingsIn(config);
  const { base = {}, ...own } = tree;
  const region = new pulumi.Config("aws").get("region");
  const written = writtenIn({
    stack,
    ...(region === undefined ? {} : { region }),
    base: files.misplacedBase ? (files.base.settings.base ?? {}) : base,
    own,
    encrypted: encryptedIn(files.own),
    altered: {
      base: alteredIn(files.base.altered, "base").filter(isRead(base, files.base.settings.base)),
      own: [...altered, ...files.own.altered.filter(isRead(own, files.own.settings))],
    },
    problems: files.problems,
  });
  return resolveSettings(written);
}

/** An error that Pulumi shows as its message alone, without secrets. Node takes a minute and gigabytes to print the stack of one. */
export function plainError(message: string): pulumi.RunError {
  const error = new pulumi.RunError(redacted(message));
  error.stack = undefined;
  return error;
}

/** The settings' files as far as they are at hand; another one may have been named to Pulumi. */
function readFiles(stack: string, project: string, keys: readonly string[]) {
  const read = <File>(name: string, reader: (name: string, text: string) => File, folder = ""): File | undefined => {
    const path = join(pulumi.getRootDirectory(), folder, name);
    return existsSync(path) ? reader(name, decode(name, readFileSync(path))) : undefined;
  };
  const none: SettingsFile = { settings: {}, encrypted: [], altered: [], problems: [] };
  const name = `Pulumi.${stack}.yaml`;
  try {
    const base = read("Pulumi.yaml", readProjectFile) ?? { ...none, stackFolder: "" };
    const own = read(name, (file, text) => readStackFile(file, text, project), base.stackFolder);
    const problems = [...base.problems, ...(own ? own.problems : foreignKeys(name, project, keys))];
    const misplacedBase = own?.problems.some(({ key }) => key === `${namespace}:base`) ?? false;
    return { base, own: own ?? none, problems, misplacedBase };
  } catch (error) {
    throw error instanceof FileError ? plainError(error.message) : error;
  }
}

/** Without a file: keys of the project's own namespace, which is what Pulumi makes of a key without one. */
const foreignKeys = (file: string, project: string, keys: readonly string[]) =>
  keys.flatMap((key) =>
    parseKey(key, project)?.space === project ? (keyProblem(file, "stack", key, project) ?? []) : [],
  );

/**
 * Which settings are encrypted. Pulumi tells it of whole top-level keys; where the stack's file is at hand, that says
 * it exactly.
 */
function encryptedIn({ encrypted }: SettingsFile): (readonly string[])[] {
  const keys: string[] = JSON.parse(process.env.PULUMI_CONFIG_SECRET_KEYS || "[]");
  const marked = keys.flatMap((key) => (key.startsWith(`${namespace}:`) ? [key.slice(namespace.length + 1)] : []));
  return marked.flatMap((key) => {
    const ciphers = encrypted.filter(([top]) => top === key);
    return ciphers.length > 0 ? ciphers : [[key]];
  });
}

/** Whether what stands in a file is what Pulumi read, so that it is said of that. Times it writes in two ways. */
const isRead =
  (pulumis: unknown, files: unknown) =>
  ({ path }: Altered) => {
    const read = (tree: unknown) => String(deepAt(tree, path)).replace(/^(\d{4}-\d\d-\d\d)[T ].*/, "$1");
    return read(pulumis) === read(files);
  };

/** The settings as the CLI hands them over, and what of JSON that a person wrote is another number as text. */
function settingsIn(config: Record<string, string>): { tree: Tree; altered: Altered[] } {
  const tree: Tree = {};
  const altered: Altered[] = [];
  for (const [key, text] of Object.entries(config)) {
    if (!key.startsWith(`${namespace}:`)) continue;
    const name = key.slice(namespace.length + 1);
    const read = fromText(text);
    set(tree, name, read.value);
    altered.push(...alteredBelow(name, read.altered));
  }
  return { tree, altered };
}
