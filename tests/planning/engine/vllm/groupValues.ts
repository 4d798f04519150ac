import groupTables from "../../../../catalogue/vllm/groups.json" with { type: "json" };
import type { Tree } from "../../../../config/tree.ts";
import {
  baseType,
  type Condition,
  type Field,
  type Group,
  type GroupTables,
} from "../../../../planning/engine/vllm/groups.ts";

/** Values for the fields of the recorded groups, by the tables alone. */

export interface Known {
  version: string;
  flag: string;
  group: Group;
}

/** Every group of every version; the flags whose words are groups are not among them. */
export const groups: readonly Known[] = Object.entries(groupTables as unknown as GroupTables)
  .filter(([flag]) => flag !== "lora-modules")
  .flatMap(([flag, shapes]) =>
    shapes.flatMap(({ versions, ...group }) => versions.map((version) => ({ version, flag, group }))),
  );

/** Once for each shape that a group has had. */
export const shapes: readonly Known[] = groups.filter(
  (one, at) => groups.findIndex((other) => other.flag === one.flag && same(other.group, one.group)) === at,
);

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Values that a field takes. */
export function good(field: Field): unknown[] {
  const type = baseType(field);
  const none = type === field.type ? [] : [null];
  const least = Math.max(field.min ?? 0, (field.above ?? -1) + 1);
  const number = field.not?.includes(least) ? least + 1 : least;
  const inner = field.of ? good(field.of) : [1, "x", null];
  const values: Readonly<Record<string, unknown[]>> = {
    bool: [true, false, "true", "No", 1],
    int: [number, String(number)],
    float: [number + 0.5, String(number + 0.5)],
    str: ["x", "a b"],
    any: [{ a: [null] }, null, "x"],
    choice: [...(field.choices ?? []), ...otherForms(field)],
    list: [Array(field.least ?? 1).fill(inner[0]), ...(field.least ? [] : [[]])],
    map: [...inner.map((value) => ({ [field.keys?.[0] ?? "key"]: value })), ...(field.least ? [] : [{}])],
    group: [{}],
    one: (field.kinds ?? []).flatMap(good),
  };
  return [...none, ...(values[type] as unknown[])];
}

function otherForms({ choices = [], caseless, dashes }: Field): string[] {
  const words = choices.filter((choice) => typeof choice === "string");
  return [
    ...(caseless ? words.map((word) => word.toLowerCase()) : []),
    ...(dashes ? words.map((word) => word.replaceAll("_", "-")) : []),
  ];
}

/** Values that a field does not take, if its type is known. */
export function bad(field: Field): unknown[] {
  const values: Readonly<Record<string, unknown[]>> = {
    bool: ["maybe", 2, [], {}],
    int: ["x", 1.5, [], {}, ...(field.above === undefined ? [] : [field.above])],
    float: ["x", [], {}],
    str: [1, true, [], {}],
    choice: ["no such word", [], {}],
    list: ["x", 1, {}, ...(field.most ? [Array(field.most + 1).fill(good(field.of as Field)[0])] : [])],
    map: ["x", 1, []],
    group: ["x", 1, []],
    one: [1.5],
  };
  return values[baseType(field)] ?? [];
}

/** A switch as it is read. */
const plain = (value: unknown) => ({ true: true, No: false, 1: true })[String(value)] ?? value;

export const holds = ({ in: only, not = [], min }: Condition, value: unknown): boolean =>
  min === undefined
    ? only
      ? only.some((one) => same(one, value))
      : !not.some((one) => same(one, value))
    : typeof value !== "number" || value >= min;

/** A group of no more than it must have. */
export const smallest = ({ fields }: Group): Tree =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, field]) => (field.required ? [[name, good(field)[0]]] : [])),
  );

/** A group of a field and what must stand beside it; undefined where that cannot be. */
export function withPartners(
  { fields, rules = [] }: Group,
  name: string,
  value: unknown,
): { [key: string]: unknown } | undefined {
  const group: { [key: string]: unknown } = { ...smallest({ fields }), [name]: value };
  for (let round = 0; round < 5; round++)
    for (const { where, must, given } of rules) {
      const [[one = "", when = {}] = []] = Object.entries(where);
      const [[other = "", then = {}] = []] = Object.entries(must);
      if (!Object.hasOwn(group, one) || !holds(when, plain(group[one]))) continue;
      if (Object.hasOwn(group, other) ? holds(then, group[other]) : !given) continue;
      if (Object.hasOwn(group, other)) return undefined;
      group[other] = good(fields[other] as Field).find((partner) => holds(then, partner));
    }
  return group;
}
