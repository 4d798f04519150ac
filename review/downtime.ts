import type { Change } from "./operations.ts";
import { partsOf, valueAt } from "./paths.ts";

/** An object as it is to be. */
interface Planned {
  type: string;
  inputs: unknown;
}

/**
 * Whether there may be no pod of a Deployment that answers while it changes: it is replaced; or its pods are, and it ends
 * all of them before it starts new ones, or lets as many be away as there are. The plan says the same of its rollout
 * (`planning/pod/rollout.ts`); here the object says it, so that no settings are needed.
 * @param paths of the properties that differ
 */
export function hasDowntime({ type, inputs }: Planned, change: Change, paths: readonly string[]): boolean {
  if (!/^kubernetes:apps\/.*:Deployment$/.test(type)) return false;
  if (change !== "update") return change === "replace";
  const rolls = paths.map(partsOf).some(([first, second]) => first === "spec" && (second ?? "template") === "template");
  const at = (path: string) => valueAt(inputs, partsOf(`spec.${path}`));
  const [surge, unavailable] = [at("strategy.rollingUpdate.maxSurge"), at("strategy.rollingUpdate.maxUnavailable")];
  const all = surge === 0 && Number(unavailable) >= Number(at("replicas") ?? 1);
  return rolls && (at("strategy.type") === "Recreate" || all);
}
