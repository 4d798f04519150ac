import type * as aws from "@pulumi/aws";

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
 * What is wrong with a family of addresses for a cluster. Where servers listen on other addresses than their pods have,
 * no probe ever reaches them.
 */
export function familyProblem(wanted: string, { name, kubernetesNetworkConfigs }: aws.eks.GetClusterResult) {
  const family = kubernetesNetworkConfigs?.[0]?.ipFamily || wanted;
  if (family === wanted) return undefined;
  return `cluster.ipFamily: is '${wanted}', but must be '${family}', as the EKS cluster '${name}' has it`;
}
