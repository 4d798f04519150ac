import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { ModelPlan } from "../planning/model.ts";
import { modelLabels, objectLabels, podLabels } from "./objects/labels.ts";
import { type PodInputs, podSpec } from "./objects/pod.ts";

type Metadata = types.input.meta.v1.ObjectMeta;

/** The metadata of a model's object: its name is the model's, fixed. */
const metadata = (plan: ModelPlan, namespace: pulumi.Input<string>): Metadata => ({
  name: plan.name,
  namespace,
  labels: objectLabels(plan.name, plan.labels),
});

export const serviceAccount = (plan: ModelPlan, namespace: pulumi.Input<string>) => ({
  metadata: metadata(plan, namespace),
  automountServiceAccountToken: false,
});

/** Holds the values of the plan's secret environment variables. Named automatically, so that a change rolls the pods. */
export const environmentSecret = (
  plan: ModelPlan,
  namespace: pulumi.Input<string>,
  secrets: Readonly<Record<string, pulumi.Output<string>>>,
) => ({
  metadata: { namespace, labels: objectLabels(plan.name, plan.labels) },
  stringData: Object.fromEntries(
    Object.entries(plan.secretEnv).map(([name, key]) => [name, secrets[key] as pulumi.Output<string>]),
  ),
});

export function deployment(
  plan: ModelPlan,
  namespace: pulumi.Input<string>,
  inputs: PodInputs,
): types.input.apps.v1.Deployment & { spec: types.input.apps.v1.DeploymentSpec } {
  const { strategy, surge, unavailable } = plan.rollout;
  return {
    metadata: {
      ...metadata(plan, namespace),
      // A fixed count takes the field back from a scaler that had it; one that is scaled is left alone.
      ...(plan.autoscaling ? {} : { annotations: { "pulumi.com/patchForce": "true" } }),
    },
    spec: {
      replicas: plan.replicas,
      selector: { matchLabels: podLabels(plan.name) },
      strategy:
        strategy === "Recreate"
          ? { type: strategy }
          : { type: strategy, rollingUpdate: { maxSurge: surge, maxUnavailable: unavailable } },
      progressDeadlineSeconds: plan.budgets.progressDeadline,
      template: {
        metadata: { labels: { ...plan.labels, ...podLabels(plan.name) } },
        spec: podSpec(plan, inputs),
      },
    },
  };
}

export const service = (plan: ModelPlan, namespace: pulumi.Input<string>) => ({
  metadata: metadata(plan, namespace),
  spec: {
    type: "ClusterIP",
    selector: modelLabels(plan.name),
    ports: [{ name: "http", port: 80, targetPort: "http" }],
  },
});

export const disruptionBudget = (plan: ModelPlan, namespace: pulumi.Input<string>) => ({
  metadata: metadata(plan, namespace),
  spec: {
    maxUnavailable: 1,
    // A pod that never became ready must not hold up the drain of its node.
    unhealthyPodEvictionPolicy: "AlwaysAllow",
    selector: { matchLabels: modelLabels(plan.name) },
  },
});

/** Scales the Deployment by the requests that wait in its pods. */
export const autoscaler = (
  plan: ModelPlan,
  namespace: pulumi.Input<string>,
  bounds: NonNullable<ModelPlan["autoscaling"]>,
) => ({
  metadata: metadata(plan, namespace),
  spec: {
    scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: plan.name },
    minReplicas: bounds.min,
    maxReplicas: bounds.max,
    metrics: [
      {
        type: "Pods",
        pods: {
          metric: { name: "vllm:num_requests_waiting" },
          target: { type: "AverageValue", averageValue: String(bounds.waitingRequests) },
        },
      },
    ],
  },
});
