import { isDeepStrictEqual } from "node:util";
import { isTree, type Tree } from "../config/tree.ts";
import type { Step } from "../workspace/events.ts";
import { isWithin, partsOf, pathOf, valueAt } from "./paths.ts";
import { holds, isSecret } from "./values.ts";

/** A property that changes, with its values as the engine tells them. */
export interface Difference {
  /** As the engine writes it: `spec.ports[0].name`, `metadata.labels["a.b/c"]`. */
  path: string;
  kind: "add" | "update" | "delete";
  before?: unknown;
  after?: unknown;
  /** It is a secret or holds one, before or after; then there is no value of it here. */
  secret: boolean;
}

/**
 * The properties in which a resource differs, sorted by path. As its provider tells them; where it tells no paths, or none
 * below a key, what its inputs differ in. A value that no input gives comes from what the provider says of the object.
 */
export function differences({ metadata }: Pick<Step, "metadata">): Difference[] {
  const { old, new: next, detailedDiff, diffs } = metadata;
  if (!old || !next) return [];
  const told = Object.entries(detailedDiff ?? {}).map(([path, { diffKind, inputDiff }]) => {
    const at = (values: unknown) => valueAt(values, partsOf(path));
    const [input, output, after, known] = [at(old.inputs), at(old.outputs), at(next.inputs), at(next.outputs)];
    const before = inputDiff ? input : (output ?? input);
    // A provider may have forgotten that what it was given is a secret.
    const secret = [input, output, after, known].some((value) => holds(isSecret, value));
    return difference(path, kindOf(diffKind), before, after ?? known, secret);
  });
  const covered = told.map(({ path }) => partsOf(path));
  const others = inputDifferences(old.inputs ?? {}, next.inputs ?? {})
    .filter(({ path }) => (told.length === 0 ? isAmong(path, diffs) : isAmong(path, diffs ?? [])))
    .filter(({ path }) => !covered.some((outer) => isWithin(partsOf(path), outer) || isWithin(outer, partsOf(path))));
  return [...told, ...others].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Whether a path leads into one of the keys that differ; where the provider names none, all do. */
const isAmong = (path: string, keys: readonly string[] | undefined): boolean =>
  keys === undefined || keys.some((key) => isWithin(partsOf(path), partsOf(key)));

/** `update-replace` is an update. */
const kindOf = (told: string): Difference["kind"] =>
  told.startsWith("add") ? "add" : told.startsWith("delete") ? "delete" : "update";

function difference(
  path: string,
  kind: Difference["kind"],
  before: unknown,
  after: unknown,
  secret: boolean,
): Difference {
  return {
    path,
    kind,
    ...(secret || kind === "add" || before === undefined ? {} : { before }),
    ...(secret || kind === "delete" || after === undefined ? {} : { after }),
    secret,
  };
}

/** What two values differ in, leaf by leaf; of secrets, about which nothing is known, nothing. */
export function inputDifferences(
  before: unknown,
  after: unknown,
  way: readonly (string | number)[] = [],
): Difference[] {
  if (isSecret(before) && isSecret(after)) return [];
  const inner = (keys: readonly (string | number)[]) =>
    keys.flatMap((key) => inputDifferences(valueAt(before, [key]), valueAt(after, [key]), [...way, key]));
  if (Array.isArray(before) && Array.isArray(after))
    return inner([...Array(Math.max(before.length, after.length)).keys()]);
  if (isPlain(before) && isPlain(after))
    return inner([...new Set([...Object.keys(before), ...Object.keys(after)])].filter((key) => !key.startsWith("__")));
  if (isDeepStrictEqual(before, after)) return [];
  const kind = before === undefined ? "add" : after === undefined ? "delete" : "update";
  return [
    difference(
      pathOf(way),
      kind,
      before,
      after,
      [before, after].some((value) => holds(isSecret, value)),
    ),
  ];
}

const isPlain = (value: unknown): value is Tree => isTree(value) && !isSecret(value);
