import type { types } from "@pulumi/kubernetes";
import type { VariantPlan } from "../../planning/variant.ts";
import { podLabels } from "./labels.ts";
import { metadata, type Owner } from "./metadata.ts";
import { type PodInputs, podSpec } from "./pod.ts";
import { rolloutNotAwaited } from "./waiting.ts";

/** The pods of one variant of a model. `annotations` are those of who decides on their number. */
export function deployment(
  owner: Owner,
  { name, pod, rollout, budgets, scaling }: Omit<VariantPlan, "revision">,
  inputs: PodInputs,
  annotations?: Readonly<Record<string, string>>,
): types.input.apps.v1.Deployment & { spec: types.input.apps.v1.DeploymentSpec } {
  const { strategy, surge, unavailable } = rollout;
  const labels = podLabels(owner.model, name);
  return {
    metadata: { ...metadata(owner), annotations: { ...rolloutNotAwaited, ...annotations } },
    spec: {
      replicas: scaling.min,
      selector: { matchLabels: labels },
      strategy:
        strategy === "Recreate"
          ? { type: strategy }
          : { type: strategy, rollingUpdate: { maxSurge: surge, maxUnavailable: unavailable } },
      progressDeadlineSeconds: budgets.progressDeadline,
      template: {
        metadata: { labels: { ...owner.labels, ...labels } },
        spec: podSpec(owner.model, pod, budgets, inputs),
      },
    },
  };
}
