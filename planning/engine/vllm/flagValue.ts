import type { Finding } from "../../../config/problems.ts";
import { readSize, wholeNumber } from "../../../config/sizes.ts";

/** A value of `engine.args`: text, number, boolean; a list where the flag takes several values; a group where it takes a JSON object. */
export type ArgumentValue = string | number | boolean | readonly (string | number)[] | { [key: string]: unknown };

/** What the parser of `vllm serve` says of one flag; `cli/addVllm.ts` writes it. */
export interface Flag {
  /** How the parser reads a value: `bool` is a flag without one, `null` is not known. */
  type: string | null;
  /** A boolean flag that `--no-…` turns off. */
  no?: boolean;
  /** How many values it takes, as argparse counts them (`?`, `+`, `*` or a number); without it, one. */
  nargs?: string | number;
  choices?: (string | number | null)[];
  /** Other names that the parser takes, without their dashes. */
  aliases?: string[];
}

interface Reader {
  what: string;
  reads(text: string): boolean;
}

const digits = "\\d+(?:_\\d+)*";
const float = new RegExp(`^\\s*[+-]?(?:${digits}(?:\\.(?:${digits})?)?|\\.${digits})(?:[eE][+-]?${digits})?\\s*$`);
const sized = (text: string) => readSize(text) !== undefined;
const sizes = "a whole number, or one with a suffix (1k is 1000, 1K is 1024, 25.6k is 25600)";

/** Whether a flag is there and says more than that it is not. */
export const isOn = (value: unknown): boolean => ![undefined, null, false, "", "None"].includes(value as never);

/** A number as vLLM reads it: `1_000` is one; undefined where it is none. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  return typeof value === "string" && float.test(value) ? Number(value.replaceAll("_", "")) : undefined;
}

/** How vLLM reads a value, by the names of cli/dumpFlags.py, each of which may have `optional ` before it. */
const readers: Readonly<Record<string, Reader>> = {
  str: { what: "text", reads: () => true },
  int: { what: "a whole number", reads: (text) => wholeNumber.test(text) },
  float: { what: "a number", reads: (text) => float.test(text) },
  "int with k, m, g suffix": { what: sizes, reads: sized },
  "int with k, m, g suffix, or auto": {
    what: `auto, ${sizes}`,
    reads: (text) => sized(text) || text.trim().toLowerCase() === "auto",
  },
  json: { what: "a group (a JSON object)", reads: (text) => isGroup(parsed(text)) },
  "json list": { what: "a list", reads: (text) => Array.isArray(parsed(text)) },
  "json|str": {
    what: "text or a group (a JSON object)",
    reads: (text) => !/^\s*\{[\s\S]*\}\s*$/.test(text) || isGroup(parsed(text, /-?\b(?:NaN|Infinity)\b/g)),
  },
};

/** The types that a flag table may name, beside `bool` and null. */
export const isKnownType = (type: string): boolean => Object.hasOwn(readers, type.replace(/^optional /, ""));

const isGroup = (value: unknown) => typeof value === "object" && value !== null && !Array.isArray(value);

/** JSON as Python reads it, where NaN and Infinity are numbers too, and so may be one with a suffix, such as 80m. */
function parsed(text: string, also = /-?\b(?:NaN|Infinity)\b|\b\d+(?:\.\d+)?[kKmMgGtT]\b/g): unknown {
  const strict = text
    .split(/("(?:[^"\\]|\\.)*")/)
    .map((part, at) => (at % 2 ? part : part.replace(also, "0")))
    .join("");
  try {
    return JSON.parse(strict);
  } catch {
    return undefined;
  }
}

/** `byChoice`: the value is none of the flag's choices, which come and go between two versions. */
export interface ValueProblem extends Finding {
  byChoice?: true;
}

const wrong = (found: unknown, allowed: string): ValueProblem => ({ kind: "flag", found, allowed });

/** What is wrong with one word. */
function wordProblem(flag: Flag, type: string, word: string | number): ValueProblem | undefined {
  const reader = readers[type];
  if (!reader) return undefined;
  const text = String(word);
  if (typeof word === "number" && (type === "str" || type === "json|str") && !Number.isSafeInteger(word))
    return wrong(word, "text: put the number in quotes");
  const none = flag.type !== type && (text === "" || text === "None");
  if (!none && !reader.reads(text)) return wrong(word, reader.what);
  const read = none ? null : type === "int" || type === "float" ? Number(text.replaceAll("_", "")) : text;
  if (!flag.choices || flag.choices.includes(read)) return undefined;
  const choices = flag.choices.filter((choice) => choice !== null).join(", ");
  return { ...wrong(word, `one of ${choices}`), byChoice: true };
}

/**
 * What is wrong with a flag's value, if anything is: whatever argparse would end vLLM for. Whether vLLM can start with
 * it is another matter.
 */
export function valueProblem(flag: Flag, value: ArgumentValue): ValueProblem | undefined {
  const type = flag.type?.replace(/^optional /, "") ?? "";
  if (type === "bool") {
    if (value === true || (value === false && flag.no)) return undefined;
    return wrong(value, flag.no ? "true or false" : "true; vLLM has no way to turn it off, so leave it out instead");
  }
  const what = readers[type]?.what ?? "one value";
  if (typeof value === "boolean") return value && flag.nargs === "?" ? undefined : wrong(value, what);
  if (typeof value === "object" && !Array.isArray(value))
    return ["json", "json|str", ""].includes(type) ? undefined : wrong(value, `${what}, not a group`);
  const list = (Array.isArray(value) ? value : [value]) as (string | number)[];
  if (Array.isArray(value)) {
    if (type === "json list") return undefined;
    if (flag.nargs === undefined || flag.nargs === "?") return wrong(value, `${what}, not a list`);
    if (flag.nargs === "+" && list.length === 0) return wrong(value, "at least one value");
  }
  if (typeof flag.nargs === "number" && list.length !== flag.nargs)
    return wrong(value, `a list of ${flag.nargs} values`);
  // One word can be written `--flag=word`; among several argparse takes it for the next flag.
  const dashed = list.length > 1 ? list.find((word) => /^-(?!\d+$)/.test(String(word))) : undefined;
  if (dashed !== undefined)
    return wrong(dashed, "a word that does not begin with a dash: vLLM would take it for a flag");
  for (const word of list) {
    const problem = wordProblem(flag, type, word);
    if (problem) return problem;
  }
  return undefined;
}
