import { schemaAt } from "../schema/schema.ts";

/** The setting that a path lies in: of a list, or a flag's value, the whole. */
export function settingOf(path: readonly string[]): string[] {
  for (let length = 1; length < path.length; length++) {
    const { type } = schemaAt(path.slice(0, length)) ?? {};
    if (type !== "strict_object" && type !== "record") return path.slice(0, length);
  }
  return [...path];
}
