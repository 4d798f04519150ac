import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { tlsOnly } from "./iam.ts";

export interface ModelStoreArgs {
  /** Whether the bucket can be destroyed together with the models in it. */
  deletable: boolean;
  /** Tags of the bucket. */
  tags: Record<string, string>;
}

/** The S3 bucket that holds the models, and everything that guards it. */
export class ModelStore extends pulumi.ComponentResource {
  readonly bucket: aws.s3.Bucket;
  /** Known in a preview already, unlike the bucket's id and ARN. */
  readonly bucketName: pulumi.Output<string>;
  readonly versioning: aws.s3.BucketVersioning;
  readonly encryption: aws.s3.BucketServerSideEncryptionConfiguration;
  readonly publicAccessBlock: aws.s3.BucketPublicAccessBlock;
  readonly ownership: aws.s3.BucketOwnershipControls;
  readonly policy: aws.s3.BucketPolicy;

  /** `protect` and `retainOnDelete` in `opts` reach the bucket and its guards alike. */
  constructor(name: string, args: ModelStoreArgs, opts?: pulumi.ComponentResourceOptions) {
    super("vllm:index:ModelStore", name, {}, opts);
    const child = { parent: this };

    this.bucket = new aws.s3.Bucket(`${name}-bucket`, { forceDestroy: args.deletable, tags: args.tags }, child);
    const bucket = this.bucket.id;
    this.versioning = new aws.s3.BucketVersioning(
      `${name}-versioning`,
      { bucket, versioningConfiguration: { status: "Enabled" } },
      child,
    );
    this.encryption = new aws.s3.BucketServerSideEncryptionConfiguration(
      `${name}-encryption`,
      { bucket, rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }] },
      child,
    );
    this.publicAccessBlock = new aws.s3.BucketPublicAccessBlock(
      `${name}-public-access-block`,
      { bucket, blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true },
      child,
    );
    this.ownership = new aws.s3.BucketOwnershipControls(
      `${name}-ownership`,
      { bucket, rule: { objectOwnership: "BucketOwnerEnforced" } },
      child,
    );
    // S3 refuses a policy while another setting of public access is being written.
    this.policy = new aws.s3.BucketPolicy(
      `${name}-policy`,
      { bucket, policy: this.bucket.arn.apply((arn) => JSON.stringify(tlsOnly(arn))) },
      { ...child, dependsOn: [this.publicAccessBlock] },
    );
    this.bucketName = this.bucket.bucket;
    this.registerOutputs({ bucketName: this.bucketName });
  }
}
