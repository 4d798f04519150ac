import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { StackPlan } from "../planning/plan.ts";
import type { Inputs } from "./arguments.ts";
import { ModelServer } from "./modelServer.ts";
import { ModelStore } from "./modelStore.ts";
import { placeOf } from "./place.ts";
import { rolloutVerification } from "./rollout/rollouts.ts";
import { scalerHandover } from "./scaling/handover.ts";
import { scalerOf } from "./scaling/kinds.ts";
import { secretOf } from "./secrets.ts";

/** What an `InferencePlatform` is made of. */
export interface InferencePlatformNodes {
  namespace: kubernetes.core.v1.Namespace | undefined;
  store: ModelStore;
  /** The key, where it is made here: absent where the arguments give one. */
  apiKey: random.RandomPassword | undefined;
  apiKeySecret: kubernetes.core.v1.Secret;
  servers: Readonly<Record<string, ModelServer>>;
}

/** Makes a platform's children as they are planned, and returns them with the key that clients send. */
export function platformNodes(
  platform: pulumi.ComponentResource,
  name: string,
  plan: StackPlan,
  inputs: Inputs,
): { nodes: InferencePlatformNodes; key: pulumi.Output<string> } {
  const { secrets, bucket, kmsKey } = inputs;
  const { cluster, access, region } = placeOf(platform, plan, inputs);
  const child = { parent: platform };
  const tags = { "vllm:stack": plan.stack };

  const ownNamespace = plan.namespace.create
    ? new kubernetes.core.v1.Namespace(
        `${name}-namespace`,
        { metadata: { name: plan.namespace.name, labels: { "pod-security.kubernetes.io/enforce": "restricted" } } },
        child,
      )
    : undefined;
  const namespace = ownNamespace?.metadata.name ?? plan.namespace.name;

  const { onDestroy } = plan.modelStore;
  const store = new ModelStore(`${name}-models`, { onDestroy, bucket, kmsKey, tags }, child);
  const { value, rotation = "" } = plan.apiKey;
  const password =
    value === undefined
      ? new random.RandomPassword(`${name}-api-key`, { length: 48, special: false, keepers: { rotation } }, child)
      : undefined;
  const key = password?.result ?? secretOf(secrets, value ?? "");
  const apiKeySecret = new kubernetes.core.v1.Secret(
    `${name}-api-key`,
    { metadata: { namespace }, stringData: { "api-key": key } },
    child,
  );
  const takesOver = plan.models.some(({ variants }) =>
    variants.some(({ revision, scaling, pod }) => revision !== undefined && scalerOf(scaling, pod.server).takesOver),
  );
  // One that is made costs a server for callbacks, so only where a fixed count may need it, and never in a preview.
  const handover =
    takesOver && !pulumi.runtime.isDryRun() ? scalerHandover(`${name}-scaler-handover`, access) : undefined;
  const verifyRollout = rolloutVerification(access, [key, ...Object.values(secrets)]);
  const servers = plan.models.map(
    (model) =>
      [
        model.name,
        new ModelServer(
          `${name}-${model.name}`,
          {
            plan: model,
            namespace,
            bucket: store.bucketName,
            bucketArn: store.bucketArn,
            kmsKey,
            region,
            cluster,
            apiKeySecret: apiKeySecret.metadata.name,
            secrets,
            handover,
            verifyRollout,
            tags,
          },
          child,
        ),
      ] as const,
  );
  const nodes = { namespace: ownNamespace, store, apiKey: password, apiKeySecret };
  return { nodes: { ...nodes, servers: Object.fromEntries(servers) }, key };
}
