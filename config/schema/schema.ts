import * as v from "valibot";
import { modelEntries } from "./modelEntries.ts";
import { type AnySchema, bare, defaultsOf, group, setting } from "./setting.ts";
import { boolean, form, label, modelName, text } from "./values.ts";

/**
 * The settings of a stack: what a user may write, and what is checked before anything is deployed.
 * Every setting is optional in a layer; `config/layers/resolve.ts` merges the layers and checks the result.
 */

/** Settings of the stack as a whole. */
export const stackEntries = {
  production: setting(boolean, {
    description: "A stack that people depend on: what could lose data, or deploy another image tomorrow, is refused.",
    default: false,
    example: true,
  }),
  cluster: group(
    {
      eks: setting(
        form("the name of an EKS cluster: letters, digits, '-' and '_', at most 100", /^[0-9A-Za-z][\w-]{0,99}$/),
        {
          description:
            "Name of the EKS cluster: for Pod Identity and, where neither kubeconfig nor context is given, for access. Required.",
          example: "prod",
        },
      ),
      kubeconfig: setting(form("a path without '~', which nothing expands here", /^[^~]/), {
        description: "Path of a kubeconfig file; needs `context`.",
        derived: "access through EKS, or with `context` alone the default file",
        example: "/etc/kubernetes/kubeconfig",
      }),
      context: setting(text, {
        description: "The context to use; the ambient current context never is.",
        derived: "access through EKS",
        example: "prod",
      }),
    },
    "The cluster to deploy to.",
  ),
  namespace: group(
    {
      name: setting(label(), { description: "Where the servers run.", default: "vllm", example: "inference" }),
      create: setting(boolean, {
        description: "Make the namespace too; otherwise it is a prerequisite.",
        default: false,
        example: true,
      }),
    },
    "The namespace of the servers.",
  ),
  modelStore: group(
    {
      onDestroy: setting(v.picklist(["keep", "delete"]), {
        description: "What a destroy does to the bucket: `keep` refuses to delete it.",
        default: "keep",
        example: "delete",
      }),
    },
    "The S3 bucket of the models.",
  ),
  apiKey: group(
    {
      rotation: setting(text, { description: "Any text; another one makes another key.", example: "2026-11" }),
      value: setting(form("at least 16 characters without white space", /^\S{16,}$/), {
        description:
          "Your own key, where clients have one already. Excludes `rotation`. Set it with `pulumi config set --secret --path`.",
        derived: "a random key of 48 characters",
        example: "sk-0123456789abcdef",
        secret: true,
      }),
    },
    "The key that clients send, one a stack.",
  ),
  model: setting(modelName, {
    description: "The name of the only model: short for `models: {<name>: {}}`.",
    example: "chat",
  }),
} as const;

/** Names that later versions give a meaning. */
export const reservedKeys: readonly string[] = ["services", "prerequisites", "backend", "portal"];

const modelPart = group(modelEntries, "Settings of this model.");

/** One layer as it is written: everything optional. */
export const layerSchema = group(
  {
    ...stackEntries,
    ...modelEntries,
    models: v.pipe(
      v.record(modelName, modelPart),
      v.description("The models by their names, each with what differs from the settings above."),
    ),
  },
  "Settings of a stack.",
);

export type ModelSettings = v.InferOutput<typeof modelPart>;
export type Layer = v.InferOutput<typeof layerSchema>;

/** The defaults that are plain values. */
export const builtIn = defaultsOf(layerSchema as unknown as AnySchema) as Layer;

/** The schema of what stands at a path. */
export function schemaAt(path: readonly string[]): AnySchema | undefined {
  let schema: AnySchema | undefined = layerSchema as unknown as AnySchema;
  for (const key of path) {
    schema = schema?.entries && Object.hasOwn(schema.entries, key) ? schema.entries[key] : schema?.value;
    if (schema) schema = bare(schema);
  }
  return schema;
}
