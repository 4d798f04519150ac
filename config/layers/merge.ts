import { isRemoval, isTree, set, type Tree } from "../tree.ts";

/** Pairs of settings in a group (the top is "") of which a layer may hold one: the later layer's replaces the other. */
const exclusive: readonly { group: RegExp; pair: readonly [string, string] }[] = [
  { group: /^(models\.[^.]+)?$/, pair: ["replicas", "autoscaling"] },
  { group: /^apiKey$/, pair: ["rotation", "value"] },
];

/**
 * Merges settings deeply: the later layer wins, lists are replaced, `null` and `""` remove, and a setting removes
 * the earlier layers' setting that it excludes. The result shares nothing with the layers and holds no removal.
 */
export const merge = (...layers: readonly Tree[]): Tree => mergeGroup("", layers);

function mergeGroup(group: string, layers: readonly Tree[]): Tree {
  const result: Tree = {};
  for (const layer of layers) {
    for (const [one, other] of pairsOf(group)) {
      if (has(layer, one)) delete result[other];
      if (has(layer, other)) delete result[one];
    }
    if (/^(models\.[^.]+\.)?engine$/.test(group)) clearOthers(result, layer);
    for (const [key, value] of Object.entries(layer)) {
      if (isRemoval(value)) delete result[key];
      else if (isTree(value)) {
        const earlier = Object.hasOwn(result, key) ? result[key] : undefined;
        set(result, key, mergeGroup(group ? `${group}.${key}` : key, isTree(earlier) ? [earlier, value] : [value]));
      } else set(result, key, structuredClone(value));
    }
  }
  return result;
}

/** A variable is plain or secret: what a later layer says of it in one way, takes back what was said in the other. */
function clearOthers(result: Tree, layer: Tree): void {
  for (const [one, other] of [
    ["env", "secretEnv"],
    ["secretEnv", "env"],
  ] as const) {
    const earlier = result[other];
    if (isTree(layer[one]) && isTree(earlier)) for (const name of Object.keys(layer[one])) delete earlier[name];
  }
}

const pairsOf = (group: string) => exclusive.flatMap((entry) => (entry.group.test(group) ? [entry.pair] : []));
const has = (tree: Tree, key: string) => Object.hasOwn(tree, key) && !isRemoval(tree[key]);

/** The exclusive settings that stand together in one tree: the path of the one, and the other. */
export function conflicts(tree: Tree, path: readonly string[] = []): { path: string[]; other: string }[] {
  const here = pairsOf(path.join("."))
    .filter(([one, other]) => has(tree, one) && has(tree, other))
    .map(([one, other]) => ({ path: [...path, one], other }));
  const inner = Object.entries(tree).flatMap(([key, value]) => (isTree(value) ? conflicts(value, [...path, key]) : []));
  return [...here, ...inner];
}
