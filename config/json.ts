import type { Altered } from "./layers/source.ts";
import { deepest } from "./nesting.ts";
import { isTree, set, type Tree } from "./tree.ts";

/** A number that is written in another way than JSON would write it: `1.10`. */
class Rewritten {
  readonly value: number;
  readonly written: string;

  constructor(value: number, written: string) {
    this.value = value;
    this.written = written;
  }
}

/** A group or a list that was read from JSON. */
export interface Json {
  value: unknown;
  altered: Altered[];
}

/**
 * Reads a group or a list from JSON. A whole number that JavaScript would round is a bigint. Text in which a key stands
 * twice is none: the parser would drop the first without a word.
 */
export function readJson(text: string): Json | undefined {
  try {
    const altered: Altered[] = [];
    // What reads numbers as they are written is in Node's parser, and not yet in TypeScript's types.
    const number = (_: string, value: unknown, context?: { source: string }) =>
      typeof value === "number" && context ? numberAs(value, context.source) : value;
    const value = unwrapped(JSON.parse(text, number), [], altered);
    const written = [...text.matchAll(/"(?:[^"\\]|\\.)*"\s*(:?)/g)].filter(([, colon]) => colon).length;
    return written === keysIn(value) ? { value, altered } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined;
    throw error;
  }
}

/** How many keys the groups in a value have. */
function keysIn(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const inner = Object.values(value).reduce((sum: number, one) => sum + keysIn(one), 0);
  return inner + (Array.isArray(value) ? 0 : Object.keys(value).length);
}

function numberAs(value: number, written: string): number | bigint | Rewritten {
  if (/^-?\d{1,400}$/.test(written) && !Number.isSafeInteger(value)) return BigInt(written);
  return String(value) === written ? value : new Rewritten(value, written);
}

function unwrapped(value: unknown, path: string[], altered: Altered[]): unknown {
  if (path.length > deepest) throw new RangeError("nested too deeply");
  if (value instanceof Rewritten) {
    altered.push({ path, written: value.written });
    return value.value;
  }
  if (Array.isArray(value)) return value.map((item, index) => unwrapped(item, [...path, String(index)], altered));
  if (!isTree(value)) return value;
  const tree: Tree = {};
  for (const [key, inner] of Object.entries(value)) set(tree, key, unwrapped(inner, [...path, key], altered));
  return tree;
}

/** What a text of Pulumi's means: it hands groups and lists over as JSON, and scalars as text. */
export const fromText = (text: string): Json =>
  (/^[[{]/.test(text) ? readJson(text) : undefined) ?? { value: text, altered: [] };
