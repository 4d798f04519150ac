import { readSize, wholeNumber } from "../../../config/sizes.ts";

/** Numbers in text, as Python and vLLM read them. */

const digits = "\\d+(?:_\\d+)*";
const float = new RegExp(`^\\s*[+-]?(?:${digits}(?:\\.(?:${digits})?)?|\\.${digits})(?:[eE][+-]?${digits})?\\s*$`);

export const isInteger = (text: string): boolean => wholeNumber.test(text);
export const isFloat = (text: string): boolean => float.test(text);
export const isSize = (text: string): boolean => readSize(text) !== undefined;

/** The whole numbers that YAML and JSON leave as they are, in words. */
export const exact = `between ${Number.MIN_SAFE_INTEGER} and ${Number.MAX_SAFE_INTEGER}`;

/** A number as vLLM reads it: `1_000` is one; undefined where it is none. */
export function numberOf(value: unknown): number | undefined {
  const number = typeof value === "string" && isFloat(value) ? Number(value.replaceAll("_", "")) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
}
