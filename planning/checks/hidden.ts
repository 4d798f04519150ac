import { isHidden, type Origin } from "../../config/layers/origin.ts";
import { encryptedText } from "../../config/problems.ts";
import type { EffectiveModel } from "../../config/settings.ts";
import { isTree } from "../../config/tree.ts";
import { readGroupJson } from "../engine/vllm/flagValue.ts";

/** Takes out of a text what no message may show. */
export type Mask = (text: string) => string;

/** Shorter ones are no secrets, and stand in every sentence. */
const leastLength = 4;

/** What stands in flags that are encrypted where they are written: texts and numbers, of groups written as JSON too. */
export function maskOf({ name, engine }: EffectiveModel, origin: Origin): Mask {
  const words = Object.entries(engine.args)
    .filter(([flag]) => isHidden(origin, ["engine", "args", flag], name))
    .flatMap(([, value]) => wordsOf(value))
    .filter((word) => word.length >= leastLength)
    .sort((a, b) => b.length - a.length);
  return (text) => words.reduce((rest, word) => rest.replaceAll(word, encryptedText), text);
}

function wordsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(wordsOf);
  if (isTree(value)) return Object.values(value).flatMap(wordsOf);
  const text = String(value);
  const inner = typeof value === "string" ? readGroupJson(value) : undefined;
  return [text, ...(typeof inner === "object" && inner !== null ? wordsOf(inner) : [])];
}
