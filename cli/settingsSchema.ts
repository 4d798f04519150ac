import { toJsonSchema } from "@valibot/to-json-schema";
import type * as v from "valibot";
import { modelEntries } from "../config/schema/modelEntries.ts";
import { layerSchema } from "../config/schema/schema.ts";
import { type AnySchema, described } from "../config/schema/setting.ts";

type Json = { [key: string]: unknown };

const removed = { $ref: "#/$defs/removed" };
const encrypted = { $ref: "#/$defs/encrypted" };

/** The JSON Schema of stack files and of `Pulumi.yaml`, for editors, as the text of `schema.json`. */
export function settingsSchema(): string {
  const layer = Object.fromEntries(
    Object.entries<AnySchema>(layerSchema.members).map(([key, schema]) => [
      key,
      key in modelEntries ? { $ref: `#/$defs/model/anyOf/0/properties/${key}` } : of(schema),
    ]),
  );
  // Only at the top does `""` take back too: `pulumi config set` has no `null`.
  const stack = Object.fromEntries(
    Object.entries(layer).map(([key, schema]) => [`vllm:${key}`, { anyOf: [schema, { const: "" }] }]),
  );
  const region = {
    "aws:region": { description: "The AWS region of bucket and credentials. Required in one of the files." },
  };
  const whole: Json = {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Settings of pulumi-vllm: Pulumi.yaml and Pulumi.<stack>.yaml",
    type: "object",
    if: { required: ["runtime"] },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: {
      properties: {
        config: {
          type: "object",
          properties: {
            ...region,
            "vllm:base": {
              type: "object",
              description: "What all stacks share.",
              properties: { value: { type: "object", properties: layer, additionalProperties: false } },
              required: ["value"],
              additionalProperties: false,
            },
          },
          propertyNames: onlyKnown(["base"]),
        },
      },
    },
    else: {
      properties: {
        config: {
          type: ["object", "null"],
          properties: { ...region, ...stack },
          propertyNames: onlyKnown(Object.keys(layer)),
        },
      },
    },
    $defs: {
      removed: { type: "null", description: "Takes the setting back: its default counts again." },
      encrypted: {
        type: "object",
        description: "Encrypted: pulumi config set --secret --path",
        properties: { secure: { type: "string" } },
        required: ["secure"],
        additionalProperties: false,
      },
      model: of(layerSchema.members.models.value),
    },
  };
  return `${JSON.stringify(whole, null, 2)}\n`;
}

/** Keys of other namespaces are other programs' business. */
const onlyKnown = (keys: string[]) => ({
  anyOf: [{ enum: keys.map((key) => `vllm:${key}`) }, { not: { pattern: "^vllm:" } }],
});

/** A group or a map with what is in it; a setting, or nothing, or something encrypted. */
function of(schema: AnySchema): Json {
  const { members, type, key, value } = schema;
  const { example, default: fallback, derived, unit, secret } = schema.about ?? {};
  const description = described(schema);
  const words = { ...(description ? { description: sentence(description, derived, unit) } : {}) };
  if (members)
    return {
      ...words,
      anyOf: [
        {
          type: "object",
          properties: Object.fromEntries(Object.entries(members).map(([name, entry]) => [name, of(entry)])),
          additionalProperties: false,
        },
        removed,
        encrypted,
      ],
    };
  const facts = {
    ...words,
    ...(fallback === undefined ? {} : { default: fallback }),
    ...(example === undefined ? {} : { examples: [example] }),
  };
  if (type === "record" && key && value)
    return {
      ...facts,
      anyOf: [
        {
          type: "object",
          propertyNames: plain(key),
          additionalProperties: value.members
            ? { $ref: "#/$defs/model" }
            : { anyOf: [...(secret ? [] : [plain(value)]), removed, encrypted] },
        },
        removed,
        encrypted,
      ],
    };
  return { ...facts, anyOf: [...(secret ? [] : [plain(schema)]), removed, encrypted] };
}

const sentence = (description: string, derived?: string, unit?: string) =>
  [description, unit ? `Unit: ${unit}.` : "", derived ? `Default: ${derived}.` : ""].filter(Boolean).join(" ");

/** What a value may be, without what is said of it. */
function plain(schema: v.GenericSchema): unknown {
  const { $schema, ...rest } = toJsonSchema(schema, {
    typeMode: "input",
    errorMode: "ignore",
    // The only schema that is a function of ours: any JSON object.
    overrideSchema: ({ valibotSchema }) => (valibotSchema.type === "custom" ? { type: "object" } : undefined),
  });
  return withoutWholeType(rest);
}

/** The library says `integer` of the whole where text is an alternative; a number given as text is none. */
function withoutWholeType(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withoutWholeType);
  if (typeof node !== "object" || node === null) return node;
  const { type, required, ...rest } = node as Json;
  const inner = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, withoutWholeType(value)]));
  const needed = Array.isArray(required) && required.length > 0 ? { required } : {};
  if (!Array.isArray(inner.anyOf) || type === undefined) return { ...(type ? { type } : {}), ...needed, ...inner };
  const anyOf = inner.anyOf.map((one: Json) => (type === "integer" && one.type === "number" ? { ...one, type } : one));
  return { ...inner, anyOf };
}
