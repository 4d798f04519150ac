import * as kubernetes from "@pulumi/kubernetes";
import type { Server } from "../../planning/engine/engine.ts";
import type { Scaling } from "../../planning/scaling.ts";
import { horizontalPodAutoscaler } from "../objects/horizontalPodAutoscaler.ts";
import type { Scaler, ScalerRemoval } from "./scaler.ts";

/** A Kubernetes HPA: the Deployment starts with the smallest count, which is then left alone. */
export const hpa = (scaling: Extract<Scaling, { kind: "hpa" }>, { waitingMetric }: Server): Scaler => ({
  ignoreChanges: ["spec.replicas"],
  create: (name, owner, opts) =>
    new kubernetes.autoscaling.v2.HorizontalPodAutoscaler(
      `${name}-autoscaler`,
      horizontalPodAutoscaler(owner, scaling, waitingMetric),
      opts,
    ),
});

/** Deletes the HPA of a Deployment of that name. */
export const removeHpa: ScalerRemoval = async (config, target) => {
  const { AutoscalingV2Api } = await import("@kubernetes/client-node");
  await config.makeApiClient(AutoscalingV2Api).deleteNamespacedHorizontalPodAutoscaler(target);
};
