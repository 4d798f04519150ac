import { found, notChecked, ofPlan } from "./rule.ts";

/** What a stack may take at most, by its plan. */

/** It takes at most `policy.limits.gpus`. */
export const gpuQuota = ofPlan(["limits", "gpus"], ({ limits, gpus }) => {
  if (limits.gpus === undefined || gpus <= limits.gpus) return [];
  const what = `the stack takes ${gpus} GPUs at most`;
  const next = "lower autoscaling.max, replicas or gpu.spare, or raise the limit";
  return [found(undefined, "policy.limits.gpus", what, `at most ${limits.gpus}`, next)];
});

/** It costs at most `policy.limits.costPerHour`. What is unknown may be more, so it is no less than too much. */
export const costCeiling = ofPlan(["limits", "cost", "region"], ({ limits, cost, region }) => {
  const { costPerHour } = limits;
  if (costPerHour === undefined) return [];
  const path = "policy.limits.costPerHour";
  const allowed = `at most ${costPerHour} USD an hour`;
  const by = cost.pricesOf === undefined ? "" : ` by prices of ${cost.pricesOf}, not of ${region}`;
  const unknown = cost.unknown.map(({ model, reason }) =>
    found(
      undefined,
      path,
      `the cost of ${model} is unknown: ${reason}`,
      allowed,
      "give its instance type a price in prices",
    ),
  );
  if (cost.perHour > costPerHour) {
    const next = "lower autoscaling.max, replicas or gpu.spare, take a cheaper GPU, or raise the limit";
    return [
      found(undefined, path, `the stack costs ${cost.perHour} USD an hour at most${by}`, allowed, next),
      ...unknown,
    ];
  }
  if (by === "" || unknown.length > 0) return unknown;
  return [notChecked(undefined, path, `the cost is reckoned${by}`, `give those of ${region} in prices`)];
});
