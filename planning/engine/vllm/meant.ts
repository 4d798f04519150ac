import flags from "../../../catalogue/vllm/flags.json" with { type: "json" };
import groups from "../../../catalogue/vllm/groups.json" with { type: "json" };
import names from "../../../catalogue/vllm/names.json" with { type: "json" };
import { removals } from "../../../catalogue/vllm/removals.ts";
import { successors } from "../../../catalogue/vllm/successors.ts";
import { nearest } from "../../../config/problems.ts";

/** What the tables call their lists of names, and their maps by name. */
const listed = ["choices", "keys"];
const keyed = ["flags", "fields", "variables"];

/** All names in a table: flags, fields, values and variables of every version. */
function namesIn(table: unknown): string[] {
  if (typeof table !== "object" || table === null) return [];
  return Object.entries(table).flatMap(([key, value]) => [
    ...(listed.includes(key) && Array.isArray(value) ? value.map(String) : []),
    ...(keyed.includes(key) ? Object.keys(value) : []),
    ...namesIn(value),
  ]);
}

let all: ReadonlySet<string> | undefined;

/** Everything that vLLM has a name for, or had, in small letters. It is gathered when a name is wrong. */
function allNames(): ReadonlySet<string> {
  all ??= new Set(
    [
      ...[flags, groups, names].flatMap(namesIn),
      ...Object.values(names.names).flatMap((list) => Object.keys(list)),
      ...removals.map(({ flag }) => flag),
      ...Object.keys(successors),
    ].map((name) => name.toLowerCase()),
  );
  return all;
}

/** The known name that a wrong one probably is; the name of something else, of any version, is none. */
export const nearestName = (word: string, known: readonly string[]): string | undefined =>
  nearest(word, known, allNames());
