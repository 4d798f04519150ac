import { encryptedText } from "../../config/problems.ts";
import type { PropertyChange } from "../changes.ts";
import { hasDowntime } from "../downtime.ts";
import { excerpt } from "../excerpt.ts";
import type { GuardChange } from "../guards.ts";
import type { Change } from "../operations.ts";
import { type Difference, inputDifferences } from "../properties.ts";
import { holds, masked } from "../values.ts";
import type { Rendered } from "./objects.ts";

/** What differs about one object between two renders. */
export interface ObjectDifference {
  type: string;
  name: string;
  /** Whether an `up` would replace it is the provider's to say. */
  change: Exclude<Change, "replace" | "same">;
  /** Of an update. */
  properties: PropertyChange[];
  guards: GuardChange[];
  /** The rollout of it may leave no pod that answers. */
  downtime: boolean;
}

/** An object by its type and name, which no two of a stack share. */
export const keyOf = ({ type, name }: { type: string; name: string }): string => `${type}::${name}`;

/** What differs between two renders of a stack, by object. */
export function compare(before: readonly Rendered[], after: readonly Rendered[]): Map<string, ObjectDifference> {
  const byKey = (all: readonly Rendered[]) => new Map(all.map((one) => [keyOf(one), one]));
  const [old, next] = [byKey(before), byKey(after)];
  const found = new Map<string, ObjectDifference>();
  for (const key of [...new Set([...old.keys(), ...next.keys()])].sort()) {
    const difference = differenceOf(old.get(key), next.get(key));
    if (difference) found.set(key, difference);
  }
  return found;
}

function differenceOf(old: Rendered | undefined, next: Rendered | undefined): ObjectDifference | undefined {
  const one = next ?? old;
  if (!one) return undefined;
  const { type, name } = one;
  if (!old || !next)
    return { type, name, change: old ? "delete" : "create", properties: [], guards: [], downtime: false };
  const properties = inputDifferences(old.properties, next.properties);
  const guards = (["protect", "retainOnDelete"] as const).flatMap((guard): GuardChange[] =>
    old[guard] === next[guard] ? [] : [{ guard, before: old[guard], after: next[guard] }],
  );
  if (properties.length + guards.length === 0) return undefined;
  const paths = properties.map(({ path }) => path);
  const downtime = hasDowntime({ type, inputs: next.properties }, "update", paths);
  return { type, name, change: "update", properties: properties.map(shown), guards, downtime };
}

const isSecret = (value: unknown): boolean => typeof value === "string" && value.includes(encryptedText);

/** Of what holds a secret, only that it changes. */
function shown({ path, kind, before, after }: Difference): PropertyChange {
  if ([before, after].some((value) => holds(isSecret, value))) return { path, kind, secret: true };
  const cut = (value: unknown, other: unknown) => masked(value, (text) => excerpt(text, other));
  return {
    path,
    kind,
    ...(before === undefined ? {} : { before: cut(before, after) }),
    ...(after === undefined ? {} : { after: cut(after, before) }),
  };
}
