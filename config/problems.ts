import leven from "leven";
import { encryptedText, redacted, withoutSecrets } from "./secretForms.ts";
import { inLine } from "./signs.ts";
import { isTree } from "./tree.ts";

export { encryptedText } from "./secretForms.ts";

/** What sort of mistake a problem is: by it a form marks a field, and a report sorts. */
export type ProblemKind =
  /** A key that names no setting. */
  | "unknown"
  /** A key that a later version gives a meaning. */
  | "reserved"
  /** A value that the setting does not take. */
  | "invalid"
  /** Something without which nothing can be deployed. */
  | "missing"
  /** Two settings of one layer that exclude each other. */
  | "exclusive"
  /** A setting that belongs into another file, or under another name. */
  | "misplaced"
  /** A secret in plain text. */
  | "secret"
  /** An encrypted value that is needed in plain text. */
  | "encrypted"
  /** Settings that do not go together, or not with what they would be deployed on. */
  | "conflict"
  /** A model that does not fit. */
  | "fit"
  /** A flag that this engine does not take, or not so. */
  | "flag"
  /** A version with a published hole. */
  | "advisory";

/** What is wrong, without the place. */
export interface Finding {
  kind: ProblemKind;
  /** What is there, as it is written but for secrets; absent where nothing is, or where it may be a secret as a whole. */
  found?: unknown;
  /** What is allowed: in words, or all the names there are. */
  allowed?: string | readonly string[];
  /** What was probably meant: one name, or those that it may be. */
  meant?: string | readonly string[];
  /** Why it is wrong and what to do, where kind and values do not say it. */
  reason?: string;
}

/** One thing that is wrong with the settings. */
export interface Problem extends Finding {
  /** The setting by its path in a layer: `models`, `chat`, `gpu`, `count`. */
  path: readonly string[];
  /** The full key as the user writes it, e.g. `vllm:models.chat.gpu.count`. */
  key: string;
  /** The file that it stands in, or that it is missing from. */
  layer: string;
}

/** A number as YAML has it, which is how it is written: `1e21`, `.inf`. */
function numberText(number: number): string {
  if (Number.isNaN(number)) return ".nan";
  return String(number).replace("Infinity", ".inf").replace("e+", "e");
}

/** A value as it is written: text in quotes, unless it stands for a secret. */
function written(value: unknown): string {
  if (typeof value === "number") return numberText(value);
  if (value === encryptedText) return encryptedText;
  if (Array.isArray(value)) return `[${value.map(written).join(",")}]`;
  if (!isTree(value)) return JSON.stringify(value) ?? String(value);
  const entries = Object.entries(value).map(([key, inner]) => `${JSON.stringify(key)}:${written(inner)}`);
  return `{${entries.join(",")}}`;
}

/** A value as it is told: without secrets, by their own forms and by the names before them. */
const shown = (value: unknown): string => redacted(written(withoutSecrets(value)));

/** The same in a few words: a flag's value may be long. */
const brief = (value: unknown): string => {
  const text = shown(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
};

const plain = (value: unknown): string => (typeof value === "string" ? value : shown(value));

/** How what is there is told, by kind. */
const told = ({ kind, found, reason }: Finding): string => {
  if (found === undefined) return "";
  return `is ${kind === "invalid" ? shown(found) : reason === undefined ? brief(found) : plain(found)}, `;
};

const quoted = (names: readonly string[]): string => names.map((name) => `'${name}'`).join(" or ");

/** A finding in words for the person who wrote the settings. No secret is among them. */
export const sentence = (finding: Finding): string => redacted(words(finding));

function words(finding: Finding): string {
  const { kind, allowed = [], meant, reason } = finding;
  const is = told(finding);
  const near = meant === undefined ? "" : `did you mean ${quoted([meant].flat())}?`;
  if (kind === "unknown") return `there is no such setting; ${near || `known here: ${[...allowed].sort().join(", ")}`}`;
  if (kind === "reserved") return "is reserved for a later version and has no effect yet; remove it";
  if (kind === "missing") return `is not set; ${reason}`;
  if (reason !== undefined) return `${is}${reason}`;
  const choice = typeof allowed === "string" ? allowed : quoted(allowed);
  return `${is ? `${is}but ` : ""}must be ${choice}${near ? `; ${near}` : ""}`;
}

/** A key as it is told: who wrote a book into one finds it by its beginning. */
function keyText(key: string): string {
  const told = redacted(key);
  return told.length > 300 ? `${told.slice(0, 100)}…` : told;
}

/** A problem as a line of a message. */
export const problemLine = (problem: Problem): string =>
  `  ${inLine(`${keyText(problem.key)} (${redacted(problem.layer)}): ${sentence(problem)}`)}`;

/**
 * Problems as lines for a person, those that several models share once.
 * @param consequence what did not happen
 * @param of what has them, in the plural
 */
export function problemText(
  problems: readonly Problem[],
  consequence?: string,
  of = "the settings of this stack",
): string {
  const lines = new Set(problems.map(problemLine));
  const count = lines.size === 1 ? "1 problem" : `${lines.size} problems`;
  return `${of} have ${count}${consequence ? `; ${consequence}` : ""}.\n${[...lines].join("\n")}`;
}

/** Wrong settings: all problems at once, without secrets. */
export class SettingsError extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problemText(problems));
    this.name = "SettingsError";
    // A setting that several models share has its problem once.
    const once = [...new Map(problems.map((one) => [problemLine(one), one])).values()];
    this.problems = once.map((one) => withoutSecrets(one) as Problem);
  }
}

/** A name without what is only a manner of writing it: case, dashes, underscores. */
const letters = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, "");

/** The words of a name that have a digit: a format, a size, a version. Nobody writes int4 and means fp4. */
const numbered = (name: string): string =>
  name
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => /\d/.test(word))
    .join(" ");

/**
 * Of names that all have a number in them, products and formats, those that a wrong one may be: the same but for case
 * and dashes, or those that begin with it and its number. What is near another number is another thing, at another price.
 */
export function sameProduct(word: string, known: readonly string[]): readonly string[] {
  const same = known.filter((name) => letters(name) !== "" && letters(name) === letters(word));
  if (same.length > 0 || !/\d/.test(word)) return same;
  return known.filter((name) => name.toLowerCase().startsWith(`${word.toLowerCase()}-`));
}

/**
 * The known name that a wrong one probably is: the same but for case and dashes, or one that it misspells. Names of
 * something else, `others`, misspell nothing.
 */
export function nearest(
  word: string,
  known: readonly string[],
  others: ReadonlySet<string> = new Set(),
): string | undefined {
  const same = known.find((name) => letters(name) !== "" && letters(name) === letters(word));
  if (same !== undefined || others.has(word.toLowerCase())) return same;
  // Two letters that changed places are two edits.
  const limit = Math.max(word.length > 3 ? 2 : 1, Math.floor(word.length / 3));
  let best: { name: string; distance: number } | undefined;
  for (const name of known) {
    if (numbered(name) !== numbered(word)) continue;
    const distance = leven(word.toLowerCase(), name.toLowerCase());
    if (distance <= limit && (best === undefined || distance < best.distance)) best = { name, distance };
  }
  return best?.name;
}
