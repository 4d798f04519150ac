import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { modelPrefix } from "../planning/addresses.ts";
import type { ModelPlan } from "../planning/model.ts";
import type { EksCluster } from "./access/maker.ts";
import { ModelAccess } from "./modelAccess.ts";
import { Nodes } from "./nodes.ts";
import { disruptionBudget } from "./objects/disruptionBudget.ts";
import { service } from "./objects/service.ts";
import { Workload, type WorkloadArgs, waitFor } from "./workload.ts";

export interface ModelServerArgs
  extends Pick<WorkloadArgs, "bucket" | "region" | "apiKeySecret" | "secrets" | "handover"> {
  plan: ModelPlan;
  namespace: pulumi.Input<string>;
  bucketArn: pulumi.Input<string>;
  cluster: EksCluster;
  /** Tags of what is made in AWS. */
  tags: Record<string, string>;
}

export interface ModelServerNodes {
  access: ModelAccess;
  /** One a variant that has a revision. */
  workloads: readonly Workload[];
  service?: kubernetes.core.v1.Service;
  disruptionBudget?: kubernetes.policy.v1.PodDisruptionBudget;
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
      { ...args, kind: plan.access.kind, owner, prefix: modelPrefix(plan.name) },
      child,
    );
    const served = plan.variants.flatMap((variant) =>
      variant.revision === undefined ? [] : [{ ...variant, revision: variant.revision }],
    );
    const workloads = served.map(
      (variant) =>
        new Workload(
          `${name}-${variant.name}`,
          { ...args, plan: variant, revision: variant.revision, owner, access },
          child,
        ),
    );
    const [main] = served;
    nodes.keep(this, {
      access,
      workloads,
      ...(main
        ? {
            service: new kubernetes.core.v1.Service(`${name}-service`, service(owner), {
              ...child,
              customTimeouts: waitFor(main),
            }),
            disruptionBudget: new kubernetes.policy.v1.PodDisruptionBudget(
              `${name}-disruption-budget`,
              disruptionBudget(owner),
              child,
            ),
          }
        : {}),
    });
    this.registerOutputs();
  }

  /** The components and resources that it is made of. */
  get nodes(): ModelServerNodes {
    return nodes.of(this);
  }
}
