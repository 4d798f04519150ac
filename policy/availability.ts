import { isTree } from "../config/tree.ts";
import { equal, every, type Known, notKnown, some, valueAt } from "./known.ts";
import { isWorkload, podLabels } from "./pods.ts";
import { type Finding, found, judgedLater, notChecked, ofAll, type PolicyObject } from "./rule.ts";

const ofKind = (objects: readonly PolicyObject[], kind: string) =>
  objects.filter(({ type }) => type.startsWith("kubernetes:") && type.endsWith(`:${kind}`));
const at = ({ properties }: PolicyObject, ...path: string[]) => valueAt(properties, path);
const sameNamespace = (one: PolicyObject, other: PolicyObject): Known =>
  equal(at(one, "metadata", "namespace"), at(other, "metadata", "namespace"));

/** In production a model has two replicas or more, and a disruption budget that leaves one of them. */
export const availability = ofAll(["production"], (objects, { production }) => {
  if (!production) return [];
  return objects.filter(isWorkload).flatMap((workload): Finding[] => {
    const scalers = ofKind(objects, "HorizontalPodAutoscaler").map((scaler) => {
      const target = equal(at(scaler, "spec", "scaleTargetRef", "name"), at(workload, "metadata", "name"));
      return { scaler, scales: every([target, sameNamespace(scaler, workload)]) };
    });
    const scaler = scalers.find(({ scales }) => scales === true)?.scaler;
    if (!scaler && scalers.some(({ scales }) => scales === notKnown))
      return [notChecked(workload, "spec.replicas", "what scales it is not known yet", judgedLater)];
    const [holder, field] = scaler ? [scaler, "minReplicas"] : [workload, "replicas"];
    // Without a word Kubernetes makes one.
    const least = at(holder, "spec", field) ?? 1;
    if (typeof least !== "number")
      return [notChecked(holder, `spec.${field}`, "the number of replicas is not known yet", judgedLater)];
    const next = "set replicas or autoscaling.min to 2 or more";
    const few = least < 2 ? [found(holder, `spec.${field}`, `it may have ${least} replica`, "2 or more", next)] : [];
    return [...few, ...budgetOf(workload, objects, least)];
  });
});

function budgetOf(workload: PolicyObject, objects: readonly PolicyObject[], least: number): Finding[] {
  const selects = (budget: PolicyObject) =>
    every([sameNamespace(budget, workload), selectsPods(budget, podLabels(workload))]);
  const keeps = (budget: PolicyObject) => every([selects(budget), leavesOne(at(budget, "spec"), least)]);
  const budgets = ofKind(objects, "PodDisruptionBudget").filter((budget) => selects(budget) !== false);
  const next = "leave the budget to ModelServer";
  const allowed = "a PodDisruptionBudget that leaves a replica";
  if (budgets.length === 0) return [found(workload, "", "it has no disruption budget", allowed, next)];
  const isKept = some(budgets.map(keeps));
  if (isKept === true) return [];
  if (isKept === notKnown) return [notChecked(workload, "", "its disruption budget is not known yet", judgedLater)];
  return budgets.map((budget) => found(budget, "spec", "a drain may end all replicas at once", allowed, next));
}

/** Whether a budget is of pods with these labels. */
function selectsPods(budget: PolicyObject, labels: unknown): Known {
  const selector = at(budget, "spec", "selector", "matchLabels");
  if (selector === notKnown) return notKnown;
  const selected = Object.entries(isTree(selector) ? selector : {});
  return selected.length > 0 && every(selected.map(([key, value]) => equal(valueAt(labels, [key]), value)));
}

/** Whether a budget leaves a pod, where there is more than one. */
function leavesOne(budget: unknown, least: number): Known {
  const [maxUnavailable, minAvailable] = ["maxUnavailable", "minAvailable"].map((field) => valueAt(budget, [field]));
  if (maxUnavailable === notKnown || minAvailable === notKnown) return notKnown;
  if (typeof maxUnavailable === "number") return maxUnavailable < Math.max(2, least);
  if (typeof maxUnavailable === "string") return maxUnavailable !== "100%";
  return minAvailable !== undefined && minAvailable !== 0 && minAvailable !== "0%";
}
