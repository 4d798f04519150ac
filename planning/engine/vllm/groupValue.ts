import type { Finding } from "../../../config/problems.ts";
import { isTree, type Tree } from "../../../config/tree.ts";
import { baseType, type Condition, type Field, fieldNames, fieldOf, groupKind } from "./groups.ts";
import { judge, refuse } from "./judge.ts";
import { nearestName } from "./meant.ts";
import { exact, isFloat, isInteger } from "./numbers.ts";

/** What is wrong in a group, and where. `byChoice`: with a choice or a rule, which come and go between two versions. */
export interface GroupProblem extends Finding {
  within: readonly string[];
  byChoice?: true;
}

export interface GroupCheck {
  problems: GroupProblem[];
  /** `byType`: its type is not all that vLLM asks of it. */
  unchecked: { within: readonly string[]; reason: string; byType?: true }[];
}

/** The group that is read, and the place in it. */
interface Place {
  version: string;
  flag: string;
  /** Written as JSON text, which reaches vLLM as it is. */
  asText: boolean;
  path: readonly string[];
  check: GroupCheck;
}

/** What is read of a wrong value. */
const wrong = Symbol("wrong");

const inside = (place: Place, key: string): Place => ({ ...place, path: [...place.path, key] });

function tell(place: Place, finding: Finding, byChoice?: true): typeof wrong {
  place.check.problems.push({ within: place.path, ...finding, ...(byChoice ? { byChoice } : {}) });
  return wrong;
}

/**
 * What the class behind a group would say of it. As that class does (pydantic's lax mode, on JSON), it takes numbers
 * and switches as text too. Free maps inside may hold anything.
 */
export function checkGroup(version: string, flag: string, field: Field, value: unknown, asText: boolean): GroupCheck {
  const check: GroupCheck = { problems: [], unchecked: [] };
  read({ version, flag, asText, path: [], check }, field, value);
  return check;
}

/** A value as vLLM reads it, by which rules compare it. */
function read(place: Place, field: Field, value: unknown): unknown {
  const type = baseType(field);
  if (value === null && (type !== field.type || type === "any")) return null;
  const number = place.asText ? undefined : changedIn(value, type);
  if (number !== undefined) {
    const allowed = Number.isFinite(number)
      ? `${exact} in this form, which rounds others: write the whole group as JSON text, in quotes`
      : "a number that JSON has";
    return tell(place, { kind: "flag", found: number, allowed });
  }
  if (field.internal) {
    const reason = "vLLM fills it in by itself; what it makes of another value is not known here";
    place.check.unchecked.push({ within: place.path, reason });
  } else if (field.partly) {
    const reason = "vLLM does not take every value of it; which it takes, is not known here";
    place.check.unchecked.push({ within: place.path, reason, byType: true });
  }
  if (type === "any") return value;
  if (type === "one") return readOne(place, field, value);
  if (type === "choice") return readChoice(place, field, value);
  if (type === "list" && Array.isArray(value)) return readList(place, field, value);
  if (type === "map" && isTree(value)) return readMap(place, field, value);
  if (type === "group" && isTree(value)) return readGroup(place, field, value);
  const scalar = scalars[type]?.(value);
  if (scalar === undefined || !isWithin(field, scalar))
    return tell(place, { kind: "flag", found: value, allowed: what(field) });
  return scalar;
}

const switches: Readonly<Record<string, boolean>> = {
  ...Object.fromEntries(["0", "off", "f", "false", "n", "no"].map((word) => [word, false])),
  ...Object.fromEntries(["1", "on", "t", "true", "y", "yes"].map((word) => [word, true])),
};

/** What is read of each type's values; undefined of others. */
const scalars: Readonly<Record<string, (value: unknown) => unknown>> = {
  str: (value) => (typeof value === "string" ? value : undefined),
  bool: (value) => (typeof value === "object" ? undefined : switches[String(value).toLowerCase()]),
  int(value) {
    if (typeof value === "boolean") return Number(value);
    if (typeof value === "number") return Number.isInteger(value) ? value : undefined;
    const whole = typeof value === "string" ? value.replace(/(\d)\.0+(\s*)$/, "$1$2") : "";
    return isInteger(whole) ? Number(whole.replaceAll("_", "")) : undefined;
  },
  float(value) {
    if (typeof value === "boolean" || typeof value === "number") return Number(value);
    if (typeof value !== "string") return undefined;
    if (/^\s*[+-]?(nan|inf|infinity)\s*$/i.test(value)) return Number.NaN;
    return isFloat(value) ? Number(value.replaceAll("_", "")) : undefined;
  },
};

function isWithin({ min, above, max, below, not }: Field, value: unknown): boolean {
  if (typeof value !== "number" || Number.isNaN(value)) return true;
  if ((min !== undefined && value < min) || (above !== undefined && value <= above)) return false;
  if ((max !== undefined && value > max) || (below !== undefined && value >= below)) return false;
  return !not?.includes(value);
}

const words: Readonly<Record<string, string>> = {
  str: "text",
  bool: "true or false",
  int: "a whole number",
  float: "a number",
  list: "a list",
  map: "a group (a JSON object)",
  group: "a group (a JSON object)",
  any: "anything",
};

/** What a field may be, in words. */
function what(field: Field): string {
  const { choices, kinds, min, above, max, below, not } = field;
  if (kinds) return kinds.map(what).join(", or ");
  const bounds = [
    ...(min === undefined ? [] : [`at least ${min}`]),
    ...(above === undefined ? [] : [`more than ${above}`]),
    ...(max === undefined ? [] : [`at most ${max}`]),
    ...(below === undefined ? [] : [`less than ${below}`]),
    ...(not === undefined ? [] : [`not ${not.join(", ")}`]),
  ];
  // Numbers beside names are what the names stand for.
  const names = choices?.filter((choice) => typeof choice === "string") ?? [];
  return [
    choices ? `one of ${(names.length > 0 ? names : choices).join(", ")}` : words[baseType(field)],
    ...bounds,
  ].join(", ");
}

/** A number that reaches vLLM as another: a whole one that was rounded when it was read, or one that JSON has not. */
function changedIn(value: unknown, type: string): number | undefined {
  if (typeof value === "number") {
    const isRounded = type !== "float" && Number.isInteger(value) && !Number.isSafeInteger(value);
    return isRounded || !Number.isFinite(value) ? value : undefined;
  }
  if (type !== "any" || typeof value !== "object" || value === null) return undefined;
  return Object.values(value)
    .map((inner) => changedIn(inner, type))
    .find((number) => number !== undefined);
}

function readOne(place: Place, field: Field, value: unknown): unknown {
  const group = groupKind(field);
  // Of a group it is told what is wrong in it.
  if (isTree(value) && group !== field) return read(place, group, value);
  for (const kind of field.kinds ?? []) {
    const check: GroupCheck = { problems: [], unchecked: [] };
    const found = read({ ...place, check }, kind, value);
    if (found === wrong) continue;
    place.check.unchecked.push(...check.unchecked);
    return found;
  }
  return tell(place, { kind: "flag", found: value, allowed: what(field) }, true);
}

/** The choice that a word is; undefined where it is none. */
export function choiceOf<Choice>(
  { choices = [], caseless, dashes }: { choices?: readonly Choice[]; caseless?: boolean; dashes?: boolean },
  value: unknown,
): Choice | undefined {
  const form = (word: unknown) => {
    const text = caseless ? String(word).toLowerCase() : String(word);
    return dashes ? text.replaceAll("-", "_") : text;
  };
  const same = (choice: unknown) =>
    typeof choice === "string" && typeof value === "string" ? form(choice) === form(value) : choice === value;
  return choices.find(same);
}

function readChoice(place: Place, field: Field, value: unknown): unknown {
  const choice = choiceOf(field, typeof value === "boolean" ? Number(value) : value);
  if (choice !== undefined) return choice;
  const meant = typeof value === "string" && nearestName(value, (field.choices ?? []).map(String));
  return tell(place, { kind: "flag", found: value, allowed: what(field), ...(meant ? { meant } : {}) }, true);
}

function readList(place: Place, field: Field, list: readonly unknown[]): unknown {
  const entries = field.of ? list.map((entry) => read(place, field.of as Field, entry)) : list;
  if (entries.includes(wrong)) return wrong;
  if (field.least !== undefined && list.length < field.least)
    return tell(place, { kind: "flag", found: list, allowed: `a list of at least ${field.least}` });
  if (field.most !== undefined && list.length > field.most)
    return tell(place, { kind: "flag", found: list, allowed: `a list of at most ${field.most}` });
  if (field.distinct && new Set(entries).size < entries.length)
    return tell(place, { kind: "flag", found: list, allowed: "a list with nothing twice" });
  return entries;
}

function readMap(place: Place, field: Field, map: Tree): unknown {
  let found: unknown = map;
  if (field.least !== undefined && Object.keys(map).length < field.least)
    return tell(place, { kind: "flag", found: map, allowed: `a group with at least ${field.least}` });
  for (const [key, value] of Object.entries(map)) {
    const here = inside(place, key);
    if (field.keys && !field.keys.includes(key)) {
      const meant = nearestName(key, field.keys);
      const hint = meant ? `did you mean '${meant}'?` : `known here: ${field.keys.join(", ")}`;
      found = tell(here, refuse(`is none that vLLM ${place.version} knows; ${hint}`, meant), true);
    } else if (field.of && read(here, field.of, value) === wrong) found = wrong;
  }
  return found;
}

function readGroup(place: Place, field: Field, group: Tree): unknown {
  const { fields = {}, rules = [] } = field;
  const names = fieldNames(place.flag, place.path);
  const found = new Map<string, unknown>();
  let strangers = false;
  // Of two keys of one field the last counts.
  const keys = new Map(Object.keys(group).map((key) => [fieldOf(field, key), key]));
  for (const [name, key] of keys) {
    const value = group[key];
    const here = inside(place, key);
    const verdict = judge(names, place.version, name);
    if ("entry" in verdict) found.set(name, read(here, verdict.entry, value));
    else strangers = true;
    if ("refusal" in verdict) tell(here, verdict.refusal);
    else if (!("entry" in verdict)) place.check.unchecked.push({ within: here.path, reason: verdict.unchecked });
  }
  // What is missing may stand there under a wrong name.
  const missing = (name: string) => !strangers && !found.has(name);
  for (const [name, { required }] of Object.entries(fields))
    if (required && missing(name)) tell(place, refuse(`lacks '${name}', without which vLLM does not start`));
  for (const { where, must, given } of rules) {
    const [[name = "", when = {}] = []] = Object.entries(where);
    const [[other = "", then = {}] = []] = Object.entries(must);
    const [value, beside] = [found.get(name), found.get(other)];
    if (!found.has(name) || value === wrong || !holds(when, value)) continue;
    const isMet = found.has(other) ? beside === wrong || holds(then, beside) : !given || !missing(other);
    if (!isMet) tell(inside(place, name), { kind: "flag", found: value, reason: demand(other, then, found) }, true);
  }
  return group;
}

/** What a rule asks of another field, in words. */
function demand(other: string, { in: only, min }: Condition, found: ReadonlyMap<string, unknown>): string {
  const values = only?.filter((one) => one !== null).map((one) => JSON.stringify(one));
  if (values?.length === 0) return `which does not go with '${other}'`;
  const what = values?.join(" or ") ?? (min === undefined ? "not empty" : `at least ${min}`);
  if (found.has(other)) return `which goes only with '${other}': ${what}`;
  return `which needs '${other}' beside it${values ? `: ${what}` : ""}`;
}

function holds({ in: only, not = [], min }: Condition, value: unknown): boolean {
  const text = JSON.stringify(value);
  const among = (values: readonly unknown[]) => values.some((one) => JSON.stringify(one) === text);
  if (min !== undefined) return typeof value !== "number" || value >= min;
  return only ? among(only) : !among(not);
}
