import * as aws from "@pulumi/aws";
import * as kubernetes from "@pulumi/kubernetes";
import type { EksCluster } from "../components/access/maker.ts";
import type { ClusterAccess } from "../components/clusterAccess.ts";
import type { StackPlan } from "../planning/plan.ts";
import { plainError } from "./settings.ts";

/** Access to the cluster that a stack deploys to. */
export interface Cluster extends EksCluster, ClusterAccess {
  provider: kubernetes.Provider;
}

/**
 * Connects to the plan's cluster: by its kubeconfig and context where it names them, else through EKS.
 * @throws pulumi.RunError where there is no such EKS cluster, it may not be read, or its pods have other addresses.
 */
export async function connectCluster({ cluster, region }: StackPlan): Promise<Cluster> {
  const eks = await aws.eks.getCluster({ name: cluster.eks }).catch((error: Error) => {
    throw plainError(`vllm:cluster.eks: the EKS cluster '${cluster.eks}' cannot be read: ${error.message}`);
  });
  // Where servers listen on other addresses than their pods have, no probe ever reaches them.
  const family = eks.kubernetesNetworkConfigs?.[0]?.ipFamily || cluster.ipFamily;
  if (family !== cluster.ipFamily)
    throw plainError(
      `vllm:cluster.ipFamily: is '${cluster.ipFamily}', but must be '${family}', as the EKS cluster '${cluster.eks}' has it`,
    );
  const { context } = cluster;
  const kubeconfig = context
    ? cluster.kubeconfig
    : JSON.stringify(eksKubeconfig(cluster.eks, region, eks.endpoint, eks.certificateAuthorities[0]?.data ?? ""));
  const access = { ...(kubeconfig ? { kubeconfig } : {}), ...(context ? { context } : {}) };
  return { ...access, provider: new kubernetes.Provider("cluster", access), name: cluster.eks, arn: eks.arn };
}

/** A kubeconfig that asks the AWS CLI for a token at each use, so that none is ever stored. */
export const eksKubeconfig = (name: string, region: string, endpoint: string, authority: string) => ({
  apiVersion: "v1",
  kind: "Config",
  clusters: [{ name, cluster: { server: endpoint, "certificate-authority-data": authority } }],
  contexts: [{ name, context: { cluster: name, user: name } }],
  "current-context": name,
  users: [
    {
      name,
      user: {
        exec: {
          apiVersion: "client.authentication.k8s.io/v1beta1",
          command: "aws",
          args: ["--region", region, "eks", "get-token", "--cluster-name", name, "--output", "json"],
          interactiveMode: "Never",
        },
      },
    },
  ],
});
