import type { Document } from "yaml";
import { isTree } from "../../config/tree.ts";
import { settingKey } from "./book.ts";
import { groupAt, parse, print, refuseAliases } from "./document.ts";
import { modeline, write } from "./projectFiles.ts";
import { projectName } from "./sample.ts";

/** What stays in a file, and why. */
export interface Kept {
  key: string;
  reason: string;
}

/** A file without settings of what is served. */
export interface Bare {
  text: string;
  kept: Kept[];
  /** Whether there is nothing in it at all, no comment either. */
  empty: boolean;
}

/** Settings that say where a stack runs: no values say them. */
const places: readonly string[] = ["cluster", "namespace"];
const place = "where it runs";
const opens = "opens what is encrypted";
/** What Pulumi itself has beside the settings. */
const ofPulumi: Readonly<Record<string, string>> = {
  encryptionsalt: opens,
  encryptedkey: opens,
  secretsprovider: opens,
  environment: "is read by Pulumi",
};

/**
 * What stays of a file whose settings are replaced: where the stack runs, Pulumi's own keys, other namespaces, and what
 * is encrypted, which nobody could write again. `without` are keys of places that go too.
 * @throws ImportError where the file is no YAML, or an edit would reach another place of it
 */
export function bare(name: string, text: string, without: (key: string) => boolean = () => false): Bare {
  const document = parse(name, text);
  const shared = name === projectName;
  const path = shared ? ["config", "vllm:base", "value"] : ["config"];
  const prefix = shared ? "vllm:base." : "vllm:";
  const kept: Kept[] = [];
  let changed = false;
  for (const [key, value] of Object.entries(groupAt(name, document, path))) {
    if (!shared && !key.startsWith(prefix)) continue;
    const setting = shared ? key : key.slice(prefix.length);
    if (places.includes(setting) && !without(prefix + setting)) {
      kept.push({ key: prefix + setting, reason: place });
      continue;
    }
    const secrets = secretsIn(value);
    for (const inner of secretPaths(secrets)) kept.push(secretKept(prefix, [setting, ...inner]));
    if (JSON.stringify(secrets) === JSON.stringify(value)) continue;
    if (!changed) refuseAliases(name, document);
    changed = true;
    write(document, [...path, key], value, secrets);
  }
  const after = changed ? print(document, text) : text;
  const rest = after.replaceAll("\r\n", "\n").replace(modeline, "").trim();
  const isEmpty = !shared && ["", "{}", "config:", "config: {}"].includes(rest);
  return { text: after, kept: [...keptAround(name, document), ...kept], empty: isEmpty };
}

/** What stays around the settings. */
function keptAround(name: string, document: Document): Kept[] {
  const others = Object.keys(groupAt(name, document, ["config"])).filter((key) => !key.startsWith("vllm:"));
  const beside = Object.keys(groupAt(name, document, [])).flatMap((key) =>
    Object.hasOwn(ofPulumi, key) ? [{ key, reason: String(ofPulumi[key]) }] : [],
  );
  return [...others.map((key) => ({ key, reason: key === "aws:region" ? place : "no setting of a model" })), ...beside];
}

const isCipher = (value: unknown): boolean =>
  isTree(value) && Object.keys(value).length === 1 && typeof value.secure === "string";

/** What of a value is encrypted; of a list all of it, where any entry is. */
function secretsIn(value: unknown): unknown {
  if (isCipher(value) || (Array.isArray(value) && value.some((entry) => secretsIn(entry) !== undefined))) return value;
  if (!isTree(value)) return undefined;
  const inner = Object.entries(value).flatMap(([key, one]) => {
    const secrets = secretsIn(one);
    return secrets === undefined ? [] : [[key, secrets] as const];
  });
  return inner.length === 0 ? undefined : Object.fromEntries(inner);
}

function secretPaths(value: unknown): string[][] {
  if (value === undefined) return [];
  if (!isTree(value) || isCipher(value)) return [[]];
  return Object.entries(value).flatMap(([key, inner]) => secretPaths(inner).map((path) => [key, ...path]));
}

function secretKept(prefix: string, path: readonly string[]): Kept {
  const reason =
    path[0] === "models" ? `a secret of the model ${path[1]}: take it out where that is no more` : "a secret";
  return { key: prefix + settingKey(path), reason };
}
