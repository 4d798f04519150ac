import * as aws from "@pulumi/aws";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { trustServiceAccount } from "../iam.ts";
import { serviceAccount } from "../objects/serviceAccount.ts";
import type { AccessMaker } from "./maker.ts";
import { readerRole } from "./readerRole.ts";

/** A service account, a role that trusts it and nobody else, and their binding by EKS Pod Identity. */
export const podIdentity: AccessMaker = (name, args, child) => {
  const account = new kubernetes.core.v1.ServiceAccount(`${name}-service-account`, serviceAccount(args.owner), child);
  const { name: accountName, namespace } = account.metadata;
  const trust = pulumi
    .all([args.cluster.arn, namespace, accountName])
    .apply((trusted) => JSON.stringify(trustServiceAccount(...trusted)));
  const { role, policy } = readerRole(name, trust, args, child);
  const association = new aws.eks.PodIdentityAssociation(
    `${name}-association`,
    {
      clusterName: args.cluster.eks,
      namespace,
      serviceAccount: accountName,
      roleArn: role.arn,
      tags: args.tags,
    },
    child,
  );
  return { serviceAccountName: accountName, nodes: { serviceAccount: account, role, policy, association } };
};
