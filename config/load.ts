import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { isTree, type Tree } from "./merge.ts";
import { type Problem, SettingsError } from "./problems.ts";
import { resolveSettings, type Settings } from "./resolve.ts";

/** The settings' namespace, whatever the project is called. */
const namespace = "vllm";

/**
 * What `use` makes of the checked settings of the stack that Pulumi runs.
 * @throws pulumi.RunError, which Pulumi shows as plain lines, with every problem that the loader or `use` finds.
 */
export function loadSettings<T>(use: (settings: Settings) => T): T {
  const stack = pulumi.getStack();
  const file = `Pulumi.${stack}.yaml`;
  try {
    const { base = {}, ...own } = read(file);
    if (!isTree(base))
      throw new SettingsError([
        { key: `${namespace}:base`, layer: "Pulumi.yaml", message: "must be a group of settings under 'value:'" },
      ]);
    const settings = resolveSettings({
      stack,
      region: new pulumi.Config("aws").get("region"),
      base: { file: "Pulumi.yaml", prefix: `${namespace}:base.`, tree: base },
      own: { file, prefix: `${namespace}:`, tree: own },
    });
    return use(settings);
  } catch (error) {
    throw error instanceof SettingsError ? plainError(error.message) : error;
  }
}

/** An error that Pulumi shows as its message alone. Node takes a minute and gigabytes to print the stack of one. */
export function plainError(message: string): pulumi.RunError {
  const error = new pulumi.RunError(message);
  error.stack = undefined;
  return error;
}

function read(file: string): Tree {
  const tree: Tree = {};
  const problems: Problem[] = [];
  const secrets: string[] = JSON.parse(process.env.PULUMI_CONFIG_SECRET_KEYS || "[]");
  for (const [key, value] of Object.entries(pulumi.runtime.allConfig())) {
    const [space, setting] = key.split(":") as [string, string];
    if (space === pulumi.getProject() && space !== namespace)
      problems.push({ key, layer: file, message: `has no effect; settings are read from '${namespace}:${setting}'` });
    if (space !== namespace) continue;
    if (secrets.includes(key))
      problems.push({ key, layer: file, message: "is a secret, and no setting takes one; set it in plain text" });
    tree[setting] = parse(value);
  }
  if (standsIn(file, `${namespace}:base`))
    problems.push({
      key: `${namespace}:base`,
      layer: file,
      message: "belongs into Pulumi.yaml, where all stacks share it; here it would replace the whole base",
    });
  if (problems.length > 0) throw new SettingsError(problems);
  return tree;
}

/** The CLI hands groups and lists over as JSON and scalars as text. */
function parse(value: string): unknown {
  if (!/^[[{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

function standsIn(file: string, key: string): boolean {
  const path = join(pulumi.getRootDirectory(), file);
  return existsSync(path) && new RegExp(`^\\s+["']?${key}["']?\\s*:`, "m").test(readFileSync(path, "utf8"));
}
