import * as v from "valibot";
import { policyEntries } from "./policyEntries.ts";
import { group, setting } from "./setting.ts";
import { boolean, choice, form, instanceType, modelName, name, namespaceName, price } from "./values.ts";

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
            "Name of the EKS cluster: for Pod Identity and, where neither kubeconfig nor context is given, for access.",
          required: "name the EKS cluster to deploy to (the ambient current context is never used)",
          example: "prod",
        },
      ),
      kubeconfig: setting(form("a path without '~', which nothing expands here", /^[^~]/), {
        description: "Path of a kubeconfig file; needs `context`.",
        derived: "access through EKS, or with `context` alone the default file",
        example: "/etc/kubernetes/kubeconfig",
      }),
      context: setting(name, {
        description: "The context to use; the ambient current context never is.",
        derived: "access through EKS",
        example: "prod",
      }),
      ipFamily: setting(choice(["ipv4", "ipv6"]), {
        description: "The addresses of the cluster's pods, as EKS calls its IP family: servers listen on these.",
        default: "ipv4",
        example: "ipv6",
      }),
    },
    "The cluster to deploy to.",
  ),
  namespace: group(
    {
      name: setting(namespaceName, { description: "Where the servers run.", default: "vllm", example: "inference" }),
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
      onDestroy: setting(choice(["keep", "delete"]), {
        description: "What a destroy does to the bucket: `keep` refuses to delete it.",
        default: "keep",
        excludes: "bucket",
        example: "delete",
      }),
      bucket: setting(
        form(
          "the name of an S3 bucket: 3 to 63 lower-case letters, digits, '-' and '.'",
          /^(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
        ),
        {
          description: "Your own bucket, where there is one already: nothing of it is changed or deleted.",
          derived: "a bucket of this stack",
          excludes: "onDestroy",
          example: "acme-models",
        },
      ),
      kmsKey: setting(
        form(
          "the ARN of a KMS key, of no alias: arn:aws:kms:<region>:<account>:key/<id>",
          /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[\w-]+$/,
        ),
        {
          description:
            "Your own KMS key: the bucket of this stack encrypts with it, your own `bucket` already does. The models' roles may decrypt with it; the key's policy has to leave that to IAM, and who uploads needs `kms:GenerateDataKey` on it.",
          derived: "a key of S3 itself",
          example: "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        },
      ),
    },
    "The S3 bucket of the models.",
  ),
  apiKey: group(
    {
      rotation: setting(name, {
        description: "Any text; another one makes another key.",
        absent: true,
        excludes: "value",
        example: "2026-11",
      }),
      value: setting(form("at least 16 characters without white space", /^\S{16,}$/), {
        description: "Your own key, where clients have one already.",
        derived: "a random key of 48 characters",
        excludes: "rotation",
        example: "sk-0123456789abcdef",
        secret: true,
      }),
    },
    "The key that clients send, one a stack.",
  ),
  prices: setting(v.record(instanceType, price), {
    description:
      "What instance types cost you, over the on-demand prices of `catalogue/prices.ts`: those of your region, or your discounts. The cost that `explain` tells is reckoned with them.",
    default: {},
    unit: "USD an hour",
    example: { "g6.xlarge": 0.8986 },
  }),
  policy: policyEntries,
  model: setting(modelName, {
    description: "The name of the only model: short for `models: {<name>: {}}`.",
    absent: true,
    followsImport: true,
    example: "chat",
  }),
} as const;
