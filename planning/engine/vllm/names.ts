import data from "../../../catalogue/vllm/names.json" with { type: "json" };
import type { Finding } from "../../../config/problems.ts";
import { nearestName } from "./meant.ts";
import { compareVersions } from "./version.ts";

/** From when to when something was so; without `from` from the first version of the table, without `to` still. */
interface Span {
  from?: string;
  to?: string;
}

/** What a number may be: at least, more than, at most, less than. */
export interface Bounds extends Span {
  ge?: number;
  gt?: number;
  le?: number;
  lt?: number;
}

/** How vLLM reads a variable where a wrong value ends it; without a type it takes any text. */
export interface Variable extends Span {
  type?: string;
  choices?: string[];
  /** Choices are taken in upper and lower case. */
  anyCase?: boolean;
}

type Table<Entry> = Readonly<Record<string, readonly Entry[]>>;

const { versions, names, bounds, variables } = data as {
  versions: readonly string[];
  names: Readonly<Record<string, Table<Span>>>;
  bounds: Table<Bounds>;
  variables: Table<Variable>;
};

const [first = "", last = ""] = [versions[0], versions.at(-1)];

/** Whether the tables, and the rules beside them, say anything of a version. */
export const isKnown = (version: string): boolean =>
  compareVersions(version, first) >= 0 && compareVersions(version, last) <= 0;

const holds =
  (version: string) =>
  ({ from = first, to = version }: Span): boolean =>
    compareVersions(from, version) <= 0 && compareVersions(version, to) <= 0;

const entryOf = <Entry extends Span>(table: Table<Entry>, name: string, version: string): Entry | undefined =>
  isKnown(version) && Object.hasOwn(table, name) ? table[name]?.find(holds(version)) : undefined;

/** The names that a flag takes; none where the version's are not known. */
export function namesOf(flag: string, version: string): string[] {
  const table = names[flag] ?? {};
  return versions.includes(version) ? Object.keys(table).filter((name) => entryOf(table, name, version)) : [];
}

export const boundsOf = (flag: string, version: string): Bounds | undefined => entryOf(bounds, flag, version);

/** The flags that have bounds in some version. */
export const boundedFlags: readonly string[] = Object.keys(bounds);

export const variableOf = (name: string, version: string): Variable | undefined => entryOf(variables, name, version);

/** The versions that have a variable. */
export const versionsOf = (name: string): string[] => versions.filter((version) => variableOf(name, version));

/** The known variable that is probably meant; nothing where the version's are not known. */
export const nearestVariable = (name: string, version: string): string | undefined =>
  nearestName(
    name,
    Object.keys(variables).filter((known) => variableOf(known, version)),
  );

/** What is wrong with a name that is none of those that are known; an empty one among them says as much as none. */
export function unknownName(what: string, name: string, known: readonly string[]): Finding {
  const meant = nearestName(name, known);
  const allowed = meant ? what : `one of ${known.filter(Boolean).sort().join(", ")}`;
  return { kind: "flag", found: name, allowed, ...(meant ? { meant } : {}) };
}
