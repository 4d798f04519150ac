import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { readPrefix, trustServiceAccount } from "./iam.ts";

export interface ModelAccessArgs {
  bucketArn: pulumi.Input<string>;
  /** What may be read, ending in '/': `models/chat/`. */
  prefix: string;
  clusterName: string;
  clusterArn: pulumi.Input<string>;
  namespace: pulumi.Input<string>;
  serviceAccount: pulumi.Input<string>;
  /** Tags of the role. */
  tags: Record<string, string>;
}

/** The identity that may read one model's prefix, and its binding to a service account by EKS Pod Identity. */
export class ModelAccess extends pulumi.ComponentResource {
  readonly role: aws.iam.Role;
  readonly policy: aws.iam.RolePolicy;
  readonly association: aws.eks.PodIdentityAssociation;

  constructor(name: string, args: ModelAccessArgs, opts?: pulumi.ComponentResourceOptions) {
    super("vllm:index:ModelAccess", name, {}, opts);
    const child = { parent: this };

    const trust = pulumi
      .all([args.clusterArn, args.namespace, args.serviceAccount])
      .apply(([cluster, namespace, account]) => JSON.stringify(trustServiceAccount(cluster, namespace, account)));
    this.role = new aws.iam.Role(`${name}-role`, { assumeRolePolicy: trust, tags: args.tags }, child);
    this.policy = new aws.iam.RolePolicy(
      `${name}-policy`,
      {
        role: this.role.name,
        policy: pulumi.output(args.bucketArn).apply((arn) => JSON.stringify(readPrefix(arn, args.prefix))),
      },
      child,
    );
    this.association = new aws.eks.PodIdentityAssociation(
      `${name}-association`,
      {
        clusterName: args.clusterName,
        namespace: args.namespace,
        serviceAccount: args.serviceAccount,
        roleArn: this.role.arn,
        tags: args.tags,
      },
      child,
    );
    this.registerOutputs({ roleArn: this.role.arn });
  }
}
