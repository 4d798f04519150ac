import { isTree, type Tree } from "../config/tree.ts";

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

/** The texts of a field that has one or several; nothing where one is not known. */
export function textsOf(value: unknown): string[] | undefined {
  const all = listOf(value);
  return all.every((one) => typeof one === "string") ? all : undefined;
}

/** Whether a principal is anybody. */
export const isAnybody = (principal: unknown): boolean =>
  principal === "*" || (isTree(principal) && listOf(principal.AWS).includes("*"));
