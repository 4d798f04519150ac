import { deepAt } from "../config/tree.ts";
import { groupAt, podLabels, workloadsOf } from "./pods.ts";
import { type Finding, found, judgedLater, notChecked, type ObjectRule, type PolicyObject } from "./rule.ts";

const ofKind = (objects: readonly PolicyObject[], kind: string) =>
  objects.filter(({ type }) => type.startsWith("kubernetes:") && type.endsWith(`:${kind}`));
const at = ({ properties }: PolicyObject, ...path: string[]) => deepAt(properties, path);

/** In production a model has two replicas or more, and a disruption budget that leaves one of them. */
export const availability: ObjectRule = (objects, { production }) => {
  if (!production) return [];
  return workloadsOf(objects).flatMap((workload): Finding[] => {
    const scaler = ofKind(objects, "HorizontalPodAutoscaler").find(
      (one) =>
        at(one, "spec", "scaleTargetRef", "name") === at(workload, "metadata", "name") &&
        at(one, "metadata", "namespace") === at(workload, "metadata", "namespace"),
    );
    const [holder, field] = scaler ? [scaler, "minReplicas"] : [workload, "replicas"];
    // Without a word Kubernetes makes one.
    const least = at(holder, "spec", field) ?? 1;
    if (typeof least !== "number")
      return [notChecked(holder, `spec.${field}`, "the number of replicas is not known yet", judgedLater)];
    const next = "set replicas or autoscaling.min to 2 or more";
    const few = least < 2 ? [found(holder, `spec.${field}`, `it may have ${least} replica`, "2 or more", next)] : [];
    return [...few, ...budgetOf(workload, objects, least)];
  });
};

function budgetOf(workload: PolicyObject, objects: readonly PolicyObject[], least: number): Finding[] {
  const labels = podLabels(workload);
  const budgets = ofKind(objects, "PodDisruptionBudget").filter((one) => {
    const selected = Object.entries(groupAt(one.properties, ["spec", "selector", "matchLabels"]));
    return (
      at(one, "metadata", "namespace") === at(workload, "metadata", "namespace") &&
      selected.length > 0 &&
      selected.every(([key, value]) => labels[key] === value)
    );
  });
  const next = "leave the budget to ModelServer";
  const allowed = "a PodDisruptionBudget that leaves a replica";
  if (budgets.length === 0) return [found(workload, "", "it has no disruption budget", allowed, next)];
  if (budgets.some((one) => leavesOne(groupAt(one.properties, ["spec"]), least))) return [];
  return budgets.map((one) => found(one, "spec", "a drain may end all replicas at once", allowed, next));
}

/** Whether a budget leaves a pod, where there is more than one. */
function leavesOne({ maxUnavailable, minAvailable }: Record<string, unknown>, least: number): boolean {
  if (typeof maxUnavailable === "number") return maxUnavailable < Math.max(2, least);
  if (typeof maxUnavailable === "string") return maxUnavailable !== "100%";
  return minAvailable !== undefined && minAvailable !== 0 && minAvailable !== "0%";
}
