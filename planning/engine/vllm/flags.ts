import flagTables from "../../../catalogue/vllm/flags.json" with { type: "json" };
import { type Finding, sentence } from "../../../config/problems.ts";
import { isTree } from "../../../config/tree.ts";
import { type ArgumentValue, type Flag, readGroupJson, readJson, valueProblem } from "./flagValue.ts";
import { type Field, groupOf } from "./groups.ts";
import { checkGroup } from "./groupValue.ts";
import { around, hasTable, judge, type Names, refuse, versions } from "./judge.ts";

export type { ArgumentValue } from "./flagValue.ts";

/** A flag that could not be judged, and why. */
export interface Unchecked {
  flag: string;
  reason: string;
}

/** `byType`: the table knows its type at the most, so that a rule which looks at it knows more. */
export type UncheckedByTable = Unchecked & { byType?: true };

/** What could not be judged, a line a name. */
export function oncePerName(unchecked: readonly Unchecked[]): Unchecked[] {
  const reasons = new Map<string, string>();
  for (const { flag, reason } of unchecked) {
    const before = reasons.get(flag);
    reasons.set(flag, before === undefined ? reason : `${before}; ${reason}`);
  }
  return [...reasons].map(([flag, reason]) => ({ flag, reason }));
}

export interface FlagCheck {
  /** `within`: where in the flag's group. `meant`: the flag or field that is probably meant. */
  problems: ({ flag: string; within?: readonly string[] } & Finding)[];
  unchecked: UncheckedByTable[];
}

/** By version; written by cli/addVllm.ts. */
const tables: Readonly<Record<string, { flags: Readonly<Record<string, Flag>> }>> = flagTables;
const flagsOf = (version: string): Readonly<Record<string, Flag>> => tables[version]?.flags ?? {};
const has = (version: string, name: string) => Object.hasOwn(flagsOf(version), name);

/** The flag of a name, or of another that `vllm serve` takes for it. */
const flagOf = (name: string, version: string): string | undefined =>
  has(version, name) ? name : Object.entries(flagsOf(version)).find(([, { aliases }]) => aliases?.includes(name))?.[0];

/** How to write a flag that stands there under another name that `vllm serve` takes too, so that none is given twice. */
function otherName(name: string, version: string): Finding | undefined {
  const dashed = name.replace(/^-+/, "").replaceAll("_", "-");
  if (dashed !== name && has(version, dashed)) return refuse(`is written '${dashed}' here`, dashed);
  const [written = "", ...parts] = dashed.split(".");
  const group = flagOf(written, version);
  if (parts.length > 0 && group !== undefined) {
    const keys = parts.filter((key) => key !== "");
    if (keys.length === 0) return refuse(`has nothing behind its dot; write '${group}'`, group);
    const tree = `${group}: {${keys.join(": {")}: …${"}".repeat(keys.length)}`;
    return refuse(`belongs into the group '${group}': ${tree}`, group);
  }
  const [, level] = /^O=?(\d*)$/.exec(dashed) ?? [];
  if (level !== undefined && has(version, "optimization-level"))
    return refuse(
      `is another name of 'optimization-level'; write 'optimization-level: ${level || "…"}'`,
      "optimization-level",
    );
  const turnedOff = (flag: string) => refuse(`is '${flag}' turned off; write '${flag}: false'`, flag);
  const positive = dashed.replace(/^no-/, "");
  if (positive !== dashed && flagsOf(version)[positive]?.type === "bool") return turnedOff(positive);
  for (const [flag, { aliases, type }] of Object.entries(flagsOf(version)))
    if (aliases?.includes(dashed)) {
      const opposite = type === "bool" && /^(en|dis)able-/.test(dashed);
      return opposite ? turnedOff(flag) : refuse(`is another name of '${flag}'; write '${flag}'`, flag);
    }
  return undefined;
}

const flagNames: Names<Flag> = {
  what: "flag",
  of: flagsOf,
  proposed: (version) => Object.keys(flagsOf(version)),
  removal: (name) => name,
  hint: () => "'vllm serve --help=all' of that version lists them",
  instead: otherName,
};

function judgeValue(check: FlagCheck, version: string, name: string, flag: Flag, value: ArgumentValue): void {
  const add = (finding: Finding & { byChoice?: true }, within: readonly string[] = []) => {
    const { byChoice, ...problem } = finding;
    const reason = `${sentence(problem)}, unless ${version} takes others`;
    if (byChoice && !hasTable(version)) check.unchecked.push({ flag: [name, ...within].join("."), reason });
    else check.problems.push({ flag: name, ...(within.length > 0 ? { within } : {}), ...problem });
  };
  const group = groupOf(around(version)[0] ?? "", name);
  // JSON that argparse hands to a class may hold sizes; of words that a flag reads by itself it knows none.
  const readText = group && !group.late && !flag.items ? readGroupJson : readJson;
  const problem = valueProblem(flag, value, readText);
  if (problem) {
    add(problem);
    return;
  }
  if (flag.type === null && !flag.choices)
    check.unchecked.push({ flag: name, reason: "how vLLM reads its value is not known here", byType: true });
  if (flag.elsewhere?.includes(String(value)))
    check.unchecked.push({ flag: name, reason: `vLLM takes ${value} on some platforms only`, byType: true });
  for (const word of Array.isArray(value) && flag.items ? value : [value]) {
    const asText = typeof word === "string";
    const tree = asText ? readText(word) : word;
    if (!isTree(tree)) continue;
    // Where no class is known, vLLM takes any JSON object.
    const field: Field = group ? { type: "group", ...group } : { type: "any" };
    const { problems, unchecked } = checkGroup(version, name, field, tree, asText);
    for (const { within, ...finding } of problems) add(finding, within);
    for (const { within, ...said } of unchecked) check.unchecked.push({ flag: [name, ...within].join("."), ...said });
  }
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
    const verdict = judge(flagNames, version, flag);
    if ("refusal" in verdict) check.problems.push({ flag, ...verdict.refusal });
    else {
      const before = check.unchecked.length + check.problems.length;
      if ("entry" in verdict) judgeValue(check, version, flag, verdict.entry, value);
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
      const verdict = value === "true" || value === "false" ? judge(flagNames, version, name) : undefined;
      const isSwitch = verdict && "entry" in verdict && verdict.entry.type === "bool";
      return [name, isSwitch ? value === "true" : value];
    }),
  );
}

/** Whether a flag reads a number, so that `1.10` and 1.1 are the same to it. */
export const takesNumber = (flag: string, version: string): boolean =>
  /^(optional )?(int|float)/.test(flagsOf(version)[flag]?.type ?? "");

/** The flags of any version of which something is said. */
const flagsWith = (said: (flag: Flag) => boolean | undefined): ReadonlySet<string> =>
  new Set(
    versions.flatMap((version) =>
      Object.entries(flagsOf(version)).flatMap(([name, flag]) => (said(flag) ? [name] : [])),
    ),
  );
const jsonLists = flagsWith(({ type }) => type === "json list");
const repeatedFlags = flagsWith(({ repeated }) => repeated);
const onlyOn = flagsWith(({ type, no }) => type === "bool" && !no);

/** Whether a flag that is given again adds a value; any other has the last one. */
export const isRepeated = (flag: string): boolean => repeatedFlags.has(flag);

/** The words on the command line that one flag becomes. A word that begins with a dash would be taken for a flag. */
export function flagWords(flag: string, value: ArgumentValue): string[] {
  if (value === true) return [`--${flag}`];
  if (value === false) return onlyOn.has(flag) ? [] : [`--no-${flag}`];
  if (Array.isArray(value) && isRepeated(flag)) return value.flatMap((one) => flagWords(flag, one));
  const list: readonly unknown[] = Array.isArray(value) && !jsonLists.has(flag) ? value : [value];
  const words = list.map((word) => (typeof word === "object" ? JSON.stringify(word) : String(word)));
  return words.length === 1 && words[0]?.startsWith("-") ? [`--${flag}=${words[0]}`] : [`--${flag}`, ...words];
}
