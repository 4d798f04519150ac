import { CreateClusterCommand, EKSClient, ResourceInUseException } from "@aws-sdk/client-eks";
import { account, dummyCredentials } from "./moto.ts";

/** The EKS clusters that exist in the lab's AWS, one for each stack. */
export const eksClusters = ["dev", "test", "staging", "prod"];

/** The region that they are in. */
export const region = "eu-west-1";

/** Makes the EKS clusters: entries in moto, to bind identities to. */
export async function createEksClusters(endpoint: string): Promise<void> {
  const eks = new EKSClient({ endpoint, region, credentials: dummyCredentials, maxAttempts: 1 });
  for (const name of eksClusters) {
    const roleArn = `arn:aws:iam::${account}:role/eks-cluster`;
    const create = new CreateClusterCommand({ name, roleArn, version: "1.36", resourcesVpcConfig: {} });
    await eks.send(create).catch((error: unknown) => {
      if (!(error instanceof ResourceInUseException)) throw error;
    });
  }
  eks.destroy();
}
