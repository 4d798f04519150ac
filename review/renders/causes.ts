import type { Resolved } from "../../config/settings.ts";
import { compare, type ObjectDifference } from "./compare.ts";
import type { Rendered } from "./objects.ts";
import { samePlace } from "./places.ts";
import type { SettingAt } from "./settings.ts";
import { type Unit, unitsOf, withUnit } from "./units.ts";

/** Which settings make an object differ, and each of its properties by its path: their places in the list of changes. */
export interface Cause {
  whole: number[];
  properties: Record<string, number[]>;
}

/** The causes of all objects that differ, by their keys. */
export type Causes = Record<string, Cause>;

/** Renders a stack with some of its secrets taken for others than base's. May throw: not every mixture is a stack. */
export type Render = (resolved: Resolved, otherSecrets: ReadonlySet<string>) => Promise<readonly Rendered[]>;

/** One side of a comparison. */
export interface RenderedSide {
  resolved: Resolved;
  objects: readonly Rendered[];
}

/** How many objects may be rendered to find causes: about a second. */
const budget = 250;

/**
 * Finds which of the settings that differ make what differs. By trying: each is put alone into base's settings, and each
 * is left out of head's; what changes with it is caused by it. What nothing explains by itself, all do together. Where
 * trying would take too long, the names of the models tell.
 */
export async function causesOf(
  base: RenderedSide,
  head: RenderedSide,
  changes: readonly SettingAt[],
  render: Render,
): Promise<Causes> {
  const differing = compare(base.objects, head.objects);
  const units = unitsOf(changes);
  const [only] = units;
  if (!only || differing.size === 0) return {};
  if (units.length === 1) return withRest(differing, [], () => only);
  const ways = waysOf(base, head, changes, render);
  const affordable = ways.filter((_, index) => units.length * sizeOf(ways.slice(0, index + 1)) <= budget);
  if (affordable.length === 0) return withRest(differing, [], ({ name }) => byName(name, changes));

  const tried: Tried[] = [];
  const failed = new Set(units);
  for (const { difference } of affordable)
    for (const unit of units)
      try {
        tried.push({ unit, difference: await difference(unit) });
        failed.delete(unit);
      } catch {
        // No stack by itself: it is caused together with others.
      }
  const together = (failed.size > 0 ? [...failed] : units).flat().sort((a, b) => a - b);
  return withRest(differing, tried, () => together);
}

/** A way to see what settings do by themselves. */
interface Way {
  /** Objects that a render of it has, about. */
  size: number;
  difference: (unit: Unit) => Promise<Map<string, ObjectDifference>>;
}

interface Tried {
  unit: Unit;
  difference: ReadonlyMap<string, ObjectDifference>;
}

const sizeOf = (ways: readonly Way[]) => ways.reduce((sum, { size }) => sum + size, 0);

/** The cheaper one first. */
function waysOf(base: RenderedSide, head: RenderedSide, changes: readonly SettingAt[], render: Render): Way[] {
  const secretsOf = (indices: readonly number[]) =>
    new Set(indices.flatMap((index) => changes[index]?.secretKey ?? []));
  const others = (unit: Unit) => [...changes.keys()].filter((index) => !unit.includes(index));
  const alone: Way = {
    size: base.objects.length,
    difference: async (unit) => {
      const mixed = withUnit(base.resolved, head.resolved, changes, unit);
      return compare(base.objects, await render(mixed, secretsOf(unit)));
    },
  };
  const leftOut: Way = {
    size: head.objects.length,
    difference: async (unit) => {
      const mixed = withUnit(head.resolved, base.resolved, changes, unit);
      return compare(await render(mixed, secretsOf(others(unit))), head.objects);
    },
  };
  return alone.size <= leftOut.size ? [alone, leftOut] : [leftOut, alone];
}

/** What was found by trying, and of all else what `other` says. */
function withRest(
  differing: ReadonlyMap<string, ObjectDifference>,
  tried: readonly Tried[],
  other: (object: ObjectDifference) => readonly number[],
): Causes {
  const causes = [...differing].map(([key, object]): [string, Cause] => {
    const seen = tried.flatMap(({ unit, difference }) => {
      const own = difference.get(key);
      return own ? [{ unit, own }] : [];
    });
    const isUpdate = object.change === "update";
    const whole = sorted(seen.filter(({ own }) => isUpdate || own.change === object.change));
    const properties = object.properties.map(({ path }): [string, number[]] => {
      const units = seen.filter(({ own }) => own.change !== "update" || samePlace(path, own.properties).length > 0);
      return [path, units.length > 0 ? sorted(units) : [...other(object)]];
    });
    return [key, { whole: whole.length > 0 ? whole : [...other(object)], properties: Object.fromEntries(properties) }];
  });
  return Object.fromEntries(causes);
}

const sorted = (of: readonly { unit: Unit }[]): number[] =>
  [...new Set(of.flatMap(({ unit }) => unit))].sort((a, b) => a - b);

/** The settings of the models that an object may be of by its name, and those of the stack. */
const byName = (name: string, changes: readonly SettingAt[]): number[] =>
  [...changes.keys()].filter((index) => {
    const { models } = changes[index] as SettingAt;
    return models === undefined || models.some((model) => name.startsWith(`vllm-${model}-`));
  });
