import { isWithin, partsOf } from "../paths.ts";

/**
 * Which of other paths are about the same as a path: those that are it, lead into it, or that it leads into; where none
 * does, those into the same list, in which an entry more moves all behind it.
 */
export function samePlace<One extends { path: string }>(path: string, others: readonly One[]): One[] {
  const own = partsIn(path);
  const exact = others.filter((one) => {
    const parts = partsIn(one.path);
    return isWithin(parts, own) || isWithin(own, parts);
  });
  if (exact.length > 0) return exact;
  const list = listOf(own);
  return list ? others.filter((one) => isWithin(partsIn(one.path), list)) : [];
}

/** A Secret is written in one field, and read in another. */
const partsIn = (path: string) => partsOf(path.replace(/^stringData\b/, "data"));

/** The path of the innermost list that a path leads into. */
function listOf(parts: readonly (string | number)[]): readonly (string | number)[] | undefined {
  const index = parts.findLastIndex((part) => typeof part === "number");
  return index < 0 ? undefined : parts.slice(0, index);
}
