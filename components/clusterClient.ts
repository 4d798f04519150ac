import { delimiter } from "node:path";
import type { ConfigurationOptions, KubeConfig, RequestContext, ResponseContext } from "@kubernetes/client-node";
import type { ClusterAccess } from "./clusterAccess.ts";
import { proxyFor } from "./proxy.ts";

/** The provider's access as a client takes it. Loading the client takes half a second: only what needs it pays. */
export async function clientConfig({ kubeconfig, context }: ClusterAccess): Promise<KubeConfig> {
  const { KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  if (kubeconfig.includes("\n") || kubeconfig.startsWith("{")) config.loadFromString(kubeconfig);
  else {
    const [first = "", ...others] = kubeconfig.split(delimiter).filter(Boolean);
    config.loadFromFile(first);
    for (const file of others) {
      const other = new KubeConfig();
      other.loadFromFile(file);
      config.mergeConfig(other, true);
    }
  }
  if (context) config.setCurrentContext(context);
  // The provider takes the environment's proxy where the kubeconfig names none.
  config.clusters = config.clusters.map((cluster) => {
    const proxyUrl = cluster.proxyUrl || proxyFor(cluster.server, process.env);
    return proxyUrl ? { ...cluster, proxyUrl } : cluster;
  });
  return config;
}

/** Options for a call that ends where it is not answered in that time. */
export async function within(milliseconds: number): Promise<ConfigurationOptions> {
  const { Observable } = await import("@kubernetes/client-node");
  const signal = AbortSignal.timeout(milliseconds);
  const pre = (request: RequestContext) => {
    request.setSignal(signal);
    return new Observable(Promise.resolve(request));
  };
  const post = (response: ResponseContext) => new Observable(Promise.resolve(response));
  return { middleware: [{ pre, post }], middlewareMergeStrategy: "append" };
}
