/**
 * The deepest that settings and values may be nested. Nothing that is served comes near; Python's own JSON, and what
 * reads YAML here, end at some thousand levels, each at another.
 */
export const deepest = 64;

/** Whether a value is nested deeper than that, or holds itself, as what YAML's aliases refer to can. */
export function isDeep(value: unknown): boolean {
  const heights = new Map<object, number>();
  const height = (inner: unknown, left: number): number => {
    if (typeof inner !== "object" || inner === null) return 0;
    if (left === 0) return Infinity;
    const known = heights.get(inner);
    if (known !== undefined) return known;
    let most = 0;
    for (const one of Object.values(inner)) {
      most = Math.max(most, height(one, left - 1));
      if (most === Infinity) break;
    }
    heights.set(inner, 1 + most);
    return 1 + most;
  };
  return height(value, deepest) > deepest;
}

/** Whether JSON text is nested deeper than that; it need not be right. */
export function isDeepText(text: string): boolean {
  let depth = 0;
  let inWord = false;
  for (let at = 0; at < text.length; at++) {
    const sign = text[at];
    if (inWord && sign === "\\") at++;
    else if (sign === '"') inWord = !inWord;
    else if (!inWord && (sign === "{" || sign === "[")) depth++;
    else if (!inWord && (sign === "}" || sign === "]")) depth--;
    if (depth > deepest) return true;
  }
  return false;
}
