import * as v from "valibot";
import type { Tree } from "../tree.ts";
import { modelEntries } from "./modelEntries.ts";
import { type AnySchema, group, type Members, setting } from "./setting.ts";
import { stackEntries } from "./stackEntries.ts";
import { modelName } from "./values.ts";

/**
 * The settings of a stack: what a user may write, and what is checked before anything is deployed.
 * Every setting is optional in a layer; `config/settings.ts` merges the layers.
 */

/** Names that later versions give a meaning: of a stack, and of a model. */
export const reservedKeys = {
  stack: ["services", "prerequisites", "portal"],
  model: ["backend", "adapters", "draft", "traffic", "monitoring"],
} as const;

/** The schema of a layer, as it is walked: its own type would be as long as all settings. */
interface LayerSchema extends AnySchema<Tree> {
  members: Members & { models: AnySchema & { value: AnySchema } };
}

/** One layer as it is written: everything optional. */
export const layerSchema: LayerSchema = group(
  {
    ...stackEntries,
    ...modelEntries,
    models: setting(v.record(modelName, group(modelEntries, "Settings of this model.", {})), {
      description: "The models by their names, each with what differs from the settings above.",
      absent: true,
      followsImport: true,
      example: { chat: {} },
    }),
  },
  "Settings of a stack.",
  {},
);

/** The schema of what stands at a path; of the entries of a map the one of their values. */
export function schemaAt(path: readonly string[]): AnySchema | undefined {
  let schema: AnySchema | undefined = layerSchema;
  for (const key of path)
    schema = schema?.members && Object.hasOwn(schema.members, key) ? schema.members[key] : schema?.value;
  return schema;
}

/** Whether what a person wrote at a path stays when an import of Helm values does not say it. */
export function survivesImport(path: readonly string[]): boolean {
  let schema: AnySchema = layerSchema;
  for (const key of path) {
    const next = schema.members && Object.hasOwn(schema.members, key) ? schema.members[key] : schema.value;
    // Below a setting everything is part of it; another key of a group is none.
    if (!next) return !schema.members;
    if (next.about?.followsImport) return false;
    schema = next;
  }
  return true;
}
