import * as aws from "@pulumi/aws";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { StackPlan } from "../planning/plan.ts";

/** Access to the cluster that a stack deploys to. */
export interface Cluster {
  provider: kubernetes.Provider;
  /** ARN of the EKS cluster. */
  arn: pulumi.Output<string>;
}

/** Connects to the plan's cluster: by its kubeconfig and context where it names them, else through EKS. */
export function connectCluster({ cluster, region }: StackPlan): Cluster {
  const eks = aws.eks.getClusterOutput({ name: cluster.eks });
  const provider = new kubernetes.Provider(
    "cluster",
    cluster.context
      ? { ...(cluster.kubeconfig ? { kubeconfig: cluster.kubeconfig } : {}), context: cluster.context }
      : {
          kubeconfig: pulumi
            .all([eks.endpoint, eks.certificateAuthorities])
            .apply(([endpoint, authorities]) =>
              JSON.stringify(eksKubeconfig(cluster.eks, region, endpoint, authorities[0]?.data ?? "")),
            ),
        },
  );
  return { provider, arn: eks.arn };
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
