import type { Finding } from "../../../../config/problems.ts";
import type { Asked } from "../asked.ts";
import { boundsOf, namesOf, unknownName } from "../names.ts";

/** What a rule finds: something wrong, something that nobody can know before, or nothing. */
export type Verdict = Finding | { unchecked: string } | undefined;

/** Something that vLLM refuses when it starts, though each setting alone is fine. */
export interface Relation {
  /** The setting at which it is told. */
  at: string;
  /** Where vLLM 0.32.0 refuses it; of the program's own, what it rests on. */
  source: string;
  /** The first and the last version that refuses it, where it is not all that are known. */
  from?: string;
  to?: string;
  /** It is the program's own, and holds for every version; the others hold for those that were read. */
  always?: true;
  finding(asked: Asked): Verdict;
}

export const conflict = (reason: string, found?: unknown): Finding => ({
  kind: "conflict",
  ...(found === undefined ? {} : { found }),
  reason,
});

/** A relation that is told at a flag, where the flag is there. */
export const atFlag = (flag: string, source: string, finding: (asked: Asked) => Verdict): Relation => ({
  at: `engine.args.${flag}`,
  source,
  finding: (asked) => (asked.has(flag) ? finding(asked) : undefined),
});

/** A relation that is told at a field of a flag's group, where the field is there. */
export const atField = (
  flag: string,
  field: string,
  source: string,
  finding: (value: unknown, asked: Asked) => Verdict,
): Relation => ({
  at: `engine.args.${flag}.${field}`,
  source,
  finding(asked) {
    const value = asked.field(flag, field);
    return value === undefined ? undefined : finding(value, asked);
  },
});

/** Relations that hold for every version. */
export const always = (relations: readonly Relation[]): Relation[] =>
  relations.map((one) => ({ ...one, always: true }));

/** A flag that needs another, `partner` or `partner: word`. */
export const needs = (flag: string, needed: string, source: string): Relation => {
  const [partner = "", word] = needed.split(": ");
  return atFlag(flag, source, (asked) => {
    const there = word === undefined ? asked.has(partner) : asked.text(partner)?.toLowerCase() === word;
    return there ? undefined : conflict(`needs '${needed}' beside it`);
  });
};

/** A flag that has no place beside another. */
export const excludes = (flag: string, other: string, source: string): Relation =>
  atFlag(flag, source, (asked) =>
    asked.has(other) ? conflict(`does not go with '${other}'; remove one of them`) : undefined,
  );

/** A flag that must stay out where there is no GPU. */
export const gpuOnly = (flag: string, source: string): Relation =>
  atFlag(flag, source, (asked) => (asked.gpus === 0 ? conflict("works on a GPU only; remove it") : undefined));

/** A flag that says what a group says too. */
export const twice = (flag: string, group: string, field: string, source: string): Relation =>
  atFlag(flag, source, (asked) => {
    const said = asked.group(group)?.[field];
    return said === undefined || said === null
      ? undefined
      : conflict(`is said by '${field}' in the group '${group}' too; keep one of them`);
  });

/** A flag whose names vLLM looks up. `read` makes a name what it looks for; some it takes beside the list. */
export const named = (flag: string, what: string, source: string, { beside, ...options }: Names = {}): Relation =>
  atFlag(flag, source, (asked) =>
    beside === undefined || asked.has(beside) ? nameVerdict(asked, flag, what, asked.text(flag), options) : undefined,
  );

/** What can be said of a name that vLLM looks up in one of its lists. */
export function nameVerdict(
  asked: Asked,
  list: string,
  what: string,
  name: string | undefined,
  { read = (name) => name, also = [], plugins = ["VLLM_PLUGINS"] }: Omit<Names, "beside"> = {},
): Verdict {
  const known = [...also, ...namesOf(list, asked.version)];
  if (name === undefined || known.length === also.length || known.includes(read(name))) return undefined;
  const plugin = plugins.find((one) => (/^[A-Z]/.test(one) ? asked.variable(one) : asked.has(one)));
  if (plugin) return { unchecked: `whether what ${plugin} names brings '${name}'` };
  if (asked.ownImage) return { unchecked: `whether the image brings '${name}'` };
  return unknownName(`${what} of vLLM ${asked.version}`, name, known);
}

interface Names {
  read?(name: string): string;
  /** Names that are taken beside the list. */
  also?: readonly string[];
  /** The flags and variables whose plugins may bring further names. */
  plugins?: readonly string[];
  /** The flag without which vLLM does not look the name up. */
  beside?: string;
}

/** A flag whose number has bounds; those of multimodal models vLLM looks at in such models alone, and elsewhere never uses. */
export const bounded = (flag: string): Relation =>
  atFlag(flag, "Field(ge=…) and the like in vllm/config, by catalogue/vllm/names.json", (asked) => {
    const number = asked.number(flag);
    const { ge, gt, le, lt } = boundsOf(flag, asked.version) ?? {};
    if (number === undefined) return undefined;
    const words = [
      ...(ge !== undefined ? [[number >= ge, `at least ${ge}`] as const] : []),
      ...(gt !== undefined ? [[number > gt, `more than ${gt}`] as const] : []),
      ...(le !== undefined ? [[number <= le, `at most ${le}`] as const] : []),
      ...(lt !== undefined ? [[number < lt, `less than ${lt}`] as const] : []),
    ];
    if (words.every(([holds]) => holds)) return undefined;
    return { kind: "flag", found: number, allowed: words.map(([, word]) => word).join(" and ") };
  });
