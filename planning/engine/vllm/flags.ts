import leven from "leven";
import flagTables from "../../../catalogue/vllm/flags.json" with { type: "json" };
import { removals } from "../../../catalogue/vllm/removals.ts";
import { type Finding, nearest, sentence } from "../../../config/problems.ts";
import { type ArgumentValue, type Flag, valueProblem } from "./flagValue.ts";
import { compareVersions } from "./version.ts";

export type { ArgumentValue } from "./flagValue.ts";

/** A flag that could not be judged, and why. */
export interface Unchecked {
  flag: string;
  reason: string;
}

export interface FlagCheck {
  /** `meant`: the flag that is probably meant. */
  problems: ({ flag: string } & Finding)[];
  unchecked: Unchecked[];
}

const refuse = (reason: string, meant?: string): Finding => ({ kind: "flag", reason, ...(meant ? { meant } : {}) });

type Verdict = { refusal: Finding } | { unchecked: string } | { flag: Flag; unchecked?: string };

/** By version; written by cli/addVllm.ts. */
const tables: Readonly<Record<string, { flags: Readonly<Record<string, Flag>> }>> = flagTables;
const versions = Object.keys(tables).sort(compareVersions);
const flagsOf = (version: string): Readonly<Record<string, Flag>> => tables[version]?.flags ?? {};
const has = (version: string, name: string) => Object.hasOwn(flagsOf(version), name);

/** How to write a flag that stands there under another name that `vllm serve` takes too, so that none is given twice. */
function otherName(name: string, version: string): Finding | undefined {
  const dashed = name.replace(/^-+/, "").replaceAll("_", "-");
  if (dashed !== name && has(version, dashed)) return refuse(`is written '${dashed}' here`, dashed);
  const [group = "", ...keys] = dashed.split(".");
  if (keys.length > 0 && has(version, group))
    return refuse(
      `belongs into the group '${group}': ${group}: {${keys.join(": {")}: …${"}".repeat(keys.length)}`,
      group,
    );
  const turnedOff = (flag: string) => refuse(`is '${flag}' turned off; write '${flag}: false'`, flag);
  const positive = dashed.replace(/^no-/, "");
  if (positive !== dashed && flagsOf(version)[positive]?.no) return turnedOff(positive);
  for (const [flag, { aliases, type }] of Object.entries(flagsOf(version)))
    if (aliases?.includes(dashed)) {
      const opposite = type === "bool" && /^(en|dis)able-/.test(dashed);
      return opposite ? turnedOff(flag) : refuse(`is another name of '${flag}'; write '${flag}'`, flag);
    }
  return undefined;
}

const removed = (name: string) => removals.find(({ flag }) => flag === name);

/** The flag that is meant, if one is clear: the only one that begins so, or the nearest. */
function meant(name: string, known: readonly string[]): string | undefined {
  const longer = known.filter((flag) => flag.startsWith(name));
  return longer.length === 1 ? longer[0] : nearest(name, known);
}

/** What a version without its own table has can be told from its neighbours' only in part. */
function judgeByNeighbours(version: string, name: string, neighbours: readonly string[]): Verdict {
  const gap = `there is no flag table for vLLM ${version}`;
  const [first = "", second] = neighbours;
  const having = neighbours.filter((neighbour) => has(neighbour, name));
  if (having.length === neighbours.length) {
    const flag = flagsOf(first)[name] as Flag;
    // Between two versions that have it, it is there; beyond the last one nobody knows.
    return second ? { flag } : { flag, unchecked: `${gap}: ${first} has it; see docs/vllm-versions.md` };
  }
  if (having.length > 0)
    return { unchecked: `${gap}: of ${first} and ${second}, only ${having[0]} has it; see docs/vllm-versions.md` };
  const near = meant(name, [...new Set(neighbours.flatMap((neighbour) => Object.keys(flagsOf(neighbour))))]);
  // In seven releases, 0.27.1 to 0.33.0, no new flag was nearer than four edits to one that was there before.
  const clear = near && (near.startsWith(name) || leven(name, near) <= (name.length > 4 ? 2 : 1));
  if (clear && !removed(name))
    return {
      refusal: refuse(`did you mean '${near}'? If not: ${gap}, and docs/vllm-versions.md says how to add it`, near),
    };
  return { unchecked: `${gap}, and no such flag in ${neighbours.join(" and ")}; see docs/vllm-versions.md` };
}

function judge(version: string, name: string): Verdict {
  const own = has(version, name) ? flagsOf(version)[name] : undefined;
  if (own) return { flag: own };
  const older = versions.filter((other) => compareVersions(other, version) < 0);
  const newer = versions.filter((other) => compareVersions(other, version) > 0);
  const exact = Object.hasOwn(tables, version);
  const around = exact ? [version] : [...older.slice(-1), ...newer.slice(0, 1)];
  if (!around.some((neighbour) => has(neighbour, name))) {
    for (const neighbour of around) {
      const other = otherName(name, neighbour);
      if (other) return { refusal: other };
    }
    const gone = removed(name);
    if (gone && compareVersions(gone.removedIn, version) <= 0)
      return {
        refusal: refuse(
          `was removed in vLLM ${gone.removedIn}; ${gone.instead ?? "nothing took its place: leave it out"}`,
        ),
      };
    const last = older.findLast((other) => has(other, name));
    if (last) return { refusal: refuse(`is no flag of vLLM ${version}; ${last} was the last to have it`) };
    const next = newer.find((other) => has(other, name));
    if (next) return { refusal: refuse(`is no flag of vLLM ${version}; ${next} is the first to have it`) };
  }
  if (!exact) return judgeByNeighbours(version, name, around);
  const near = meant(name, Object.keys(flagsOf(version)));
  const hint = near ? `did you mean '${near}'?` : "'vllm serve --help=all' of that version lists them";
  return { refusal: refuse(`is no flag of vLLM ${version}; ${hint}`, near) };
}

function judgeValue(check: FlagCheck, version: string, name: string, flag: Flag, value: ArgumentValue): void {
  const problem = valueProblem(flag, value);
  if (problem) {
    const { byChoice, ...finding } = problem;
    if (!byChoice || Object.hasOwn(tables, version)) check.problems.push({ flag: name, ...finding });
    else check.unchecked.push({ flag: name, reason: `${sentence(finding)}, unless ${version} takes others` });
  } else if (flag.type === null)
    check.unchecked.push({ flag: name, reason: "how vLLM reads its value is not known here" });
}

/**
 * What `vllm serve` of a version would say of `engine.args`. A flag is known by one name, the long one with dashes:
 * the others that vLLM takes (underscores, `-tp`, `--no-…`, parts of a group) are refused, for they would give it twice.
 *
 * The table of the very version decides. A version without one is judged by the tables next to it: what both have, is
 * there, and only its choices are not held against it; what none has, is refused where it was removed by then, comes
 * later, or is at most two letters from a flag that they have; anything else passes, as `unchecked`.
 */
export function checkFlags(version: string, args: Readonly<Record<string, ArgumentValue>>): FlagCheck {
  const check: FlagCheck = { problems: [], unchecked: [] };
  for (const [flag, value] of Object.entries(args)) {
    const verdict = judge(version, flag);
    if ("refusal" in verdict) check.problems.push({ flag, ...verdict.refusal });
    else {
      const before = check.unchecked.length + check.problems.length;
      if ("flag" in verdict) judgeValue(check, version, flag, verdict.flag, value);
      const silent = check.unchecked.length + check.problems.length === before;
      if (silent && verdict.unchecked !== undefined) check.unchecked.push({ flag, reason: verdict.unchecked });
    }
  }
  return check;
}

/** `engine.args` as the settings give them: a secret is always text, so `"true"` is true where the flag takes no value. */
export function readArguments<Value extends ArgumentValue>(
  version: string,
  args: Readonly<Record<string, Value>>,
): Record<string, Value | boolean> {
  return Object.fromEntries(
    Object.entries(args).map(([name, value]) => {
      const verdict = value === "true" || value === "false" ? judge(version, name) : undefined;
      const isSwitch = verdict && "flag" in verdict && verdict.flag.type === "bool";
      return [name, isSwitch ? value === "true" : value];
    }),
  );
}

/** The flags whose list is one word of JSON. */
const jsonLists = new Set(
  versions.flatMap((version) =>
    Object.keys(flagsOf(version)).filter((flag) => flagsOf(version)[flag]?.type === "json list"),
  ),
);

/** The words on the command line that one flag becomes. A word that begins with a dash would be taken for a flag. */
export function flagWords(flag: string, value: ArgumentValue): string[] {
  if (value === true) return [`--${flag}`];
  if (value === false) return [`--no-${flag}`];
  const list: readonly unknown[] = Array.isArray(value) && !jsonLists.has(flag) ? value : [value];
  const words = list.map((word) => (typeof word === "object" ? JSON.stringify(word) : String(word)));
  return words.length === 1 && words[0]?.startsWith("-") ? [`--${flag}=${words[0]}`] : [`--${flag}`, ...words];
}
