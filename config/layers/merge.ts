import { schemaAt } from "../schema/schema.ts";
import { type AnySchema, isFree, type Members } from "../schema/setting.ts";
import { isRemoval, isTree, set, type Tree } from "../tree.ts";

/**
 * Merges settings deeply: the later layer wins, lists are replaced, `null` removes, and a setting removes
 * the earlier layers' setting that it excludes. The result shares nothing with the layers and holds no removal; what
 * stands in a group that is a flag's value is none.
 */
export const merge = (...layers: readonly Tree[]): Tree => mergeGroup(schemaAt([]), layers);

function mergeGroup(schema: AnySchema | undefined, layers: readonly Tree[]): Tree {
  const members = schema?.members ?? {};
  const result: Tree = {};
  for (const layer of layers) {
    for (const { one, other } of exclusions(members)) if (has(layer, one)) delete result[other];
    clearNames(members, result, layer);
    for (const [key, value] of Object.entries(layer)) {
      if (isRemoval(value)) delete result[key];
      else if (isTree(value)) {
        const earlier = Object.hasOwn(result, key) ? result[key] : undefined;
        const inner = Object.hasOwn(members, key) ? members[key] : schema?.value;
        const trees = isTree(earlier) ? [earlier, value] : [value];
        set(result, key, isFree(inner) ? mergeFree(trees) : mergeGroup(inner, trees));
      } else set(result, key, structuredClone(value));
    }
  }
  return result;
}

/** A group that is a value of the engine's: `null` and `""` are what they are to it, and take nothing back. */
function mergeFree(trees: readonly Tree[]): Tree {
  const result: Tree = {};
  for (const tree of trees)
    for (const [key, value] of Object.entries(tree)) {
      const earlier = Object.hasOwn(result, key) ? result[key] : undefined;
      const both = isTree(earlier) && isTree(value);
      set(result, key, both ? mergeFree([earlier, value]) : structuredClone(value));
    }
  return result;
}

/** What excludes what in a group. The schema says it of both, so that either takes the other's place. */
export const exclusions = (members: Members): { one: string; other: string }[] =>
  Object.entries(members).flatMap(([one, { about }]) => (about?.excludes ? [{ one, other: about.excludes }] : []));

/** A name stands in one of two maps: what a later layer says of it in one, takes back what was said in the other. */
function clearNames(members: Members, result: Tree, layer: Tree): void {
  for (const [one, { about }] of Object.entries(members)) {
    const other = about?.excludesNamesOf;
    if (other === undefined) continue;
    for (const [here, there] of [
      [layer[one], result[other]],
      [layer[other], result[one]],
    ])
      if (isTree(here) && isTree(there)) for (const name of Object.keys(here)) delete there[name];
  }
}

const has = (tree: Tree, key: string) => Object.hasOwn(tree, key) && !isRemoval(tree[key]);

/** The exclusive settings that stand together in one tree: the path of the one, and the other. */
export function conflicts(tree: Tree, path: readonly string[] = []): { path: string[]; other: string }[] {
  const seen = new Set<string>();
  const here = exclusions(schemaAt(path)?.members ?? {}).flatMap(({ one, other }) => {
    seen.add(one);
    return !seen.has(other) && has(tree, one) && has(tree, other) ? [{ path: [...path, one], other }] : [];
  });
  const inner = Object.entries(tree).flatMap(([key, value]) => (isTree(value) ? conflicts(value, [...path, key]) : []));
  return [...here, ...inner];
}
