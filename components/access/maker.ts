import type * as aws from "@pulumi/aws";
import type * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Owner } from "../objects/metadata.ts";

/** What an identity needs to know of the EKS cluster that its pods are in. */
export interface EksCluster {
  /** Its name. */
  eks: string;
  /** Its ARN, which the identity trusts. */
  arn: pulumi.Input<string>;
}

/** What an identity is made from. */
export interface AccessInputs {
  /** Whose pods have it. */
  owner: Owner;
  bucketArn: pulumi.Input<string>;
  /** What may be read, ending in '/': `models/chat/`. */
  prefix: string;
  /** The ARN of the key that encrypts it, where it is no key of S3 itself. */
  kmsKey?: pulumi.Input<string>;
  cluster: EksCluster;
  /** Tags of what is made in AWS. */
  tags: Record<string, string>;
}

/** The children of a `ModelAccess`; which are there differs by kind. */
export interface AccessNodes {
  serviceAccount?: kubernetes.core.v1.ServiceAccount;
  role?: aws.iam.Role;
  policy?: aws.iam.RolePolicy;
  association?: aws.eks.PodIdentityAssociation;
}

/** Makes the children of a `ModelAccess` of one kind: a service account, and what lets its pods read. */
export type AccessMaker = (
  name: string,
  inputs: AccessInputs,
  child: pulumi.CustomResourceOptions,
) => { serviceAccountName: pulumi.Output<string>; nodes: AccessNodes };
