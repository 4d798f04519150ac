import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { endpoint } from "../planning/addresses.ts";
import type { StackPlan } from "../planning/plan.ts";
import { type ClusterAccess, scalerHandover } from "./handover.ts";
import { ModelServer } from "./modelServer.ts";
import { ModelStore } from "./modelStore.ts";

export interface InferencePlatformArgs {
  plan: StackPlan;
  /** Secrets of the settings, by the keys that they are written under; the plan holds these keys. */
  secrets?: Readonly<Record<string, pulumi.Output<string>>>;
  /** ARN of the EKS cluster that the Kubernetes provider in `opts` reaches. */
  clusterArn: pulumi.Input<string>;
  /** The same access as the provider's. */
  access: ClusterAccess;
}

/** What a client or a person needs to know of one model. */
export interface ModelOutput {
  /** OpenAI-compatible base URL inside the cluster; absent until there is a revision to serve. */
  endpoint?: string;
  servedModelName: string;
  revision?: string;
  replicas: number | { min: number; max: number };
}

/** A stack's whole: one model store, one server a model, one API key. Takes a Kubernetes provider in `opts`. */
export class InferencePlatform extends pulumi.ComponentResource {
  readonly namespace?: kubernetes.core.v1.Namespace;
  readonly store: ModelStore;
  /** The key, where it is made here: absent where the settings give one. */
  readonly apiKey?: random.RandomPassword;
  readonly apiKeySecret: kubernetes.core.v1.Secret;
  readonly servers: Readonly<Record<string, ModelServer>>;
  /** What clients and people need to know. */
  readonly outputs: {
    models: Record<string, ModelOutput>;
    endpoint?: string;
    modelBucket: pulumi.Output<string>;
    namespace: string;
    apiKey: pulumi.Output<string>;
  };

  constructor(name: string, args: InferencePlatformArgs, opts?: pulumi.ComponentResourceOptions) {
    super("vllm:index:InferencePlatform", name, {}, opts);
    const { plan, secrets = {} } = args;
    const child = { parent: this };
    const tags = { "vllm:stack": plan.stack };

    if (plan.namespace.create)
      this.namespace = new kubernetes.core.v1.Namespace(
        `${name}-namespace`,
        { metadata: { name: plan.namespace.name, labels: { "pod-security.kubernetes.io/enforce": "restricted" } } },
        child,
      );
    const namespace = this.namespace?.metadata.name ?? plan.namespace.name;

    this.store = new ModelStore(
      `${name}-models`,
      { deletable: !plan.keepModels, tags },
      { ...child, protect: plan.keepModels, retainOnDelete: plan.keepModels },
    );
    if (plan.apiKey.value === undefined)
      this.apiKey = new random.RandomPassword(
        `${name}-api-key`,
        { length: 48, special: false, keepers: { rotation: plan.apiKey.rotation ?? "" } },
        child,
      );
    const apiKey = this.apiKey?.result ?? (secrets[plan.apiKey.value ?? ""] as pulumi.Output<string>);
    this.apiKeySecret = new kubernetes.core.v1.Secret(
      `${name}-api-key`,
      { metadata: { namespace }, stringData: { "api-key": apiKey } },
      child,
    );
    // One that is made costs a preview a server for callbacks, so only where a fixed count may need it.
    const fixed = plan.models.some(({ revision, autoscaling }) => revision !== undefined && !autoscaling);
    const handover = fixed ? scalerHandover(`${name}-scaler-handover`, args.access) : undefined;
    this.servers = Object.fromEntries(
      plan.models.map((model) => [
        model.name,
        new ModelServer(
          `${name}-${model.name}`,
          {
            plan: model,
            namespace,
            bucket: this.store.bucketName,
            bucketArn: this.store.bucket.arn,
            region: plan.region,
            clusterName: plan.cluster.eks,
            clusterArn: args.clusterArn,
            apiKeySecret: this.apiKeySecret.metadata.name,
            secrets,
            ...(handover ? { handover } : {}),
            tags,
          },
          child,
        ),
      ]),
    );

    const models = Object.fromEntries(plan.models.map((model) => [model.name, modelOutput(model, plan)]));
    const only = plan.models.length === 1 ? Object.values(models)[0]?.endpoint : undefined;
    this.outputs = {
      models,
      ...(only ? { endpoint: only } : {}),
      modelBucket: this.store.bucketName,
      namespace: plan.namespace.name,
      apiKey,
    };
    this.registerOutputs(this.outputs);
  }
}

function modelOutput(model: StackPlan["models"][number], plan: StackPlan): ModelOutput {
  return {
    ...(model.revision === undefined
      ? {}
      : { endpoint: endpoint(model.name, plan.namespace.name), revision: model.revision }),
    servedModelName: model.servedModelName,
    replicas: model.autoscaling ? { min: model.autoscaling.min, max: model.autoscaling.max } : model.replicas,
  };
}
