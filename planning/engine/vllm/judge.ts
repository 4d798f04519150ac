import leven from "leven";
import flagTables from "../../../catalogue/vllm/flags.json" with { type: "json" };
import { removals } from "../../../catalogue/vllm/removals.ts";
import type { Finding } from "../../../config/problems.ts";
import { nearestName } from "./meant.ts";
import { compareVersions } from "./version.ts";

/** What a name is to a version: wrong, not known, or what its table says of it. */
export type Verdict<Entry> = { refusal: Finding } | { unchecked: string } | { entry: Entry; unchecked?: string };

/** Names that versions have: the flags, or the fields of one group. */
export interface Names<Entry> {
  what: "flag" | "field";
  /** What a version with a table has. */
  of(version: string): Readonly<Record<string, Entry>>;
  /** Those of them that may be meant by another name. */
  proposed(version: string): readonly string[];
  /** How `removals` calls a name. */
  removal(name: string): string;
  /** Where to look when no name is near. */
  hint(version: string): string;
  /** What is to be written instead of a name that the version takes too, or has a word for. */
  instead?(name: string, version: string): Finding | undefined;
}

/** The versions that have a table, from the oldest on. */
export const versions: readonly string[] = Object.keys(flagTables).sort(compareVersions);
export const hasTable = (version: string): boolean => Object.hasOwn(flagTables, version);

/** The version itself where it has a table, else its neighbours that have one. */
export function around(version: string): string[] {
  if (hasTable(version)) return [version];
  const older = versions.filter((other) => compareVersions(other, version) < 0);
  const newer = versions.filter((other) => compareVersions(other, version) > 0);
  return [...older.slice(-1), ...newer.slice(0, 1)];
}

export const refuse = (reason: string, meant?: string): Finding => ({
  kind: "flag",
  reason,
  ...(meant ? { meant } : {}),
});

const removed = (name: string) => removals.find(({ flag }) => flag === name);

/** The name that is meant, if one is clear: the only one that begins so, or the nearest. */
function meant(name: string, known: readonly string[]): string | undefined {
  const longer = known.filter((other) => other.startsWith(name));
  return longer.length === 1 ? longer[0] : nearestName(name, known);
}

/** What a version without its own table has can be told from its neighbours' only in part. */
function judgeByNeighbours<Entry>(names: Names<Entry>, version: string, name: string): Verdict<Entry> {
  const neighbours = around(version);
  const gap = `there is no flag table for vLLM ${version}`;
  const [first = "", second] = neighbours;
  const having = neighbours.filter((neighbour) => Object.hasOwn(names.of(neighbour), name));
  if (having.length === neighbours.length) {
    const entry = names.of(first)[name] as Entry;
    // Between two versions that have it, it is there; beyond the last one nobody knows.
    return second ? { entry } : { entry, unchecked: `${gap}: ${first} has it; see docs/vllm-versions.md` };
  }
  if (having.length > 0)
    return { unchecked: `${gap}: of ${first} and ${second}, only ${having[0]} has it; see docs/vllm-versions.md` };
  const near = meant(name, [...new Set(neighbours.flatMap(names.proposed))]);
  // In seven releases, 0.27.1 to 0.33.0, no new flag was nearer than four edits to one that was there before.
  const clear = near && (near.startsWith(name) || leven(name, near) <= (name.length > 4 ? 2 : 1));
  if (clear && !removed(names.removal(name)))
    return {
      refusal: refuse(`did you mean '${near}'? If not: ${gap}, and docs/vllm-versions.md says how to add it`, near),
    };
  return { unchecked: `${gap}, and no such ${names.what} in ${neighbours.join(" and ")}; see docs/vllm-versions.md` };
}

/** What a version makes of a name, by its own table or by those next to it. */
export function judge<Entry>(names: Names<Entry>, version: string, name: string): Verdict<Entry> {
  const has = (other: string) => Object.hasOwn(names.of(other), name);
  if (has(version)) return { entry: names.of(version)[name] as Entry };
  const neighbours = around(version);
  if (!neighbours.some(has)) {
    for (const neighbour of neighbours) {
      const other = names.instead?.(name, neighbour);
      if (other) return { refusal: other };
    }
    const gone = removed(names.removal(name));
    if (gone && compareVersions(gone.removedIn, version) <= 0)
      return {
        refusal: refuse(
          `was removed in vLLM ${gone.removedIn}; ${gone.instead ?? "nothing took its place: leave it out"}`,
        ),
      };
    const last = versions.findLast((other) => compareVersions(other, version) < 0 && has(other));
    if (last) return { refusal: refuse(`is no ${names.what} of vLLM ${version}; ${last} was the last to have it`) };
    const next = versions.find((other) => compareVersions(other, version) > 0 && has(other));
    if (next) return { refusal: refuse(`is no ${names.what} of vLLM ${version}; ${next} is the first to have it`) };
  }
  if (!hasTable(version)) return judgeByNeighbours(names, version, name);
  const near = meant(name, names.proposed(version));
  const hint = near ? `did you mean '${near}'?` : names.hint(version);
  return { refusal: refuse(`is no ${names.what} of vLLM ${version}; ${hint}`, near) };
}
