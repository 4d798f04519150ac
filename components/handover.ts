import * as pulumi from "@pulumi/pulumi";

/** How to reach the cluster beside the provider: what the provider was given. */
export interface ClusterAccess {
  /** A kubeconfig, as text or as the path of a file; without one the default file is used. */
  kubeconfig?: pulumi.Input<string>;
  context?: string;
}

const takesField = (inputs: Record<string, unknown> | undefined): boolean => {
  const metadata = inputs?.metadata as { annotations?: Record<string, string> } | undefined;
  return metadata?.annotations?.["pulumi.com/patchForce"] === "true";
};

/**
 * A hook for a Deployment of a fixed count that had a scaler until now: deletes the scaler before the count is set.
 * Pulumi deletes at the end of an update, and until then the scaler would undo the count again and again.
 */
export function scalerHandover(name: string, access: ClusterAccess): pulumi.ResourceHook {
  return new pulumi.ResourceHook(name, async ({ oldInputs, newInputs }) => {
    if (takesField(oldInputs) || !newInputs || !takesField(newInputs)) return;
    const { name, namespace } = newInputs.metadata as { name: string; namespace: string };
    // Only a change from scaled to fixed pays for loading a Kubernetes client.
    const { ApiException, AutoscalingV2Api, KubeConfig } = await import("@kubernetes/client-node");
    const config = new KubeConfig();
    const kubeconfig = await new Promise<string | undefined>((done) => pulumi.output(access.kubeconfig).apply(done));
    if (kubeconfig === undefined) config.loadFromDefault();
    else if (kubeconfig.includes("\n") || kubeconfig.startsWith("{")) config.loadFromString(kubeconfig);
    else config.loadFromFile(kubeconfig);
    if (access.context) config.setCurrentContext(access.context);
    try {
      await config.makeApiClient(AutoscalingV2Api).deleteNamespacedHorizontalPodAutoscaler({ name, namespace });
    } catch (error) {
      if (!(error instanceof ApiException && error.code === 404)) throw error;
    }
  });
}
