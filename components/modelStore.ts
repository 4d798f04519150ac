import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { ModelStoreOnDestroy } from "./args.ts";
import { mustBe, plainError, refuse } from "./errors.ts";
import { tlsOnly } from "./iam.ts";
import { Nodes } from "./nodes.ts";

export interface ModelStoreArgs {
  /**
   * What a destroy does to the bucket and the models in it: `keep` refuses to delete them.
   *
   * @default `keep`
   */
  onDestroy?: ModelStoreOnDestroy;
  /**
   * The name of a bucket that there is already: nothing of it is changed or deleted. Excludes `onDestroy`.
   *
   * @default a bucket of its own
   */
  bucket?: pulumi.Input<string>;
  /**
   * The ARN of your own KMS key to encrypt a bucket of its own with.
   *
   * @default a key of S3 itself
   */
  kmsKey?: pulumi.Input<string>;
  /** Tags of the bucket. */
  tags?: Record<string, string>;
}

/** Of a bucket that was there before there are none. */
export interface ModelStoreNodes {
  bucket?: aws.s3.Bucket;
  versioning?: aws.s3.BucketVersioning;
  encryption?: aws.s3.BucketServerSideEncryptionConfiguration;
  publicAccessBlock?: aws.s3.BucketPublicAccessBlock;
  ownership?: aws.s3.BucketOwnershipControls;
  policy?: aws.s3.BucketPolicy;
}

const nodes = new Nodes<ModelStore, ModelStoreNodes>();

/** The S3 bucket that holds the models, and everything that guards it; what is kept, is kept with its guards. */
export class ModelStore extends pulumi.ComponentResource {
  /** The bucket's name: known in a preview already, unlike its id and ARN. */
  readonly bucketName: pulumi.Output<string>;
  /** The bucket's ARN. */
  readonly bucketArn: pulumi.Output<string>;

  constructor(name: string, args: ModelStoreArgs, opts?: pulumi.ComponentResourceOptions) {
    const { bucket, onDestroy, kmsKey, tags = {} } = args;
    const keeps = bucket === undefined && onDestroy !== ModelStoreOnDestroy.Delete;
    super("vllm:index:ModelStore", name, {}, { ...opts, protect: keeps, retainOnDelete: keeps });
    if (onDestroy !== undefined) mustBe(this, "onDestroy", onDestroy, Object.values(ModelStoreOnDestroy));
    if (bucket !== undefined && onDestroy !== undefined)
      refuse(this, "onDestroy", onDestroy, "left out beside 'bucket', of which nothing is deleted");

    const made: ModelStoreNodes = bucket === undefined ? ownBucket(this, name, !keeps, kmsKey, tags) : {};
    const found = made.bucket ?? findBucket(this, bucket ?? "");
    this.bucketName = found.bucket;
    this.bucketArn = found.arn;
    nodes.keep(this, made);
    this.registerOutputs({ bucketName: this.bucketName, bucketArn: this.bucketArn });
  }

  /** The resources that it is made of. */
  get nodes(): ModelStoreNodes {
    return nodes.of(this);
  }
}

/** A bucket with its guards. */
function ownBucket(
  parent: ModelStore,
  name: string,
  forceDestroy: boolean,
  kmsKey: pulumi.Input<string> | undefined,
  tags: Record<string, string>,
): Required<ModelStoreNodes> {
  const child = { parent };
  const made = new aws.s3.Bucket(`${name}-bucket`, { forceDestroy, tags }, child);
  const bucket = made.id;
  const versioning = new aws.s3.BucketVersioning(
    `${name}-versioning`,
    { bucket, versioningConfiguration: { status: "Enabled" } },
    child,
  );
  const encryption = new aws.s3.BucketServerSideEncryptionConfiguration(
    `${name}-encryption`,
    { bucket, rules: [encryptionRule(kmsKey)] },
    child,
  );
  const publicAccessBlock = new aws.s3.BucketPublicAccessBlock(
    `${name}-public-access-block`,
    { bucket, blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true },
    child,
  );
  const ownership = new aws.s3.BucketOwnershipControls(
    `${name}-ownership`,
    { bucket, rule: { objectOwnership: "BucketOwnerEnforced" } },
    child,
  );
  // S3 refuses a policy while another setting of public access is being written.
  const policy = new aws.s3.BucketPolicy(
    `${name}-policy`,
    { bucket, policy: made.arn.apply((arn) => JSON.stringify(tlsOnly(arn))) },
    { ...child, dependsOn: [publicAccessBlock] },
  );
  return { bucket: made, versioning, encryption, publicAccessBlock, ownership, policy };
}

/** With a key for the bucket, or each of the many reads of a model would be a request to KMS. */
const encryptionRule = (kmsKey: pulumi.Input<string> | undefined) =>
  kmsKey == null
    ? { applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }
    : {
        applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: kmsKey },
        bucketKeyEnabled: true,
      };

/** A bucket's name and ARN. */
type Found = { bucket: pulumi.Output<string>; arn: pulumi.Output<string> };

/** A bucket that there is already. One that is not there, or may not be read, is an error at the component. */
function findBucket(parent: ModelStore, given: pulumi.Input<string>): Found {
  // In a preview the name of one that the same run makes is known before it is there.
  if (typeof given !== "string" && pulumi.runtime.isDryRun()) {
    const bucket = pulumi.output(given);
    const { partition } = aws.getPartitionOutput({}, { parent });
    return { bucket, arn: pulumi.interpolate`arn:${partition}:s3:::${bucket}` };
  }
  const found = pulumi.output(given).apply((bucket) =>
    aws.s3.getBucket({ bucket }, { parent }).catch((error: Error) => {
      throw plainError(parent, `bucket: the bucket '${bucket}' cannot be read: ${error.message}`);
    }),
  );
  return { bucket: found.bucket, arn: found.arn };
}
