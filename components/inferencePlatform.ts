import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { endpoint } from "../planning/addresses.ts";
import type { ModelPlan } from "../planning/model.ts";
import type { StackPlan } from "../planning/plan.ts";
import type { EksCluster } from "./access/maker.ts";
import type { ClusterAccess } from "./clusterAccess.ts";
import { ModelServer } from "./modelServer.ts";
import { ModelStore } from "./modelStore.ts";
import { Nodes } from "./nodes.ts";
import { rolloutVerification } from "./rollout/rollouts.ts";
import { scalerHandover } from "./scaling/handover.ts";
import { scalerOf } from "./scaling/kinds.ts";
import { type Secrets, secretOf } from "./secrets.ts";

export interface InferencePlatformArgs {
  plan: StackPlan;
  /** Secrets of the settings; the plan holds their keys. */
  secrets?: Secrets;
  /** The EKS cluster that the Kubernetes provider in `opts` reaches, with the same access as the provider's. */
  cluster: EksCluster & ClusterAccess;
}

/** What a client or a person needs to know of one model. */
export interface ModelOutput {
  /** OpenAI-compatible base URL inside the cluster; absent until there is a revision to serve. */
  endpoint?: string;
  servedModelName: string;
  revision?: string;
  replicas: number | { min: number; max: number };
}

export interface InferencePlatformNodes {
  namespace: kubernetes.core.v1.Namespace | undefined;
  store: ModelStore;
  /** The key, where it is made here: absent where the settings give one. */
  apiKey: random.RandomPassword | undefined;
  apiKeySecret: kubernetes.core.v1.Secret;
  servers: Readonly<Record<string, ModelServer>>;
}

const nodes = new Nodes<InferencePlatform, InferencePlatformNodes>();

/** A stack's whole: one model store, one server a model, one API key. Takes a Kubernetes provider in `opts`. */
export class InferencePlatform extends pulumi.ComponentResource {
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

    const ownNamespace = plan.namespace.create
      ? new kubernetes.core.v1.Namespace(
          `${name}-namespace`,
          { metadata: { name: plan.namespace.name, labels: { "pod-security.kubernetes.io/enforce": "restricted" } } },
          child,
        )
      : undefined;
    const namespace = ownNamespace?.metadata.name ?? plan.namespace.name;

    const store = new ModelStore(`${name}-models`, { ...plan.modelStore, tags }, child);
    const { value, rotation = "" } = plan.apiKey;
    const password =
      value === undefined
        ? new random.RandomPassword(`${name}-api-key`, { length: 48, special: false, keepers: { rotation } }, child)
        : undefined;
    const apiKey = password?.result ?? secretOf(secrets, value ?? "");
    const apiKeySecret = new kubernetes.core.v1.Secret(
      `${name}-api-key`,
      { metadata: { namespace }, stringData: { "api-key": apiKey } },
      child,
    );
    const takesOver = plan.models.some(({ variants }) =>
      variants.some(({ revision, scaling, pod }) => revision !== undefined && scalerOf(scaling, pod.server).takesOver),
    );
    // One that is made costs a server for callbacks, so only where a fixed count may need it, and never in a preview.
    const handover =
      takesOver && !pulumi.runtime.isDryRun() ? scalerHandover(`${name}-scaler-handover`, args.cluster) : undefined;
    const verifyRollout = rolloutVerification(args.cluster, [apiKey, ...Object.values(secrets)]);
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
              region: plan.region,
              cluster: args.cluster,
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
    nodes.keep(this, {
      namespace: ownNamespace,
      store,
      apiKey: password,
      apiKeySecret,
      servers: Object.fromEntries(servers),
    });

    const models = Object.fromEntries(plan.models.map((model) => [model.name, modelOutput(model, plan)]));
    const only = plan.models.length === 1 ? Object.values(models)[0]?.endpoint : undefined;
    this.outputs = {
      models,
      ...(only ? { endpoint: only } : {}),
      modelBucket: store.bucketName,
      namespace: plan.namespace.name,
      apiKey,
    };
    this.registerOutputs(this.outputs);
  }

  /** The components and resources that it is made of. */
  get nodes(): InferencePlatformNodes {
    return nodes.of(this);
  }
}

function modelOutput({ name, servedModelName, variants }: ModelPlan, { namespace }: StackPlan): ModelOutput {
  const [{ revision, scaling }] = variants;
  const { kind, min, max } = scaling;
  return {
    ...(revision === undefined ? {} : { endpoint: endpoint(name, namespace.name), revision }),
    servedModelName,
    replicas: kind === "fixed" ? min : { min, max },
  };
}
