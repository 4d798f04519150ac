import {
  DescribePodIdentityAssociationCommand,
  EKSClient,
  ListPodIdentityAssociationsCommand,
} from "@aws-sdk/client-eks";
import {
  GetRoleCommand,
  GetRolePolicyCommand,
  IAMClient,
  ListRolePoliciesCommand,
  ListRolesCommand,
} from "@aws-sdk/client-iam";
import {
  GetBucketEncryptionCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
} from "@aws-sdk/client-s3";
import { s3 } from "../../lab/publish.ts";
import type { Lab } from "../../lab/state.ts";

/** What stands in the lab's AWS account, read back through AWS's own APIs. */
export class Account {
  readonly #s3;
  readonly #iam;
  readonly #eks;

  constructor(lab: Lab) {
    const credentials = { accessKeyId: "lab", secretAccessKey: "lab" };
    const options = { endpoint: lab.awsEndpoint, region: "eu-west-1", credentials };
    this.#s3 = s3(lab);
    this.#iam = new IAMClient(options);
    this.#eks = new EKSClient(options);
  }

  async buckets(): Promise<string[]> {
    const { Buckets = [] } = await this.#s3.send(new ListBucketsCommand({}));
    return Buckets.map(({ Name = "" }) => Name);
  }

  async objects(bucket: string): Promise<string[]> {
    const { Contents = [] } = await this.#s3.send(new ListObjectsV2Command({ Bucket: bucket }));
    return Contents.map(({ Key = "" }) => Key);
  }

  /** Everything that guards a bucket. */
  async guards(bucket: string) {
    const of = { Bucket: bucket };
    const [versioning, encryption, access, ownership, policy] = await Promise.all([
      this.#s3.send(new GetBucketVersioningCommand(of)),
      this.#s3.send(new GetBucketEncryptionCommand(of)),
      this.#s3.send(new GetPublicAccessBlockCommand(of)),
      this.#s3.send(new GetBucketOwnershipControlsCommand(of)),
      this.#s3.send(new GetBucketPolicyCommand(of)),
    ]);
    const [rule] = encryption.ServerSideEncryptionConfiguration?.Rules ?? [];
    return {
      versioning: versioning.Status,
      encryption: rule?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm,
      publicAccess: access.PublicAccessBlockConfiguration,
      ownership: ownership.OwnershipControls?.Rules?.map(({ ObjectOwnership }) => ObjectOwnership),
      policy: JSON.parse(policy.Policy ?? "{}"),
    };
  }

  /** The associations of a namespace: what EKS answers, with the role and its policies as IAM has them. */
  async identities(cluster: string, namespace: string) {
    const { associations = [] } = await this.#eks.send(
      new ListPodIdentityAssociationsCommand({ clusterName: cluster, namespace }),
    );
    return Promise.all(
      associations.map(async ({ associationId = "" }) => {
        const { association } = await this.#eks.send(
          new DescribePodIdentityAssociationCommand({ clusterName: cluster, associationId }),
        );
        const RoleName = association?.roleArn?.split("/").at(-1) ?? "";
        const { Role } = await this.#iam.send(new GetRoleCommand({ RoleName }));
        const { PolicyNames = [] } = await this.#iam.send(new ListRolePoliciesCommand({ RoleName }));
        const policies = await Promise.all(
          PolicyNames.map(async (PolicyName) => {
            const { PolicyDocument = "" } = await this.#iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }));
            return JSON.parse(decodeURIComponent(PolicyDocument));
          }),
        );
        return {
          serviceAccount: association?.serviceAccount,
          roleArn: association?.roleArn,
          trust: JSON.parse(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? "{}")),
          policies,
        };
      }),
    );
  }

  /** Names of the roles that begin so. */
  async roles(prefix: string): Promise<string[]> {
    const { Roles = [] } = await this.#iam.send(new ListRolesCommand({}));
    return Roles.map(({ RoleName = "" }) => RoleName).filter((name) => name.startsWith(prefix));
  }
}
