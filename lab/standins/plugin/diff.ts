import type { PropertyDiff } from "./provider.ts";
import { isObject, type Properties, type PropertyValue, same } from "./values.ts";

/** The paths at which two sets of plain properties differ, in Pulumi's notation (`a.b[0]["c.d"]`). */
export function differences(olds: Properties, news: Properties): { [path: string]: "add" | "delete" | "update" } {
  const found: { [path: string]: "add" | "delete" | "update" } = {};
  compare("", olds as PropertyValue, news as PropertyValue, found);
  return found;
}

function compare(
  path: string,
  a: PropertyValue | undefined,
  b: PropertyValue | undefined,
  found: { [path: string]: PropertyDiff["kind"] },
): void {
  if (same(a, b)) return;
  if (isObject(a) && isObject(b)) {
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      compare(path + step(key, path === ""), a[key], b[key], found);
    }
  } else if (Array.isArray(a) && Array.isArray(b)) {
    for (let i = 0; i < Math.max(a.length, b.length); i++) compare(`${path}[${i}]`, a[i], b[i], found);
  } else found[path] = a === undefined ? "add" : b === undefined ? "delete" : "update";
}

function step(key: string, first: boolean): string {
  if (!/^[A-Za-z_$][\w$-]*$/.test(key)) return `[${JSON.stringify(key)}]`;
  return first ? key : `.${key}`;
}

/** The top-level property that a path begins with. */
export function topOf(path: string): string {
  const quoted = /^\["((?:[^"\\]|\\.)*)"\]/.exec(path);
  return quoted ? (JSON.parse(`"${quoted[1]}"`) as string) : (path.split(/[.[]/)[0] ?? path);
}
