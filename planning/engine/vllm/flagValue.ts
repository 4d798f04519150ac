import { deepest, isDeepText } from "../../../config/nesting.ts";
import type { Finding } from "../../../config/problems.ts";
import { readSize } from "../../../config/sizes.ts";
import { isTree, type Tree } from "../../../config/tree.ts";
import { choiceOf } from "./groupValue.ts";
import { nearestName } from "./meant.ts";
import { exact, isFloat, isInteger, isSize } from "./numbers.ts";

/** A value of `engine.args`: text, number, boolean; a list where the flag takes several values; a group where it takes a JSON object. */
export type ArgumentValue = string | number | boolean | readonly (string | number | Tree)[] | Tree;

/** What the parser of `vllm serve` says of one flag; `cli/addVllm.ts` writes it. */
export interface Flag {
  /** How the parser reads a value: `bool` is a flag without one, `null` is not known. */
  type: string | null;
  /** A boolean flag that `--no-…` turns off; any other is off where it is left out. */
  no?: boolean;
  /** How many values it takes, as argparse counts them (`?`, `+`, `*` or a number); without it, one. */
  nargs?: string | number;
  choices?: (string | number | null)[];
  /** Choices that it has on other platforms only. */
  elsewhere?: readonly string[];
  /** A choice in another case is the same one. */
  caseless?: boolean;
  /** A choice with a dash for an underscore is the same one. */
  dashes?: boolean;
  /** How each word is read by itself: `name=path or json`. */
  items?: string;
  /** Given again, it adds a value. */
  repeated?: boolean;
  /** Other names that the parser takes, without their dashes. */
  aliases?: string[];
}

interface Reader {
  what: string;
  /** `json`: how its JSON is read. */
  reads(text: string, json: typeof readJson): boolean;
}

const sizes = "a whole number, or one with a suffix (1k is 1000, 1K is 1024, 25.6k is 25600)";

/** Whether a flag is there and says more than that it is not. */
export const isOn = (value: unknown): boolean => ![undefined, null, false, "", "None"].includes(value as never);

/** How vLLM reads a value, by the names of cli/dumpFlags.py, each of which may have `optional ` before it. */
const readers: Readonly<Record<string, Reader>> = {
  str: { what: "text", reads: () => true },
  int: { what: "a whole number", reads: isInteger },
  float: { what: "a number", reads: isFloat },
  "int with k, m, g suffix": { what: sizes, reads: isSize },
  "int with k, m, g suffix, or auto": {
    what: `auto, ${sizes}`,
    reads: (text) => isSize(text) || text.trim().toLowerCase() === "auto",
  },
  json: { what: "a group (a JSON object)", reads: (text, json) => isTree(json(text)) },
  "json list": { what: "a list", reads: (text) => Array.isArray(readJson(text)) },
  "json|str": {
    what: "text or a group (a JSON object)",
    reads: (text) => !/^\s*\{[\s\S]*\}\s*$/.test(text) || isTree(readJson(text)),
  },
};

/** The types that a flag table may name, beside `bool` and null. */
export const isKnownType = (type: string): boolean => Object.hasOwn(readers, type.replace(/^optional /, ""));

/** JSON as Python reads it, where NaN and Infinity are numbers too. Undefined where it is none, or nested too deep. */
export function readJson(text: string): unknown {
  if (isDeepText(text)) return undefined;
  try {
    return JSON.parse(outsideWords(text, (part) => part.replace(/-?\b(?:NaN|Infinity)\b/g, "0")));
  } catch {
    return undefined;
  }
}

/** The JSON of a group whose class vLLM knows: numbers may have a suffix, such as 80m. */
export const readGroupJson = (text: string): unknown =>
  readJson(
    outsideWords(text, (part) => part.replace(/\b\d+(?:\.\d+)?[kKmMgGtT]\b/g, (size) => String(readSize(size)))),
  );

/** A group, written as one or as JSON. */
export function treeOf(value: unknown): Tree | undefined {
  const read = typeof value === "string" ? readGroupJson(value) : value;
  return isTree(read) ? read : undefined;
}

const outsideWords = (text: string, change: (part: string) => string): string =>
  text
    .split(/("(?:[^"\\]|\\.)*")/)
    .map((part, at) => (at % 2 ? part : change(part)))
    .join("");

/** `byChoice`: the value is none of the flag's choices, which come and go between two versions. */
export interface ValueProblem extends Finding {
  byChoice?: true;
}

const wrong = (found: unknown, allowed: string): ValueProblem => ({ kind: "flag", found, allowed });

/** What no number has to exceed, for what vLLM does with it: Python itself reads any. */
const bounds = {
  int: { what: "a whole number of at most 19 digits", most: 1e19 },
  float: { what: "a number that 64 bits hold", most: Infinity },
} as const;

/** The bound that a word exceeds which is a number of a type. */
function exceeded(type: string, text: string): string | undefined {
  if (!/^(int|float)/.test(type)) return undefined;
  const { what, most } = bounds[type === "float" ? "float" : "int"];
  const number = readSize(text) ?? (isFloat(text) ? Number(text.replaceAll("_", "")) : 0);
  return Math.abs(number) < most ? undefined : what;
}

const pair = "NAME=PATH without a comma, each an entry of its own in a list, or a group such as {name: …, path: …}";

/** What is wrong with one word. */
function wordProblem(
  flag: Flag,
  type: string,
  word: string | number | Tree,
  json: typeof readJson,
): ValueProblem | undefined {
  if (typeof word === "object")
    return flag.items ? undefined : wrong(word, `${readers[type]?.what ?? "one value"}, not a group`);
  const text = String(word);
  const isText = type === "str" || type === "json|str";
  if (typeof word === "number" && isText && !Number.isSafeInteger(word))
    return wrong(word, "text: put the number in quotes");
  if (typeof word === "number" && type !== "float" && Number.isInteger(word) && !Number.isSafeInteger(word))
    return wrong(word, `${exact} in this form, which rounds others: put the number in quotes`);
  if (flag.items && text !== "")
    return /^[^,]*=[^,]*$/.test(text) || isTree(readJson(text)) ? undefined : wrong(word, pair);
  const none = flag.type !== type && (text === "" || text === "None");
  const reader = readers[type];
  if (!none && reader && !reader.reads(text, json))
    return wrong(word, isDeepText(text) ? `${reader.what}, nested at most ${deepest} levels deep` : reader.what);
  const bound = none ? undefined : exceeded(type, text);
  if (bound) return wrong(word, bound);
  const read = none ? null : type === "int" || type === "float" ? Number(text.replaceAll("_", "")) : text;
  const all = [...(flag.choices ?? []), ...(flag.elsewhere ?? [])];
  if (!flag.choices || choiceOf({ ...flag, choices: all }, read) !== undefined) return undefined;
  const choices = all.filter((choice) => choice !== null);
  const meant = typeof word === "string" && nearestName(word, choices.map(String));
  return { ...wrong(word, `one of ${choices.join(", ")}`), ...(meant ? { meant } : {}), byChoice: true };
}

/**
 * What is wrong with a flag's value, if anything is: whatever argparse would end vLLM for. Whether vLLM can start with
 * it is another matter, and so is what stands in a group: see `checkGroup`. `json`: how the flag's JSON is read.
 */
export function valueProblem(flag: Flag, value: ArgumentValue, json = readJson): ValueProblem | undefined {
  const type = flag.type?.replace(/^optional /, "") ?? "";
  if (type === "bool") return typeof value === "boolean" ? undefined : wrong(value, "true or false");
  const what = readers[type]?.what ?? "one value";
  if (typeof value === "boolean") return value && flag.nargs === "?" ? undefined : wrong(value, what);
  if (isTree(value)) {
    const takesGroup = ["json", "json|str"].includes(type) || (type === "" && !flag.choices) || flag.items;
    return takesGroup ? undefined : wrong(value, `${what}, not a group`);
  }
  const list = (Array.isArray(value) ? value : [value]) as (string | number | Tree)[];
  if (Array.isArray(value)) {
    if (type === "json list") return undefined;
    if (!flag.repeated && (flag.nargs === undefined || flag.nargs === "?")) return wrong(value, `${what}, not a list`);
    if ((flag.repeated || flag.nargs === "+") && list.length === 0) return wrong(value, "at least one value");
  }
  if (typeof flag.nargs === "number" && list.length !== flag.nargs)
    return wrong(value, `a list of ${flag.nargs} values`);
  // One word can be written `--flag=word`; among several argparse takes it for the next flag.
  const several = list.length > 1 && !flag.repeated;
  const dashed = several ? list.find((word) => /^-(?!\d+$)/.test(String(word))) : undefined;
  if (dashed !== undefined)
    return wrong(dashed, "a word that does not begin with a dash: vLLM would take it for a flag");
  for (const word of list) {
    const problem = wordProblem(flag, type, word, json);
    if (problem) return problem;
  }
  return undefined;
}
