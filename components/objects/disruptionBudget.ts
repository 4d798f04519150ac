import { modelLabels } from "./labels.ts";
import { metadata, type Owner } from "./metadata.ts";

export const disruptionBudget = (owner: Owner) => ({
  metadata: metadata(owner),
  spec: {
    maxUnavailable: 1,
    // A pod that never became ready must not hold up the drain of its node.
    unhealthyPodEvictionPolicy: "AlwaysAllow",
    selector: { matchLabels: modelLabels(owner.model) },
  },
});
