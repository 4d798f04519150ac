import * as v from "valibot";
import { nearest, type Problem, suggestion } from "../problems.ts";
import { layerSchema, reservedKeys, schemaAt } from "../schema/schema.ts";
import { drop, isRemoval, isTree, put, set, type Tree, within } from "../tree.ts";
import { conflicts } from "./merge.ts";
import { encryptedText, maySecret, secretSetting } from "./secrets.ts";

/** One source of settings, as it is written, its secrets lifted out. */
export interface Source {
  /** The file, for messages: `Pulumi.yaml`. */
  file: string;
  /** How its keys begin, for messages: `vllm:base.` or `vllm:`. */
  prefix: string;
  tree: Tree;
  /** Whether what stands at a path is encrypted, so that no message may show it. */
  hidden?: (path: readonly string[]) => boolean;
}

/** A layer after its checks. */
export interface CheckedLayer {
  /** What is right, its scalars in their types; removals (`null`, `""`) stay. */
  layer: Tree;
  problems: Problem[];
  /** Paths of what is wrong, and of what was probably meant: nothing more should be said of these. */
  broken: string[][];
}

/** Checks one layer by itself. */
export function checkLayer(source: Source): CheckedLayer {
  const { present, kept } = setAside(source.tree);
  const problems: Problem[] = [];
  const broken: string[][] = [];
  const report = (path: string[], message: string) => {
    problems.push({ key: source.prefix + path.join("."), layer: source.file, message });
    broken.push(path);
  };

  /** `is …, but must be …`, without what could be a secret. */
  const mismatch = (path: string[], value: unknown, must: string, isName = false) => {
    if (source.hidden?.(path)) return `is ${encryptedText}, but must be ${must}`;
    return maySecret(path) && !isName ? `must be ${must}` : `is ${written(value)}, but must be ${must}`;
  };
  for (const { path, message, meant, value } of slipsIn(source.tree)) {
    report(path, value === undefined ? message : mismatch(path, value, message));
    if (meant) broken.push([...path.slice(0, -1), meant]);
    drop(present, path);
  }
  // The schema says one thing of a setting at a time; what is wrong is dropped until nothing is.
  let result = v.safeParse(layerSchema, present);
  for (let round = 0; !result.success && round < 100; round++) {
    const told = new Set<string>();
    for (const issue of result.issues) {
      const path = pathOf(issue);
      const isName = issue.path?.at(-1)?.origin === "key";
      if (!told.has(path.join("."))) report(path, mismatch(path, issue.input, allowed(issue), isName));
      told.add(path.join("."));
      drop(present, settingOf(path));
    }
    result = v.safeParse(layerSchema, present);
  }

  for (const { path, other } of conflicts(source.tree)) {
    report(path, `excludes '${other}', which stands beside it; keep one of them`);
    broken.push([...path.slice(0, -1), other]);
  }
  if (["model", "models"].every((key) => Object.hasOwn(source.tree, key) && !isRemoval(source.tree[key])))
    report(["model"], "is short for 'models' with one entry, which stands beside it; keep one of them");

  const layer = (result.success ? result.output : {}) as Tree;
  for (const { path, value } of kept) if (!broken.some((wrong) => within(path, wrong))) put(layer, path, value);
  return { layer, problems, broken };
}

/**
 * Splits a tree into what the schema is to see, and what it is not to: removals, and the names of lifted secrets.
 * An empty `models.<name>` is a model.
 */
function setAside(
  tree: Tree,
  path: readonly string[] = [],
): { present: Tree; kept: { path: string[]; value: unknown }[] } {
  const present: Tree = {};
  const kept: { path: string[]; value: unknown }[] = [];
  for (const [key, value] of Object.entries(tree)) {
    const here = [...path, key];
    if (isRemoval(value)) kept.push({ path: here, value: null });
    else if (isTree(value)) {
      const inner = setAside(value, here);
      set(present, key, inner.present);
      kept.push(...inner.kept);
    } else if (secretSetting(here)) kept.push({ path: here, value });
    else set(present, key, structuredClone(value));
  }
  return { present, kept };
}

const pathOf = (issue: v.BaseIssue<unknown>) => (issue.path ?? []).map((item) => String(item.key));

/** The setting that a path lies in: of a list, or a flag's value, the whole. */
function settingOf(path: string[]): string[] {
  for (let length = 1; length < path.length; length++) {
    const { type } = schemaAt(path.slice(0, length)) ?? {};
    if (type !== "strict_object" && type !== "record") return path.slice(0, length);
  }
  return path;
}

const written = (value: unknown): string =>
  typeof value === "number" ? String(value) : (JSON.stringify(value) ?? String(value));

function allowed(issue: v.BaseIssue<unknown>): string {
  if (!issue.message.startsWith("Invalid ")) return issue.message;
  switch (issue.expected) {
    case "Object":
      return "a group of settings";
    case "Array":
      return "a list";
    case "string":
      return "text";
    default:
      return (issue.expected ?? issue.message)
        .replace(/^\((.*)\)$/, "$1")
        .replaceAll(" | ", " or ")
        .replaceAll('"', "'");
  }
}

/** Keys that the library leaves out of a map without a word. */
const unusable = ["__proto__", "constructor", "prototype"];

interface Slip {
  path: string[];
  message: string;
  /** The key that was probably meant. */
  meant?: string;
  /** What stands there instead of what the message says it must be. */
  value?: unknown;
}

/** The keys that name no setting, removals included, and the lists where a group is meant. */
function slipsIn(tree: Tree, path: readonly string[] = []): Slip[] {
  const around = schemaAt(path);
  const known = around?.entries;
  return Object.entries(tree).flatMap(([key, value]): Slip | Slip[] => {
    const here = [...path, key];
    if (path.length === 0 && reservedKeys.includes(key))
      return { path: here, message: "is reserved for a later version and has no effect yet; remove it" };
    if (known && !Object.hasOwn(known, key)) {
      const names = Object.keys(known);
      const meant = nearest(key, names);
      return {
        path: here,
        message: `there is no such setting; ${suggestion(key, names)}`,
        ...(meant ? { meant } : {}),
      };
    }
    if (around?.type === "record" && unusable.includes(key))
      return { path: here, message: "is a name that cannot be used here; choose another" };
    const { type, entries } = schemaAt(here) ?? {};
    if (Array.isArray(value) && (entries || type === "record"))
      return { path: here, value, message: "a group of settings" };
    return isTree(value) ? slipsIn(value, here) : [];
  });
}
