import * as v from "valibot";
import { conflicts, isRemoval, isTree, type Tree } from "./merge.ts";
import { type Problem, suggestion } from "./problems.ts";
import { layerSchema, modelEntries, reservedKeys, stackEntries } from "./schema.ts";

/** One source of settings, as it is written. */
export interface Source {
  /** The file, for messages: `Pulumi.yaml`. */
  file: string;
  /** How its keys begin, for messages: `vllm:base.` or `vllm:`. */
  prefix: string;
  tree: Tree;
}

/** Checks one layer by itself. Returns it with its scalars in their types; removals (`null`, `""`) stay. */
export function checkLayer(source: Source): { layer: Tree; problems: Problem[] } {
  const { present, removals } = withoutRemovals(source.tree);
  const problems: Problem[] = [];
  const report = (path: readonly string[], message: string) =>
    problems.push({ key: source.prefix + path.join("."), layer: source.file, message });

  for (const path of unknownKeys(source.tree)) {
    if (path.length === 1 && reservedKeys.includes(path[0] as string))
      report(path, "is reserved for a later version and has no effect yet; remove it");
    else
      report(
        path,
        `there is no such setting; ${suggestion(path.at(-1) as string, settingsAt(path.slice(0, -1)) ?? [])}`,
      );
  }
  const result = v.safeParse(layerSchema, present);
  for (const issue of result.issues ?? []) if (!isUnknownKey(issue)) report(pathOf(issue), explain(issue));

  const models = isTree(source.tree.models) ? source.tree.models : {};
  for (const [path, tree] of [
    [[], source.tree],
    ...Object.entries(models).map(([name, tree]) => [["models", name], tree] as const),
  ] as const) {
    if (!isTree(tree)) continue;
    for (const [one, other] of conflicts(tree))
      report([...path, one], `excludes '${other}', which stands beside it; keep one of them`);
  }
  if (has(source.tree, "model") && has(source.tree, "models"))
    report(["model"], "is short for 'models' with one entry, which stands beside it; keep one of them");

  const layer = (result.success ? result.output : present) as Tree;
  for (const path of removals) put(layer, path, null);
  return { layer, problems };
}

const has = (tree: Tree, key: string) => key in tree && !isRemoval(tree[key]);

/** Splits a tree into what it sets and the paths of what it takes back. An empty `models.<name>` is a model. */
function withoutRemovals(tree: Tree, path: readonly string[] = []): { present: Tree; removals: string[][] } {
  const present: Tree = {};
  const removals: string[][] = [];
  for (const [key, value] of Object.entries(tree)) {
    const here = [...path, key];
    if (isRemoval(value)) removals.push(here);
    else if (isTree(value)) {
      const inner = withoutRemovals(value, here);
      Object.defineProperty(present, key, {
        value: inner.present,
        enumerable: true,
        configurable: true,
        writable: true,
      });
      removals.push(...inner.removals);
    } else present[key] = structuredClone(value);
  }
  return { present, removals };
}

/** A key such as `__proto__` is a key like any other. */
function put(tree: Tree, path: readonly string[], value: unknown): void {
  const [key, ...rest] = path as [string, ...string[]];
  const own = Object.hasOwn(tree, key) ? tree[key] : undefined;
  const next = rest.length === 0 ? value : isTree(own) ? own : {};
  Object.defineProperty(tree, key, { value: next, enumerable: true, configurable: true, writable: true });
  if (rest.length > 0) put(next as Tree, rest, value);
}

const pathOf = (issue: v.BaseIssue<unknown>) => (issue.path ?? []).map((item) => String(item.key));

function explain(issue: v.BaseIssue<unknown>): string {
  const written = JSON.stringify(issue.input) ?? String(issue.input);
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

/** The schema stops at the first unknown key of a group and sees no removals, so `unknownKeys` looks for them. */
const isUnknownKey = (issue: v.BaseIssue<unknown>) => issue.type === "strict_object" && issue.expected === "never";

/** The paths of all keys that name no setting, removals included. */
function unknownKeys(tree: Tree, path: readonly string[] = []): string[][] {
  const known = settingsAt(path);
  return Object.entries(tree).flatMap(([key, value]) => {
    const here = [...path, key];
    if (known && !known.includes(key)) return [here];
    return isTree(value) ? unknownKeys(value, here) : [];
  });
}

/** The settings that a group has; nothing where any key may stand (`engine.args`) or the path is no group. */
function settingsAt(path: readonly string[]): string[] | undefined {
  let entries: v.ObjectEntries | undefined = { ...stackEntries, ...modelEntries, models: v.any() };
  let groups = path;
  if (path[0] === "models") {
    groups = path.slice(2);
    entries = path.length === 1 ? undefined : modelEntries;
  }
  for (const name of groups) {
    let schema = entries?.[name] as unknown as { wrapped?: unknown; entries?: v.ObjectEntries } | undefined;
    while (schema?.wrapped) schema = schema.wrapped as typeof schema;
    entries = schema?.entries;
  }
  return entries && Object.keys(entries);
}
