import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { revisionLocation } from "../planning/addresses.ts";
import type { VariantPlan } from "../planning/variant.ts";
import type { ModelAccess } from "./modelAccess.ts";
import { Nodes } from "./nodes.ts";
import { deployment } from "./objects/deployment.ts";
import { environmentSecret } from "./objects/environmentSecret.ts";
import type { Owner } from "./objects/metadata.ts";
import { middleware } from "./objects/middleware.ts";
import type { VerifyRollout } from "./rollout/rollouts.ts";
import { scalerOf } from "./scaling/kinds.ts";
import { type Secrets, secretOf } from "./secrets.ts";

export interface WorkloadArgs {
  /** The variant, and the revision that its pods serve. */
  plan: Omit<VariantPlan, "revision">;
  revision: string;
  owner: Owner;
  /** The identity of its pods. */
  access: ModelAccess;
  bucket: pulumi.Input<string>;
  region: pulumi.Input<string>;
  /** Name of the Secret whose key `api-key` is the API key. */
  apiKeySecret: pulumi.Input<string>;
  secrets: Secrets;
  /** Runs before an update of a Deployment with a fixed count; see `scalerHandover`. */
  handover?: pulumi.ResourceHook;
  /** Says when its rollout is complete; none in a preview. */
  verifyRollout?: VerifyRollout;
}

export interface WorkloadNodes {
  /** Holds the secret environment variables, where there are any. */
  environment: kubernetes.core.v1.Secret | undefined;
  /** Holds the engine's middleware. */
  middleware: kubernetes.core.v1.ConfigMap;
  deployment: kubernetes.apps.v1.Deployment;
  autoscaler: pulumi.CustomResource | undefined;
}

const nodes = new Nodes<Workload, WorkloadNodes>();

/** One variant of a model: its pods, and what decides on their number. */
export class Workload extends pulumi.ComponentResource {
  constructor(name: string, args: WorkloadArgs, opts?: pulumi.ComponentResourceOptions) {
    super("vllm:index:Workload", name, {}, opts);
    const { plan, owner, handover } = args;
    const child = { parent: this };
    const scaler = scalerOf(plan.scaling, plan.pod.server);

    const secretEnv = Object.entries(plan.pod.secretEnv).map(
      ([name, key]) => [name, secretOf(args.secrets, key)] as const,
    );
    const environment =
      secretEnv.length > 0
        ? new kubernetes.core.v1.Secret(
            `${name}-environment`,
            environmentSecret(owner, Object.fromEntries(secretEnv)),
            child,
          )
        : undefined;
    const ownMiddleware = new kubernetes.core.v1.ConfigMap(`${name}-middleware`, middleware(owner), child);
    const source = pulumi.output(args.bucket).apply((bucket) => revisionLocation(bucket, owner.model, args.revision));
    const workload = new kubernetes.apps.v1.Deployment(
      `${name}-deployment`,
      deployment(
        owner,
        plan,
        {
          serviceAccount: args.access.serviceAccountName,
          apiKeySecret: args.apiKeySecret,
          middleware: ownMiddleware.metadata.name,
          ...(environment ? { environmentSecret: environment.metadata.name } : {}),
          source,
          region: args.region,
        },
        scaler.annotations,
      ),
      {
        ...child,
        customTimeouts: { delete: `${plan.budgets.deletion}s` },
        // Credentials are injected when a pod is made: a pod that comes before its role has none.
        dependsOn: [args.access],
        ...(scaler.ignoreChanges ? { ignoreChanges: scaler.ignoreChanges } : {}),
        ...(scaler.takesOver && handover ? { hooks: { beforeUpdate: [handover] } } : {}),
      },
    );
    const autoscaler = scaler.create?.(name, owner, child);
    nodes.keep(this, { environment, middleware: ownMiddleware, deployment: workload, autoscaler });
    // The program ends when all outputs are there: an `up` waits for the rollout, and nothing else does.
    this.registerOutputs({ rolledOut: args.verifyRollout?.(owner.model, workload, plan) });
  }

  /** The resources that it is made of. */
  get nodes(): WorkloadNodes {
    return nodes.of(this);
  }
}
