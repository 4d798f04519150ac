import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";

/** A kubeconfig that asks the AWS CLI for a token at each use, so that none is ever stored. */
export const eksKubeconfig = (
  region: string,
  { name, endpoint, certificateAuthorities }: aws.eks.GetClusterResult,
) => ({
  apiVersion: "v1",
  kind: "Config",
  clusters: [
    {
      name,
      cluster: { server: endpoint, "certificate-authority-data": certificateAuthorities[0]?.data ?? "" },
    },
  ],
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

/**
 * The cluster as EKS has it.
 * @throws what `wrong` makes of the words, where there is none, it may not be read, or its pods have other addresses
 */
export async function findCluster(
  { eks: name, ipFamily }: { eks: string; ipFamily: string },
  wrong: (text: string) => Error,
  opts?: pulumi.InvokeOptions,
): Promise<aws.eks.GetClusterResult> {
  const cluster = await aws.eks.getCluster({ name }, opts).catch((error: Error) => {
    throw wrong(`cluster.eks: the EKS cluster '${name}' cannot be read: ${error.message}`);
  });
  // Where servers listen on other addresses than their pods have, no probe ever reaches them.
  const family = cluster.kubernetesNetworkConfigs?.[0]?.ipFamily || ipFamily;
  if (family !== ipFamily)
    throw wrong(`cluster.ipFamily: is '${ipFamily}', but must be '${family}', as the EKS cluster '${name}' has it`);
  return cluster;
}
