import type { PolicyConfigSchema } from "@pulumi/policy";
import { rules } from "../judge.ts";
import type { PolicyContext, RuleName } from "../rule.ts";

type Property = PolicyConfigSchema["properties"][string];

export const stackProperty: Property = { type: "string", description: "The stack that this is for." };

const number = (description: string): Property => ({ type: "number", minimum: 0, description });
const text = (description: string): Property => ({ type: "string", description });
const group = (description: string, properties: Record<string, Property>, required: string[] = []): Property => ({
  ...{ type: "object", description, properties, required },
  additionalProperties: false,
});

/** What rules are told beside the objects, as `PolicyContext` has it. */
const context: Readonly<Record<keyof PolicyContext, Property>> = {
  production: {
    type: "boolean",
    description: "Whether the stack is one of production: some rules are of those alone.",
  },
  region: text("The region of the stack."),
  onDestroy: { type: "string", enum: ["keep", "delete"], description: "What a destroy does with the models' bucket." },
  ownBucket: text("The bucket of the models where it was there before: no object of it is the stack's."),
  kmsKey: text("The ARN of the team's own KMS key that the bucket is encrypted with."),
  models: {
    type: "object",
    description: "The models, by their names.",
    additionalProperties: group(
      "A model.",
      {
        prefix: text("Where it lies in the bucket, ending in /."),
        allowTag: text("Why the tag of its image is enough."),
      },
      ["prefix"],
    ),
  },
  limits: group("What the stack may take at most; without one its rule has nothing to judge.", {
    gpus: number("GPUs."),
    costPerHour: number("USD an hour."),
  }),
  gpus: number("GPUs that the stack takes at most, the surge of a rollout included."),
  cost: group(
    "What the stack costs at most.",
    {
      perHour: number("USD an hour."),
      unknown: {
        type: "array",
        description: "Models whose cost is not in it, and why.",
        items: group("A model.", { model: text("Its name."), reason: text("Why its cost is unknown.") }),
      },
      pricesOf: text("The region of the prices, where it is not the stack's."),
    },
    ["perHour", "unknown"],
  ),
};

/** The configuration of a rule's policy. What it needs is no requirement here: the policy says itself what to run. */
export const configSchema = (rule: RuleName): PolicyConfigSchema => ({
  properties: { stack: stackProperty, ...Object.fromEntries(rules[rule].reads.map((key) => [key, context[key]])) },
});
