import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { StackPlan } from "../planning/plan.ts";
import type { EksCluster } from "./access/maker.ts";
import type { Inputs } from "./arguments.ts";
import type { ClusterAccess } from "./clusterAccess.ts";
import { eksKubeconfig, familyProblem } from "./eksCluster.ts";
import { plainError } from "./errors.ts";

/** Where a platform is: what its arguments say of it, and the rest as AWS has it. */
export interface Place {
  region: pulumi.Input<string>;
  cluster: EksCluster;
  /** How to reach the cluster beside the provider: by the kubeconfig that was given, else through EKS. */
  access: pulumi.Output<ClusterAccess>;
}

/** Asks AWS for nothing that the arguments say. */
export function placeOf(
  parent: pulumi.ComponentResource,
  { cluster: { eks, ipFamily, context } }: StackPlan,
  { region = aws.getRegionOutput({}, { parent }).region, clusterArn, kubeconfig }: Inputs,
): Place {
  const given = kubeconfig === undefined ? undefined : pulumi.secret({ kubeconfig, context });
  if (clusterArn !== undefined && given) return { region, cluster: { eks, arn: clusterArn }, access: given };
  const found = pulumi.output(findCluster(parent, eks, ipFamily));
  const access = pulumi.all([region, found]).apply(([name, cluster]) => ({
    kubeconfig: JSON.stringify(eksKubeconfig(name, cluster)),
  }));
  return { region, cluster: { eks, arn: clusterArn ?? found.arn }, access: given ?? access };
}

/** The cluster as EKS has it; that there is none, or one of other addresses, is an error at the component. */
async function findCluster(parent: pulumi.ComponentResource, name: string, ipFamily: string) {
  const cluster = await aws.eks.getCluster({ name }, { parent }).catch((error: Error) => {
    throw plainError(parent, `cluster.eks: the EKS cluster '${name}' cannot be read: ${error.message}`);
  });
  const wrong = familyProblem(ipFamily, cluster);
  if (wrong) throw plainError(parent, wrong);
  return cluster;
}
