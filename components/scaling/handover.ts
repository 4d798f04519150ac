import * as pulumi from "@pulumi/pulumi";
import { type ClusterAccess, known } from "../clusterAccess.ts";
import { clientConfig } from "../clusterClient.ts";
import { patchForce } from "./fixed.ts";
import { removals } from "./kinds.ts";

interface Metadata {
  name: string;
  namespace: string;
  annotations?: Readonly<Record<string, string>>;
}

const takesField = (metadata: Metadata): boolean =>
  Object.keys(patchForce).every((annotation) => metadata.annotations?.[annotation] === "true");

/**
 * A hook for a Deployment of a fixed count that had a scaler until now: deletes the scaler before the count is set.
 * Pulumi deletes at the end of an update, and until then the scaler would undo the count again and again.
 */
export function scalerHandover(hook: string, access: pulumi.Output<ClusterAccess>): pulumi.ResourceHook {
  return new pulumi.ResourceHook(hook, async ({ oldInputs, newInputs }) => {
    const [before, now] = [oldInputs?.metadata as Metadata, newInputs?.metadata as Metadata | undefined];
    if (!now || !takesField(now) || (before && takesField(before))) return;
    // Only a change from scaled to fixed pays for loading a Kubernetes client.
    const { ApiException } = await import("@kubernetes/client-node");
    const config = await clientConfig(await known(access));
    for (const remove of removals)
      try {
        await remove(config, { name: now.name, namespace: now.namespace });
      } catch (error) {
        if (!(error instanceof ApiException && error.code === 404)) throw error;
      }
  });
}
