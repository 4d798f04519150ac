import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { ModelPlan } from "../planning/model.ts";
import { ModelAccess } from "./modelAccess.ts";
import * as objects from "./objects.ts";

export interface ModelServerArgs {
  plan: ModelPlan;
  namespace: pulumi.Input<string>;
  bucket: pulumi.Input<string>;
  bucketArn: pulumi.Input<string>;
  region: string;
  /** The EKS cluster whose Pod Identity hands out the credentials. */
  clusterName: string;
  clusterArn: pulumi.Input<string>;
  /** Name of the Secret whose key `api-key` is the API key. */
  apiKeySecret: pulumi.Input<string>;
  /** Secrets of the settings, by the keys that they are written under. */
  secrets: Readonly<Record<string, pulumi.Output<string>>>;
  /** Runs before an update of a Deployment with a fixed count; see `scalerHandover`. */
  handover?: pulumi.ResourceHook;
  /** Tags of what is made in AWS. */
  tags: Record<string, string>;
}

/** One model's server: its identity, and, once it has a revision, the pods that serve it and what surrounds them. */
export class ModelServer extends pulumi.ComponentResource {
  readonly serviceAccount: kubernetes.core.v1.ServiceAccount;
  readonly access: ModelAccess;
  readonly environmentSecret?: kubernetes.core.v1.Secret;
  readonly deployment?: kubernetes.apps.v1.Deployment;
  readonly service?: kubernetes.core.v1.Service;
  readonly disruptionBudget?: kubernetes.policy.v1.PodDisruptionBudget;
  readonly autoscaler?: kubernetes.autoscaling.v2.HorizontalPodAutoscaler;

  constructor(name: string, args: ModelServerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("vllm:index:ModelServer", name, {}, opts);
    const { plan, namespace } = args;
    const child = { parent: this };

    this.serviceAccount = new kubernetes.core.v1.ServiceAccount(
      `${name}-service-account`,
      objects.serviceAccount(plan, namespace),
      child,
    );
    this.access = new ModelAccess(
      name,
      {
        bucketArn: args.bucketArn,
        prefix: `models/${plan.name}/`,
        clusterName: args.clusterName,
        clusterArn: args.clusterArn,
        namespace: this.serviceAccount.metadata.namespace,
        serviceAccount: this.serviceAccount.metadata.name,
        tags: args.tags,
      },
      child,
    );

    if (plan.revision !== undefined) {
      const { creation, rollout, deletion } = plan.budgets;
      const wait = { create: `${creation}s`, update: `${rollout}s`, delete: `${deletion}s` };
      if (Object.keys(plan.secretEnv).length > 0)
        this.environmentSecret = new kubernetes.core.v1.Secret(
          `${name}-environment`,
          objects.environmentSecret(plan, namespace, args.secrets),
          child,
        );
      this.deployment = new kubernetes.apps.v1.Deployment(
        `${name}-deployment`,
        objects.deployment(plan, namespace, {
          serviceAccount: this.serviceAccount.metadata.name,
          apiKeySecret: args.apiKeySecret,
          ...(this.environmentSecret ? { environmentSecret: this.environmentSecret.metadata.name } : {}),
          source: pulumi.interpolate`s3://${args.bucket}/models/${plan.name}/${plan.revision}/`,
          region: args.region,
        }),
        {
          ...child,
          customTimeouts: wait,
          ...(plan.autoscaling
            ? { ignoreChanges: ["spec.replicas"] }
            : { hooks: { beforeUpdate: args.handover ? [args.handover] : [] } }),
          // Credentials are injected when a pod is made: a pod that comes before its role has none.
          dependsOn: [this.access],
        },
      );
      this.service = new kubernetes.core.v1.Service(`${name}-service`, objects.service(plan, namespace), {
        ...child,
        customTimeouts: wait,
      });
      this.disruptionBudget = new kubernetes.policy.v1.PodDisruptionBudget(
        `${name}-disruption-budget`,
        objects.disruptionBudget(plan, namespace),
        child,
      );
      if (plan.autoscaling)
        this.autoscaler = new kubernetes.autoscaling.v2.HorizontalPodAutoscaler(
          `${name}-autoscaler`,
          objects.autoscaler(plan, namespace, plan.autoscaling),
          child,
        );
    }
    this.registerOutputs({ serviceAccount: this.serviceAccount.metadata.name });
  }
}
