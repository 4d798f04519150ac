import { isTree, type Tree } from "../config/tree.ts";
import { holdsNotKnown, type Known, notKnown } from "./known.ts";

/** What rules read in IAM documents. */

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : value === undefined ? [] : [value]);

/** The statements of a document, which may be JSON; nothing where it is not known, or none. */
export function statementsOf(document: unknown): Tree[] | undefined {
  const read = typeof document === "string" ? parsed(document) : document;
  if (!isTree(read) || read.Statement === undefined) return undefined;
  const statements = listOf(read.Statement);
  return statements.every(isTree) ? statements : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The texts of a field that has one or several, and whether that is all that it has. */
export interface Texts {
  texts: string[];
  isWhole: boolean;
}

export function textsIn(value: unknown): Texts {
  const all = listOf(value);
  const texts = all.filter((one) => typeof one === "string");
  return { texts, isWhole: texts.length === all.length };
}

/** Whether a principal is anybody. */
export function isAnybody(principal: unknown): Known {
  if (principal === "*" || (isTree(principal) && listOf(principal.AWS).includes("*"))) return true;
  return holdsNotKnown(principal) ? notKnown : false;
}
