import * as v from "valibot";
import type { Finding } from "../problems.ts";
import { schemaAt } from "../schema/schema.ts";
import { isSecretName } from "../secretNames.ts";
import { deepAt, type Tree } from "../tree.ts";
import { settingOf } from "./place.ts";
import { maySecret } from "./secrets.ts";
import type { Altered } from "./source.ts";

/**
 * What is wrong with a scalar that Pulumi does not keep as it is written: where text is meant, it is another text. A
 * number, and a truth value, may be written in several ways, as long as all read the same in them.
 */
export function alteredProblem(tree: Tree, { path, written }: Altered): Finding | undefined {
  const place = settingOf(path);
  const schema = schemaAt(place);
  if (!schema) return undefined;
  const value = deepAt(tree, path);
  // It was a secret's neighbour, and went with it.
  if (value === undefined) return undefined;
  const readsAs = (scalar: unknown) => {
    const result = v.safeParse(schema, replaced(deepAt(tree, place), path.slice(place.length), scalar));
    return result.success ? { as: deepAt(result.output, path.slice(place.length)) } : undefined;
  };
  const read = readsAs(value);
  const asText = readsAs(written);
  // In quotes it is no better: that is told by itself.
  if (!read && !asText) return undefined;
  if (read && isSame(read.as, written)) return undefined;
  const isNumber = typeof read?.as === "number";
  // A flag that is a secret by its name is refused for that.
  if (path.includes("args") && path.some(isSecretName)) return undefined;
  if (maySecret(path) || path.some(isSecretName))
    return {
      kind: "invalid",
      reason: "is without quotes, and Pulumi does not keep it as it is written; put it in quotes",
    };
  const advice = isNumber ? "write the number as it is meant" : "put it in quotes";
  return { kind: "invalid", found: value, reason: `as Pulumi reads ${written} without quotes; ${advice}` };
}

/** Whether what Pulumi read is what a person reads in the same letters. */
function isSame(read: unknown, written: string): boolean {
  if (typeof read === "boolean") return written.toLowerCase() === String(read);
  return typeof read === "number" ? Number(written.replaceAll("_", "")) === read : read === written;
}

/** A value with another one at a path in it. */
function replaced(value: unknown, path: readonly string[], scalar: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return scalar;
  const copy: Tree = structuredClone(value) as Tree;
  copy[key] = replaced(copy[key], rest, scalar);
  return copy;
}
