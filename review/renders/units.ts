import { schemaAt } from "../../config/schema/schema.ts";
import type { EffectiveModel, Resolved, Settings } from "../../config/settings.ts";
import { at, drop, put, type Tree } from "../../config/tree.ts";
import type { SettingAt } from "./settings.ts";

/** Settings that go together: one without the others would be no valid stack. By their places in the list. */
export type Unit = readonly number[];

/**
 * Which of the settings can change by themselves: those that exclude each other, and those of a group that is there as a
 * whole or not at all, go together.
 */
export function unitsOf(changes: readonly SettingAt[]): Unit[] {
  const units = new Map<string, Set<number>>();
  for (const [index, { path, models, secretKey }] of changes.entries())
    for (const model of models ?? [""]) {
      const key = JSON.stringify([model, secretKey ?? groupOf(path)]);
      // Another model may have brought it together with others already.
      const all = [...units].filter(([one, unit]) => one === key || unit.has(index)).map(([, unit]) => unit);
      const joined = new Set([index, ...all.flatMap((unit) => [...unit])]);
      for (const [one, unit] of units) if (all.includes(unit)) units.set(one, joined);
      units.set(key, joined);
    }
  return [...new Set(units.values())].map((unit) => [...unit].sort((a, b) => a - b));
}

/** What has to change together with a setting: the whole group, or it and what it excludes. */
function groupOf(path: readonly string[]): string {
  const whole = wholeOf(path);
  const excluded = schemaAt(whole)?.about?.excludes;
  const [name = "", around] = [whole.at(-1), whole.slice(0, -1)];
  return JSON.stringify([...around, [name, ...(excluded === undefined ? [] : [excluded])].sort()]);
}

/** The outermost group on a path that may be left out as a whole, else the path. */
function wholeOf(path: readonly string[]): readonly string[] {
  for (let length = 1; length < path.length; length++) {
    const { members, about } = schemaAt(path.slice(0, length)) ?? {};
    if (members && about?.optional) return path.slice(0, length);
  }
  return path;
}

/** One side with some settings of the other. What comes out may be no valid stack. */
export function withUnit(side: Resolved, other: Resolved, changes: readonly SettingAt[], unit: Unit): Resolved {
  const settings = structuredClone(side.settings);
  for (const index of unit) {
    const { path, models, kind, secretKey } = changes[index] as SettingAt;
    if (secretKey !== undefined) continue;
    if (models === undefined) take(settings, other.settings, path);
    else if (path[0] === "models" && kind !== "update") takeModel(settings, other.settings, models[0] ?? "");
    else
      for (const name of models) {
        const [to, from] = [modelIn(settings, name), modelIn(other.settings, name)];
        if (to && from) take(to, from, path);
      }
  }
  return { ...side, settings, secrets: { ...other.secrets, ...side.secrets } };
}

const modelIn = ({ models }: Settings, name: string) => models.find((one) => one.name === name);

function take(to: Settings | EffectiveModel, from: Settings | EffectiveModel, path: readonly string[]): void {
  const whole = wholeOf(path);
  const value = at(from as unknown as Tree, whole);
  if (value === undefined) drop(to as unknown as Tree, whole);
  else put(to as unknown as Tree, whole, structuredClone(value));
}

function takeModel(to: Settings, from: Settings, name: string): void {
  const model = modelIn(from, name);
  const others = to.models.filter((one) => one.name !== name);
  to.models = model ? [...others, structuredClone(model)] : others;
}
