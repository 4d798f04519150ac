/** Plain settings as they come out of YAML. */
export type Tree = { [key: string]: unknown };

export const isTree = (value: unknown): value is Tree =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A setting that a layer takes back. */
export const isRemoval = (value: unknown): value is null => value === null;

/** Sets a key as what it is, also one such as `__proto__`. */
export function set(tree: Tree, key: string, value: unknown): void {
  Object.defineProperty(tree, key, { value, enumerable: true, configurable: true, writable: true });
}

/** Sets what stands at a path, and makes the groups on the way to it. */
export function put(tree: Tree, path: readonly string[], value: unknown): void {
  const [key, ...rest] = path as [string, ...string[]];
  const own = Object.hasOwn(tree, key) ? tree[key] : undefined;
  const next = rest.length === 0 ? value : isTree(own) ? own : {};
  set(tree, key, next);
  if (rest.length > 0) put(next as Tree, rest, value);
}

/** Takes away what stands at a path, if anything does. */
export function drop(tree: Tree, path: readonly string[]): void {
  const [key, ...rest] = path as [string, ...string[]];
  if (!Object.hasOwn(tree, key)) return;
  if (rest.length === 0) delete tree[key];
  else if (isTree(tree[key])) drop(tree[key], rest);
}

/** What stands at a path; in a group that is removed, everything is. */
export function at(tree: Tree, path: readonly string[]): unknown {
  const step = (value: unknown, key: string) =>
    isTree(value) ? (Object.hasOwn(value, key) ? value[key] : undefined) : isRemoval(value) ? null : undefined;
  return path.reduce<unknown>(step, tree);
}

/** What stands at a path that may lead into lists too. */
export const deepAt = (value: unknown, path: readonly string[]): unknown =>
  path.reduce((inner: unknown, key) => {
    const holder = Array.isArray(inner) || isTree(inner) ? inner : {};
    return Object.hasOwn(holder, key) ? (holder as Tree)[key] : undefined;
  }, value);

/** Whether a path is another's, or leads into what stands there. */
export const within = (path: readonly string[], place: readonly string[]): boolean =>
  place.every((key, depth) => key === path[depth]);

/** A value with the keys of all groups in it in the order of their characters; lists stay as they are. */
export function inKeyOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inKeyOrder);
  if (!isTree(value)) return value;
  const keys = Object.keys(value).sort();
  return Object.fromEntries(keys.map((key) => [key, inKeyOrder(value[key])]));
}
