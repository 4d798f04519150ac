import * as v from "valibot";
import { conflicts } from "./merge.ts";
import { nearest, type Problem, suggestion } from "./problems.ts";
import { layerSchema, reservedKeys, schemaAt } from "./schema.ts";
import { encryptedText, secretSetting } from "./secrets.ts";
import { drop, isRemoval, isTree, put, set, type Tree } from "./tree.ts";

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

  for (const { path, message, meant } of slipsIn(source.tree)) {
    report(path, message);
    if (meant) broken.push([...path.slice(0, -1), meant]);
    drop(present, path);
  }
  // The schema says one thing of a setting at a time; what is wrong is dropped until nothing is.
  let result = v.safeParse(layerSchema, present);
  for (let round = 0; !result.success && round < 100; round++) {
    for (const issue of result.issues) {
      const path = pathOf(issue);
      report(path, explain(issue, source.hidden?.(path) ?? false));
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
  const isBroken = (path: readonly string[]) =>
    broken.some((wrong) => wrong.every((key, depth) => key === path[depth]));
  for (const { path, value } of kept) if (!isBroken(path)) put(layer, path, value);
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

function explain(issue: v.BaseIssue<unknown>, hidden: boolean): string {
  const written = hidden ? encryptedText : (JSON.stringify(issue.input) ?? String(issue.input));
  return `is ${written}, but must be ${allowed(issue)}`;
}

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

/** The keys that name no setting, removals included, and the lists where a group is meant. */
function slipsIn(tree: Tree, path: readonly string[] = []): { path: string[]; message: string; meant?: string }[] {
  const known = schemaAt(path)?.entries;
  return Object.entries(tree).flatMap(([key, value]) => {
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
    const { type, entries } = schemaAt(here) ?? {};
    if (Array.isArray(value) && (entries || type === "record"))
      return { path: here, message: `is ${JSON.stringify(value)}, but must be a group of settings` };
    return isTree(value) ? slipsIn(value, here) : [];
  });
}
