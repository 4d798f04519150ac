import { schemaAt } from "../schema/schema.ts";
import { isFree } from "../schema/setting.ts";
import { isTree, set, type Tree } from "../tree.ts";

/**
 * A source's tree as the checks take it: at the top `""` takes a setting back too, for that is what Pulumi makes of
 * `null` there, and a whole number that JavaScript would round is the text of its digits. In a group that is a flag's
 * value it is rounded: only there is it a number in JSON, and the plan refuses it.
 */
export function normal(tree: Tree): Tree {
  const top = Object.entries(tree).map(([key, value]) => [key, value === "" ? null : value]);
  return normalGroup(Object.fromEntries(top), [], false);
}

function normalGroup(tree: Tree, path: readonly string[], inJson: boolean): Tree {
  const result: Tree = {};
  for (const [key, value] of Object.entries(tree)) set(result, key, normalValue(value, [...path, key], inJson));
  return result;
}

function normalValue(value: unknown, path: readonly string[], inJson: boolean): unknown {
  if (typeof value === "bigint") return inJson ? Number(value) : String(value);
  if (Array.isArray(value)) return value.map((item) => normalValue(item, path, inJson));
  return isTree(value) ? normalGroup(value, path, inJson || isFree(schemaAt(path))) : value;
}
