import type { EffectiveModel } from "../config/settings.ts";

/**
 * Who decides on the number of replicas, by kind: a fixed count, or a Kubernetes HPA between bounds. Every kind has a
 * smallest and a largest count.
 */
export type Scaling =
  | { kind: "fixed"; min: number; max: number }
  | ({ kind: "hpa" } & NonNullable<EffectiveModel["autoscaling"]>);

export const scalingOf = ({ replicas = 1, autoscaling }: EffectiveModel): Scaling =>
  autoscaling ? { kind: "hpa", ...autoscaling } : { kind: "fixed", min: replicas, max: replicas };
