import type { ComponentChanges, PropertyChange, ResourceChange } from "./changes.ts";
import type { Causes } from "./renders/causes.ts";
import { compare, keyOf, type ObjectDifference } from "./renders/compare.ts";
import type { Rendered } from "./renders/objects.ts";
import { samePlace } from "./renders/places.ts";
import { type Caused, type Origin, origins } from "./review.ts";

/** The renders of a stack. One that could not be made is absent. */
export interface Renders {
  /** Head's settings, and base's, by head's code. */
  head: readonly Rendered[];
  base?: readonly Rendered[];
  /** Where base's code is another: base's settings by it, and the others as they are to be compared with that. */
  other?: { byBase?: readonly Rendered[]; base?: readonly Rendered[]; head: readonly Rendered[] };
}

type Differences = ReadonlyMap<string, ObjectDifference>;

/** What differs on the way from base to head. */
export interface Ways {
  program: Differences;
  settings: Differences;
  /** Where the middle render is missing: of both together. */
  both: Differences;
  /** What is left where none of these says anything. */
  rest: Origin;
  /** The same of what is in no render, such as a provider. */
  unrendered: Origin;
  /** From the earliest render that there is to head's: what the change as a whole does. */
  whole: Differences;
  head: ReadonlySet<string>;
  causes: Causes;
}

const none: Differences = new Map();

/** What the renders say of a change. A stack that base has not is all the settings'. */
export function waysOf(
  { head, base, other }: Renders,
  causes: Causes,
  { isNew = false, hasOtherPackages = false } = {},
): Ways {
  const begun = { program: none, settings: none, both: none, head: new Set(head.map(keyOf)), causes };
  if (isNew) {
    const settings = compare([], head);
    return { ...begun, settings, whole: settings, rest: "settings", unrendered: "settings" };
  }
  const settings = base ? compare(base, head) : none;
  const pending: Origin = hasOtherPackages ? "programOrPending" : "pending";
  const ways = (own: Partial<Ways>, whole: Differences, rest: Origin): Ways => ({
    ...{ ...begun, ...own, whole, rest },
    // Where anything is other than in base, it may be of that.
    unrendered: whole.size === 0 && !other ? rest : "unknown",
  });
  const byBase = other ? other.byBase : base;
  if (!byBase) return ways({ settings }, settings, base ? "programOrPending" : "unknown");
  if (!other) return ways({ settings }, settings, pending);
  const whole = compare(byBase, other.head);
  if (!other.base) return ways({ both: whole }, whole, pending);
  const program = compare(byBase, other.base);
  // A secret that changes is seen in the renders that are made to be compared alone.
  return ways({ program, settings }, new Map([...settings, ...whole]), pending);
}

/** Whose the change of a resource is, and of each property of it. */
export function causedBy(
  {
    name,
    type,
    change,
    properties = [],
    guards = [],
  }: Pick<ResourceChange, "name" | "type" | "change" | "properties" | "guards">,
  ways: Ways,
): { resource: Caused; properties: (PropertyChange & Caused)[] } {
  const key = keyOf({ name, type });
  const own = properties.map((property) => ({ ...property, ...ofProperty(property, key, ways) }));
  const isWhole = own.length === 0 || guards.length > 0;
  const all: Caused[] = [...own, ...(isWhole ? [ofWhole(key, change, ways)] : [])];
  return { resource: joined(all), properties: own };
}

const joined = (all: readonly Caused[]): Caused => ({
  origins: origins.filter((one) => all.some((caused) => caused.origins.includes(one))),
  causes: [...new Set(all.flatMap(({ causes }) => causes))].sort((a, b) => a - b),
});

/** The ways that are told of, each with what it says of an object. */
const told = (key: string, { settings, program, both }: Ways): [Origin, ObjectDifference][] =>
  (
    [
      ["settings", settings],
      ["program", program],
      ["programOrSettings", both],
    ] as const
  ).flatMap(([origin, way]) => {
    const found = way.get(key);
    return found ? [[origin, found] as [Origin, ObjectDifference]] : [];
  });

function ofWhole(key: string, change: ResourceChange["change"], ways: Ways): Caused {
  const found = told(key, ways).filter(
    ([, one]) => one.change === change || (one.change === "update" && change !== "create" && change !== "delete"),
  );
  if (found.length > 0) {
    const isOfSettings = found.some(([origin]) => origin === "settings");
    return { origins: found.map(([origin]) => origin), causes: isOfSettings ? (ways.causes[key]?.whole ?? []) : [] };
  }
  return { origins: [ways.head.has(key) || change === "delete" ? ways.rest : ways.unrendered], causes: [] };
}

function ofProperty({ path, before }: PropertyChange, key: string, ways: Ways): Caused {
  const found = told(key, ways).flatMap(([origin, one]): { origin: Origin; of: PropertyChange[] }[] => {
    if (one.change !== "update") return [{ origin, of: [] }];
    const of = samePlace(path, one.properties);
    return of.length > 0 ? [{ origin, of }] : [];
  });
  const cause = ways.causes[key];
  if (found.length === 0) return { origins: [ways.head.has(key) ? ways.rest : ways.unrendered], causes: [] };
  const own = found.find(({ origin }) => origin === "settings")?.of ?? [];
  const causes = cause ? own.flatMap((one) => cause.properties[one.path] ?? []) : [];
  // The state has another number than base says: part of the change was to be made before.
  const first = found.at(-1)?.of.find((one) => one.path === path)?.before;
  const isBehind = [first, before].every((value) => ["number", "boolean"].includes(typeof value)) && first !== before;
  const pending: Origin[] = isBehind && ways.rest === "pending" ? ["pending"] : [];
  return joined([{ origins: [...found.map(({ origin }) => origin), ...pending], causes }]);
}

/** The resources of a tree with the components that each is in. */
export const flattened = (
  { resources, components }: Pick<ComponentChanges, "resources" | "components">,
  within: readonly string[] = [],
): (ResourceChange & { within: string[] })[] => [
  ...resources.map((one) => ({ ...one, within: [...within] })),
  ...components.flatMap((one) => flattened(one, [...within, one.name])),
];
