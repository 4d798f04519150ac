import { homedir } from "node:os";
import { join } from "node:path";
import * as kubernetes from "@pulumi/kubernetes";
import { eksKubeconfig, findCluster } from "../components/eksCluster.ts";
import type { StackPlan } from "../planning/plan.ts";
import { plainError } from "./settings.ts";

/** Access to the cluster that a stack deploys to. */
export interface Cluster {
  arn: string;
  provider: kubernetes.Provider;
  /** What the provider has, as text or as the path of a file. */
  kubeconfig: string;
}

/**
 * Connects to the plan's cluster: by its kubeconfig and context where it names them, else through EKS.
 * @throws pulumi.RunError where there is no such EKS cluster, it may not be read, or its pods have other addresses.
 */
export async function connectCluster({ cluster, region }: StackPlan): Promise<Cluster> {
  const eks = await findCluster(cluster, (text) => plainError(`vllm:${text}`));
  const { context } = cluster;
  if (!context) {
    const kubeconfig = JSON.stringify(eksKubeconfig(region, eks));
    return { arn: eks.arn, kubeconfig, provider: new kubernetes.Provider("cluster", { kubeconfig }) };
  }
  // Without one the provider takes the default file, which may be several.
  const access = { ...(cluster.kubeconfig ? { kubeconfig: cluster.kubeconfig } : {}), context };
  const kubeconfig = cluster.kubeconfig ?? (process.env.KUBECONFIG || join(homedir(), ".kube", "config"));
  return { arn: eks.arn, kubeconfig, provider: new kubernetes.Provider("cluster", access) };
}
