import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { readPrefix } from "../iam.ts";
import type { AccessInputs } from "./maker.ts";

/** A role that may read one prefix of the bucket, for whoever `trust` (an IAM policy document as JSON) says. */
export function readerRole(
  name: string,
  trust: pulumi.Input<string>,
  { bucketArn, prefix, kmsKey, tags }: AccessInputs,
  child: pulumi.CustomResourceOptions,
): { role: aws.iam.Role; policy: aws.iam.RolePolicy } {
  const role = new aws.iam.Role(`${name}-role`, { assumeRolePolicy: trust, tags }, child);
  const document = pulumi.all([bucketArn, kmsKey]).apply(([arn, key]) => JSON.stringify(readPrefix(arn, prefix, key)));
  const policy = new aws.iam.RolePolicy(`${name}-policy`, { role: role.name, policy: document }, child);
  return { role, policy };
}
