import type { KubeConfig } from "@kubernetes/client-node";
import { proxyFor } from "./proxy.ts";

/** How to reach the cluster beside the provider: what the provider was given. */
export interface ClusterAccess {
  /** A kubeconfig, as text or as the path of a file; without one the default file is used. */
  kubeconfig?: string;
  context?: string;
}

/** The provider's access as a client takes it. Loading the client takes half a second: only what needs it pays. */
export async function clientConfig({ kubeconfig, context }: ClusterAccess): Promise<KubeConfig> {
  const { KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  if (kubeconfig === undefined) config.loadFromDefault();
  else if (kubeconfig.includes("\n") || kubeconfig.startsWith("{")) config.loadFromString(kubeconfig);
  else config.loadFromFile(kubeconfig);
  if (context) config.setCurrentContext(context);
  // The provider takes the environment's proxy where the kubeconfig names none.
  config.clusters = config.clusters.map((cluster) => {
    const proxyUrl = cluster.proxyUrl || proxyFor(cluster.server, process.env);
    return proxyUrl ? { ...cluster, proxyUrl } : cluster;
  });
  return config;
}
