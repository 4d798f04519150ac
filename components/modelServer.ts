import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { ModelPlan } from "../planning/model.ts";
import type { EksCluster } from "./access/maker.ts";
import { ModelAccess } from "./modelAccess.ts";
import { Nodes } from "./nodes.ts";
import { disruptionBudget } from "./objects/disruptionBudget.ts";
import { service } from "./objects/service.ts";
import { Workload, type WorkloadArgs } from "./workload.ts";

export interface ModelServerArgs
  extends Pick<WorkloadArgs, "bucket" | "region" | "apiKeySecret" | "secrets" | "handover" | "verifyRollout"> {
  plan: ModelPlan;
  namespace: pulumi.Input<string>;
  bucketArn: pulumi.Input<string>;
  kmsKey: pulumi.Input<string> | undefined;
  cluster: EksCluster;
  /** Tags of what is made in AWS. */
  tags: Record<string, string>;
}

export interface ModelServerNodes {
  access: ModelAccess;
  /** One a variant that has a revision. */
  workloads: readonly Workload[];
  service: kubernetes.core.v1.Service | undefined;
  disruptionBudget: kubernetes.policy.v1.PodDisruptionBudget | undefined;
}

const nodes = new Nodes<ModelServer, ModelServerNodes>();

/** One model: its identity, and, once it has a revision, the workloads that serve it and what surrounds them. */
export class ModelServer extends pulumi.ComponentResource {
  constructor(name: string, args: ModelServerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("vllm:index:ModelServer", name, {}, opts);
    const { plan, namespace } = args;
    const child = { parent: this };
    const owner = { model: plan.name, labels: plan.labels, namespace };

    const access = new ModelAccess(
      `${name}-access`,
      {
        kind: plan.access.kind,
        ...owner,
        bucketArn: args.bucketArn,
        kmsKey: args.kmsKey,
        cluster: args.cluster,
        tags: args.tags,
      },
      child,
    );
    const { bucket, region, apiKeySecret, secrets, handover, verifyRollout } = args;
    const shared = { owner, access, bucket, region, apiKeySecret, secrets, handover, verifyRollout };
    const served = plan.variants.flatMap(({ revision, ...variant }) =>
      revision === undefined ? [] : [{ plan: variant, revision }],
    );
    const workloads = served.map(
      (variant) => new Workload(`${name}-${variant.plan.name}`, { ...shared, ...variant }, child),
    );
    const [main] = served;
    const address = main && new kubernetes.core.v1.Service(`${name}-service`, service(owner), child);
    const budget =
      main && new kubernetes.policy.v1.PodDisruptionBudget(`${name}-disruption-budget`, disruptionBudget(owner), child);
    nodes.keep(this, { access, workloads, service: address, disruptionBudget: budget });
    this.registerOutputs();
  }

  /** The components and resources that it is made of. */
  get nodes(): ModelServerNodes {
    return nodes.of(this);
  }
}
