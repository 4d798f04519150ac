import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { StackPlan } from "../planning/plan.ts";
import type { EksCluster } from "./access/maker.ts";
import type { Inputs } from "./arguments.ts";
import type { ClusterAccess } from "./clusterAccess.ts";
import { eksKubeconfig, findCluster } from "./eksCluster.ts";
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
  { cluster: asked }: StackPlan,
  { region = aws.getRegionOutput({}, { parent }).region, clusterArn, kubeconfig }: Inputs,
): Place {
  const { eks, context } = asked;
  const given = kubeconfig === undefined ? undefined : pulumi.secret({ kubeconfig: textOf(kubeconfig), context });
  if (clusterArn !== undefined && given) return { region, cluster: { eks, arn: clusterArn }, access: given };
  const found = pulumi.output(findCluster(asked, (text) => plainError(parent, text), { parent }));
  const access = pulumi.all([region, found]).apply(([name, cluster]) => ({
    kubeconfig: JSON.stringify(eksKubeconfig(name, cluster)),
  }));
  return { region, cluster: { eks, arn: clusterArn ?? found.arn }, access: given ?? access };
}

/** A kubeconfig as text: what makes clusters, and languages that read JSON as they meet it, hand over its content as an object. */
const textOf = (kubeconfig: pulumi.Input<string>): pulumi.Output<string> =>
  pulumi
    .output(kubeconfig)
    .apply((content: unknown) => (typeof content === "string" ? content : JSON.stringify(content)));
