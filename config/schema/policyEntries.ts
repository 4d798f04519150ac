import { group, setting } from "./setting.ts";
import { choice, integer, price } from "./values.ts";

/** What a rule that is broken does: nothing, a word, or a refusal. */
const levels = choice(["off", "advisory", "mandatory"]);

const rule = <const Level extends "advisory" | "mandatory">(level: Level, description: string) =>
  setting(levels, {
    description,
    default: level,
    example: level === "mandatory" ? "advisory" : "mandatory",
    typeName: "PolicyLevel",
  });

/** The rules, by the names that `policy/` judges them under. */
export const policyRules = {
  imageDigest: rule("mandatory", "In production images have a digest, or `image.allowTag` says why a tag is enough."),
  bucketPrivate: rule("mandatory", "No bucket is public."),
  bucketTls: rule("mandatory", "Nobody reaches a bucket without TLS."),
  bucketEncryption: rule("mandatory", "What is in a bucket is encrypted."),
  staticKeys: rule("mandatory", "No static AWS key stands anywhere."),
  modelAccess: rule("mandatory", "A model's IAM policy names no `*` action, and nothing but the model's own prefix."),
  gpuQuota: rule("mandatory", "The stack takes at most `policy.limits.gpus`."),
  costCeiling: rule("mandatory", "The stack costs at most `policy.limits.costPerHour`; an unknown cost is too much."),
  availability: rule("advisory", "In production a model has two replicas or more, and a disruption budget."),
  storeProtected: rule("mandatory", "In production the bucket of the models is protected."),
  bucketKept: rule("mandatory", "No bucket is deleted or replaced, unless `modelStore.onDestroy` is `delete`."),
} as const;

export const policyEntries = group(
  {
    ...policyRules,
    limits: group(
      {
        gpus: setting(integer(0), {
          description:
            "GPUs that the stack may take at most: with the most replicas, while these are replaced. `npm run policy` judges it.",
          absent: true,
          unit: "GPUs",
          example: 16,
        }),
        costPerHour: setting(price, {
          description: "What the nodes of the stack may cost then. `npm run policy` judges it.",
          absent: true,
          unit: "USD an hour",
          example: 20.5,
        }),
      },
      "What the stack may take and cost at most.",
    ),
  },
  "Rules over what is deployed, which `npm run policy` judges; `docs/policy.md` has what each one checks. An `up` judges none by itself.",
);
