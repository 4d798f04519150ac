/** Plain settings as they come out of YAML. */
export type Tree = { [key: string]: unknown };

/** Pairs of settings of which a layer may hold one: the later layer's replaces the earlier's other. */
const exclusive: readonly (readonly [string, string])[] = [["replicas", "autoscaling"]];

export const isTree = (value: unknown): value is Tree =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A setting that a layer takes back: `null`, or `""`, which is what the CLI makes of a top-level `null`. */
export const isRemoval = (value: unknown): boolean => value === null || value === "";

/**
 * Merges settings deeply: the later layer wins, lists are replaced, `null` and `""` remove, and a setting removes
 * the earlier layers' setting that it excludes. The result shares nothing with the layers and holds no removal.
 */
export function merge(...layers: readonly Tree[]): Tree {
  const result: Tree = {};
  for (const layer of layers) {
    for (const [one, other] of exclusive) {
      if (one in layer && !isRemoval(layer[one])) delete result[other];
      if (other in layer && !isRemoval(layer[other])) delete result[one];
    }
    for (const [key, value] of Object.entries(layer)) {
      if (isRemoval(value)) delete result[key];
      else if (isTree(value)) set(result, key, merge(isTree(result[key]) ? result[key] : {}, value));
      else set(result, key, structuredClone(value));
    }
  }
  return result;
}

/** The exclusive settings that stand together in one tree. */
export function conflicts(tree: Tree): readonly (readonly [string, string])[] {
  return exclusive.filter(([one, other]) => [one, other].every((key) => key in tree && !isRemoval(tree[key])));
}

/** A key such as `__proto__` is a key like any other. */
function set(tree: Tree, key: string, value: unknown): void {
  Object.defineProperty(tree, key, { value, enumerable: true, configurable: true, writable: true });
}
