import { isTree } from "../config/tree.ts";
import { isSecret } from "./values.ts";

/** A key of a group, or an index of a list. */
type Part = string | number;

/** The parts of a property's path as the engine writes it: `spec.ports[0].name`, `metadata.labels["a.b/c"]`. */
export function partsOf(path: string): Part[] {
  const parts = path.matchAll(/\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]|([^.[\]]+)/g);
  return [...parts].map(([, index, quoted, key = ""]) =>
    index !== undefined ? Number(index) : quoted !== undefined ? quoted.replace(/\\(.)/g, "$1") : key,
  );
}

/** The path of parts, as the engine writes it. */
export const pathOf = (parts: readonly Part[]): string =>
  parts
    .map((part, depth) => {
      if (typeof part === "number") return `[${part}]`;
      if (!/^[\w$-]+$/.test(part)) return `["${part.replace(/["\\]/g, "\\$&")}"]`;
      return depth === 0 ? part : `.${part}`;
    })
    .join("");

/** What stands at a path: a secret where it leads into one, undefined where nothing does. */
export function valueAt(value: unknown, parts: readonly Part[]): unknown {
  const [part, ...rest] = parts;
  if (part === undefined || isSecret(value)) return value;
  if (Array.isArray(value)) return valueAt(value[Number(part)], rest);
  return isTree(value) && Object.hasOwn(value, part) ? valueAt(value[part], rest) : undefined;
}

/** Whether one path is another's, or leads into it. */
export const isWithin = (parts: readonly Part[], outer: readonly Part[]): boolean =>
  outer.every((part, depth) => String(parts[depth]) === String(part));
