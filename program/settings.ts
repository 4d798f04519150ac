import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { problemText, SettingsError } from "../config/problems.ts";
import { redacted } from "../config/secretForms.ts";
import { type Resolved, resolveSettings } from "../config/settings.ts";
import { namespace, writtenIn } from "../config/sources/project.ts";
import { fromText, type Tree } from "../config/tree.ts";
import { planStack, type StackPlan } from "../planning/plan.ts";
import { warnings } from "../planning/warnings.ts";

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
    const plan = planStack(resolved);
    warn(plan);
    return { ...resolved, plan };
  } catch (error) {
    throw error instanceof SettingsError ? plainError(problemText(error.problems, "nothing was deployed")) : error;
  }
}

/** Says what is allowed, and hardly meant. */
function warn({ models }: StackPlan): void {
  for (const { name, variants } of models)
    for (const { facts } of variants)
      for (const text of warnings(facts)) pulumi.log.warn(redacted(`model ${name}: ${text}`));
}

/** The settings of the stack that Pulumi runs, checked and merged. */
export async function readSettings(): Promise<Resolved> {
  const stack = pulumi.getStack();
  const file = `Pulumi.${stack}.yaml`;
  const { tree, foreign } = configuration();
  const { base = {}, ...own } = tree;
  const region = new pulumi.Config("aws").get("region");
  const written = writtenIn({
    stack,
    ...(region === undefined ? {} : { region }),
    base,
    own,
    encrypted: await encryptedIn(file),
    foreign,
    misplacedBase: standsIn(file, `${namespace}:base`),
  });
  return resolveSettings(written);
}

/** The secrets of the settings as the components take them. */
export const secretOutputs = ({ secrets }: Resolved): Record<string, pulumi.Output<string>> =>
  Object.fromEntries(Object.entries(secrets).map(([key, value]) => [key, pulumi.secret(value)]));

/** An error that Pulumi shows as its message alone, without secrets. Node takes a minute and gigabytes to print the stack of one. */
export function plainError(message: string): pulumi.RunError {
  const error = new pulumi.RunError(redacted(message));
  error.stack = undefined;
  return error;
}

/**
 * Which settings are encrypted. Pulumi tells it of whole top-level keys; where the stack's file is at hand, that says
 * it exactly. The file is read, and the YAML library loaded, only where there is something encrypted.
 */
async function encryptedIn(file: string): Promise<(readonly string[])[]> {
  const keys: string[] = JSON.parse(process.env.PULUMI_CONFIG_SECRET_KEYS || "[]");
  const marked = keys.flatMap((key) => (key.startsWith(`${namespace}:`) ? [key.slice(namespace.length + 1)] : []));
  const path = join(pulumi.getRootDirectory(), file);
  if (marked.length === 0 || !existsSync(path)) return marked.map((key) => [key]);
  const { readStackFile } = await import("../config/sources/stackFile.ts");
  const { encrypted } = readStackFile(file, readFileSync(path, "utf8"));
  return marked.flatMap((key) => {
    const ciphers = encrypted.filter(([top]) => top === key);
    // Another file may have been named to Pulumi: then its word stands.
    return ciphers.length > 0 ? ciphers : [[key]];
  });
}

/** The settings as the CLI hands them over, and the keys of the project's own namespace, which nothing reads. */
function configuration(): { tree: Tree; foreign: string[] } {
  const tree: Tree = {};
  const foreign: string[] = [];
  for (const [key, value] of Object.entries(pulumi.runtime.allConfig())) {
    const [space, setting = ""] = key.split(":");
    if (space === namespace) tree[setting] = fromText(value);
    else if (space === pulumi.getProject()) foreign.push(key);
  }
  return { tree, foreign };
}

function standsIn(file: string, key: string): boolean {
  const path = join(pulumi.getRootDirectory(), file);
  return existsSync(path) && new RegExp(`^\\s+["']?${key}["']?\\s*:`, "m").test(readFileSync(path, "utf8"));
}
