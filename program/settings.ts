import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../config/layers/resolve.ts";
import { SettingsError } from "../config/problems.ts";
import { namespace, settingsFrom } from "../config/sources/project.ts";
import { fromText, type Tree, within } from "../config/tree.ts";

/** What a stack's settings come to. */
export interface Loaded<Plan> {
  plan: Plan;
  /** The secrets among the settings, by the keys that they are written under; the plan has these keys. */
  secrets: Record<string, pulumi.Output<string>>;
}

/**
 * What `use` makes of the checked settings of the stack that Pulumi runs.
 * @throws pulumi.RunError, which Pulumi shows as plain lines, with every problem that the loader or `use` finds.
 */
export function loadSettings<Plan>(use: (settings: Settings) => Plan): Loaded<Plan> {
  const stack = pulumi.getStack();
  const file = `Pulumi.${stack}.yaml`;
  const { tree, foreign } = read();
  const { base = {}, ...own } = tree;
  const { settings, secrets } = settingsFrom({
    stack,
    region: new pulumi.Config("aws").get("region"),
    base,
    own,
    encrypted: encryptedIn(file),
    foreign,
    misplacedBase: standsIn(file, `${namespace}:base`),
  });
  try {
    const outputs = Object.entries(secrets).map(([key, value]) => [key, pulumi.secret(value)]);
    return { plan: use(settings), secrets: Object.fromEntries(outputs) };
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

/**
 * Which settings are encrypted. Pulumi tells it of whole top-level keys; where the stack's file is at hand, that says
 * it exactly. The file is read only where there is something encrypted.
 */
function encryptedIn(file: string): (path: readonly string[]) => boolean {
  const keys: string[] = JSON.parse(process.env.PULUMI_CONFIG_SECRET_KEYS || "[]");
  const marked = ([top]: readonly string[]) => keys.includes(`${namespace}:${top}`);
  const path = join(pulumi.getRootDirectory(), file);
  if (!keys.some((key) => key.startsWith(`${namespace}:`)) || !existsSync(path)) return marked;
  const { readStackFile } = createRequire(import.meta.url)(
    "../config/sources/stackFile.ts",
  ) as typeof import("../config/sources/stackFile.ts");
  const { encrypted } = readStackFile(file, readFileSync(path, "utf8"));
  return (place) => {
    const ciphers = encrypted.filter(([top]) => top === place[0]);
    // Another file may have been named to Pulumi: then its word stands.
    return marked(place) && (ciphers.length === 0 || ciphers.some((cipher) => within(place, cipher)));
  };
}

/** The settings as the CLI hands them over, and the keys of the project's own namespace, which nothing reads. */
function read(): { tree: Tree; foreign: string[] } {
  const tree: Tree = {};
  const foreign: string[] = [];
  for (const [key, value] of Object.entries(pulumi.runtime.allConfig())) {
    const [space, setting] = key.split(":") as [string, string];
    if (space === namespace) tree[setting] = fromText(value);
    else if (space === pulumi.getProject()) foreign.push(key);
  }
  return { tree, foreign };
}

function standsIn(file: string, key: string): boolean {
  const path = join(pulumi.getRootDirectory(), file);
  return existsSync(path) && new RegExp(`^\\s+["']?${key}["']?\\s*:`, "m").test(readFileSync(path, "utf8"));
}
