import type { Scaler } from "./scaler.ts";

/** Has Pulumi take a field back from whoever has it, which may be a scaler that went. */
export const patchForce = { "pulumi.com/patchForce": "true" };

/** A fixed number of replicas. */
export const fixed: Scaler = { annotations: patchForce, takesOver: true };
