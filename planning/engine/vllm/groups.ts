import groupTables from "../../../catalogue/vllm/groups.json" with { type: "json" };
import { type Names, refuse } from "./judge.ts";

/** What a value in a group may be, as the class behind the group reads JSON; cli/dumpGroups.py finds it. */
export interface Field {
  /** bool, int, float, str, choice, list, map, group, one (of several kinds) or any; after `optional ` null too. */
  type: string;
  required?: true;
  choices?: readonly (string | number)[];
  /** A choice in another case is the same one. */
  caseless?: boolean;
  /** A choice with a dash for an underscore is the same one; so is a group's field. */
  dashes?: boolean;
  min?: number;
  /** More than this. */
  above?: number;
  max?: number;
  /** Less than this. */
  below?: number;
  /** Numbers that it does not take. */
  not?: readonly number[];
  /** What the entries of a list or a map are. */
  of?: Field;
  /** The only keys of a map. */
  keys?: readonly string[];
  /** How many entries at least. */
  least?: number;
  /** How many entries of a list at most. */
  most?: number;
  /** No entry twice. */
  distinct?: true;
  kinds?: readonly Field[];
  /** vLLM takes not every value of this type; which, is not known. */
  partly?: true;
  /** vLLM fills it in: nobody has to write it, and what it takes of others is not known. */
  internal?: true;
  fields?: Readonly<Record<string, Field>>;
  removed?: Readonly<Record<string, string | null>>;
  rules?: readonly Rule[];
}

/** Which values: these, all but these, or numbers from one on, beside null. */
export interface Condition {
  in?: readonly unknown[];
  not?: readonly unknown[];
  min?: number;
}

/** Where one field is written and so, another must be so, and, if it must be `given`, be written too. */
export interface Rule {
  where: Readonly<Record<string, Condition>>;
  must: Readonly<Record<string, Condition>>;
  given?: true;
}

/** A group's fields, the names that it has no more with what is to be written instead, and its rules. */
export interface Group {
  /** To the parser it is any JSON, in which numbers have no suffix; its class reads it when vLLM starts. */
  late?: true;
  /** A field with a dash for an underscore is the same one, and of two the last counts. */
  dashes?: true;
  fields: Readonly<Record<string, Field>>;
  removed?: Readonly<Record<string, string | null>>;
  rules?: readonly Rule[];
}

/** By flag, each with the versions in which it is so; written by cli/addVllm.ts. */
export type GroupTables = Record<string, (Group & { versions: string[] })[]>;
const tables = groupTables as unknown as Readonly<GroupTables>;

/** A type without the word that null is taken too. */
export const baseType = (field: Field): string => field.type.replace(/^optional /, "");

/** What a flag's group has in a version. Undefined where the version has no table, or any JSON object is taken. */
export function groupOf(version: string, flag: string): Group | undefined {
  const known = Object.hasOwn(tables, flag) ? tables[flag] : undefined;
  return known?.find(({ versions }) => versions.includes(version));
}

/** The field that a key in a group writes. */
export const fieldOf = ({ dashes }: Pick<Field, "dashes">, key: string): string =>
  dashes ? key.replaceAll("-", "_") : key;

/** What stands at a path in a group: of several kinds, the group. */
function groupAt(version: string, flag: string, path: readonly string[]): Field | undefined {
  const top = groupOf(version, flag);
  let field: Field | undefined = top && { type: "group", ...top };
  for (const key of path) {
    const inner = field && groupKind(field);
    const name = inner ? fieldOf(inner, key) : key;
    field = inner?.fields ? (Object.hasOwn(inner.fields, name) ? inner.fields[name] : undefined) : inner?.of;
  }
  return field && groupKind(field);
}

/** Of several kinds the group, if one is. */
export const groupKind = (field: Field): Field =>
  (baseType(field) === "one" && field.kinds?.find((kind) => baseType(kind) === "group")) || field;

/** The names that may stand at a path in a flag's group. */
export function fieldNames(flag: string, path: readonly string[]): Names<Field> {
  const of = (version: string) => groupAt(version, flag, path)?.fields ?? {};
  const proposed = (version: string) => Object.keys(of(version)).filter((name) => !of(version)[name]?.internal);
  return {
    what: "field",
    of,
    removal: (name) => [flag, ...path, name].join("."),
    proposed,
    hint: (version) => `known here: ${proposed(version).sort().join(", ")}`,
    instead(name, version) {
      const dashed = name.replaceAll("-", "_");
      if (dashed !== name && Object.hasOwn(of(version), dashed)) return refuse(`is written '${dashed}' here`, dashed);
      const { removed = {} } = groupAt(version, flag, path) ?? {};
      if (!Object.hasOwn(removed, name)) return undefined;
      const now = removed[name] ?? undefined;
      return refuse(`was removed; ${now ? `write '${now}'` : "leave it out"}`, now);
    },
  };
}
