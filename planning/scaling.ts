import { modelEntries } from "../config/schema/modelEntries.ts";
import type { EffectiveModel } from "../config/settings.ts";

/**
 * Who decides on the number of replicas, by kind: a fixed count, or a Kubernetes HPA between bounds. Every kind has a
 * smallest and a largest count.
 */
export type Scaling =
  | { kind: "fixed"; min: number; max: number }
  | ({ kind: "hpa" } & NonNullable<EffectiveModel["autoscaling"]>);

export function scalingOf({ replicas, autoscaling }: EffectiveModel): Scaling {
  if (autoscaling) return { kind: "hpa", ...autoscaling };
  const count = replicas ?? modelEntries.replicas.about.default;
  return { kind: "fixed", min: count, max: count };
}
