import * as v from "valibot";
import { conflicts, isRemoval, isTree, type Tree } from "./merge.ts";
import { type Problem, suggestion } from "./problems.ts";
import { layerSchema, reservedKeys } from "./schema.ts";

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

  const slips = slipsIn(source.tree);
  for (const { path, message } of slips) report(path, message);
  const result = v.safeParse(layerSchema, present);
  for (const issue of result.issues ?? []) {
    const path = pathOf(issue);
    // The schema stops at the first unknown key of a group, takes lists for groups and sees no removals.
    if (!slips.some((slip) => slip.path.every((key, at) => key === path[at]))) report(path, explain(issue));
  }

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

/** The keys that name no setting, removals included, and the lists where a group is meant. */
function slipsIn(tree: Tree, path: readonly string[] = []): { path: string[]; message: string }[] {
  const known = schemaAt(path)?.entries;
  return Object.entries(tree).flatMap(([key, value]) => {
    const here = [...path, key];
    if (path.length === 0 && reservedKeys.includes(key))
      return { path: here, message: "is reserved for a later version and has no effect yet; remove it" };
    if (known && !Object.hasOwn(known, key))
      return { path: here, message: `there is no such setting; ${suggestion(key, Object.keys(known))}` };
    const { type, entries } = schemaAt(here) ?? {};
    if (Array.isArray(value) && (entries || type === "record"))
      return { path: here, message: `is ${JSON.stringify(value)}, but must be a group of settings` };
    return isTree(value) ? slipsIn(value, here) : [];
  });
}

interface AnySchema {
  type: string;
  /** Of a group. */
  entries?: Record<string, AnySchema>;
  /** Of each entry, whatever its key. */
  value?: AnySchema;
  /** What may be left out. */
  wrapped?: AnySchema;
}

/** The schema of what stands at a path. */
function schemaAt(path: readonly string[]): AnySchema | undefined {
  let schema: AnySchema | undefined = layerSchema as unknown as AnySchema;
  for (const key of path) {
    schema = schema?.entries && Object.hasOwn(schema.entries, key) ? schema.entries[key] : schema?.value;
    while (schema?.wrapped) schema = schema.wrapped;
  }
  return schema;
}
