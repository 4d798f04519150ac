import type { Explained } from "../../planning/explain.ts";
import { shown, table, wrapped } from "../table.ts";

/** The layers that nobody has written. */
const unwritten: ReadonlySet<string> = new Set(["built-in", "computed"]);

/** The settings that somebody has written. */
export const setOnly = (settings: Record<string, Explained>): Record<string, Explained> =>
  Object.fromEntries(Object.entries(settings).filter(([, { layer }]) => !unwritten.has(layer)));

/** A line a setting that somebody has written, with where; what is worked out and the defaults in few lines. */
export function settingsText(settings: Record<string, Explained>, stack: string): string | undefined {
  const files = { base: "Pulumi.yaml", stack: `Pulumi.${stack}.yaml` };
  const origins: Readonly<Record<string, string>> = {
    ...files,
    "base.models": `${files.base}, of the model`,
    "stack.models": `${files.stack}, of the model`,
  };
  const rows = Object.entries(setOnly(settings)).map(([path, { value, layer }]) => [
    path,
    shown(value),
    origins[layer] ?? layer,
  ]);
  const folded = (label: string, wanted: string) => {
    const words = Object.entries(settings).flatMap(([path, { value, layer }]) =>
      layer === wanted ? [`${path} ${shown(value)}`] : [],
    );
    return words.length > 0 ? [wrapped(label, words)] : [];
  };
  const parts = [
    ...(rows.length > 0 ? [table(rows)] : []),
    ...folded("computed: ", "computed"),
    ...folded("defaults: ", "built-in"),
  ];
  return parts.length > 0 ? parts.join("\n") : undefined;
}
