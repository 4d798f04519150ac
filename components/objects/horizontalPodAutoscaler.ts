import type { Scaling } from "../../planning/scaling.ts";
import { metadata, type Owner } from "./metadata.ts";

/** Scales a model's Deployment by the requests that wait in its pods. */
export const horizontalPodAutoscaler = (
  owner: Owner,
  { min, max, waitingRequests }: Extract<Scaling, { kind: "hpa" }>,
  waitingMetric: string,
) => ({
  metadata: metadata(owner),
  spec: {
    scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: owner.model },
    minReplicas: min,
    maxReplicas: max,
    metrics: [
      {
        type: "Pods",
        pods: {
          metric: { name: waitingMetric },
          target: { type: "AverageValue", averageValue: String(waitingRequests) },
        },
      },
    ],
  },
});
