import {
  type BucketVersioningStatus,
  DeleteBucketEncryptionCommand,
  DeleteBucketLifecycleCommand,
  DeleteBucketOwnershipControlsCommand,
  DeleteBucketPolicyCommand,
  DeletePublicAccessBlockCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
  type LifecycleRule,
  type ObjectOwnership,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutPublicAccessBlockCommand,
  type ServerSideEncryptionRule,
} from "@aws-sdk/client-s3";
import type { Received } from "../plugin/provider.ts";
import { fromAws, toAws } from "./camel.ts";
import { type Clients, unlessGone } from "./clients.ts";
import { type Kind, type Remote, text } from "./kind.ts";

/** A setting that belongs to a bucket and is written as a whole. */
interface Setting {
  /** Its own inputs; all can be updated. */
  inputs: string[];
  defaults?: Kind["defaults"];
  required?: string[];
  policies?: string[];
  put(clients: Clients, bucket: string, inputs: Received): Promise<unknown>;
  get(clients: Clients, bucket: string): Promise<Remote | undefined>;
  remove(clients: Clients, bucket: string, state: Received): Promise<unknown>;
}

function settingOfBucket(setting: Setting): Kind {
  return {
    inputs: {
      bucket: "replace",
      region: "replace",
      ...Object.fromEntries(setting.inputs.map((name) => [name, "update" as const])),
    },
    required: ["bucket", ...(setting.required ?? [])],
    defaults: setting.defaults,
    policies: setting.policies,
    async create(clients, inputs) {
      const name = text(inputs, "bucket");
      await setting.put(clients, name, inputs);
      return name;
    },
    async read(clients, id) {
      const found = await setting.get(clients, id);
      return found && { bucket: id, region: clients.region, ...found };
    },
    async update(clients, id, inputs) {
      await setting.put(clients, id, inputs);
    },
    async delete(clients, id, state) {
      await setting.remove(clients, id, state);
    },
  };
}

/** `aws:s3/bucketVersioning:BucketVersioning`. It cannot be taken away, so a delete suspends it. */
export const bucketVersioning = settingOfBucket({
  inputs: ["versioningConfiguration"],
  required: ["versioningConfiguration"],
  put: ({ s3 }, Bucket, inputs) => {
    const { status } = inputs.versioningConfiguration as { status: string };
    return status === "Disabled" ? Promise.resolve() : s3.send(versioning(Bucket, status));
  },
  async get({ s3 }, Bucket) {
    const found = await unlessGone(s3.send(new GetBucketVersioningCommand({ Bucket })));
    return found?.Status && { versioningConfiguration: { status: found.Status } };
  },
  async remove({ s3 }, Bucket, state) {
    const { status } = (state.versioningConfiguration ?? {}) as { status?: string };
    if (status === "Enabled") await s3.send(versioning(Bucket, "Suspended"));
  },
});

function versioning(Bucket: string, status: string): PutBucketVersioningCommand {
  return new PutBucketVersioningCommand({
    Bucket,
    VersioningConfiguration: { Status: status as BucketVersioningStatus },
  });
}

/** `aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration`. */
export const bucketEncryption = settingOfBucket({
  inputs: ["rules"],
  required: ["rules"],
  put: ({ s3 }, Bucket, inputs) =>
    s3.send(
      new PutBucketEncryptionCommand({
        Bucket,
        ServerSideEncryptionConfiguration: { Rules: toAws(inputs.rules) as ServerSideEncryptionRule[] },
      }),
    ),
  async get({ s3 }, Bucket) {
    const found = await unlessGone(s3.send(new GetBucketEncryptionCommand({ Bucket })));
    return found && { rules: fromAws(found.ServerSideEncryptionConfiguration?.Rules ?? []) };
  },
  remove: ({ s3 }, Bucket) => s3.send(new DeleteBucketEncryptionCommand({ Bucket })),
});

/** `aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock`. */
export const bucketPublicAccessBlock = settingOfBucket({
  inputs: ["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets", "skipDestroy"],
  put: ({ s3 }, Bucket, inputs) =>
    s3.send(
      new PutPublicAccessBlockCommand({
        Bucket,
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: inputs.blockPublicAcls === true,
          BlockPublicPolicy: inputs.blockPublicPolicy === true,
          IgnorePublicAcls: inputs.ignorePublicAcls === true,
          RestrictPublicBuckets: inputs.restrictPublicBuckets === true,
        },
      }),
    ),
  async get({ s3 }, Bucket) {
    const found = await unlessGone(s3.send(new GetPublicAccessBlockCommand({ Bucket })));
    return found && (fromAws(found.PublicAccessBlockConfiguration ?? {}) as Remote);
  },
  async remove({ s3 }, Bucket, state) {
    if (state.skipDestroy !== true) await s3.send(new DeletePublicAccessBlockCommand({ Bucket }));
  },
});

/** `aws:s3/bucketOwnershipControls:BucketOwnershipControls`. */
export const bucketOwnershipControls = settingOfBucket({
  inputs: ["rule"],
  required: ["rule"],
  put: ({ s3 }, Bucket, inputs) => {
    const { objectOwnership } = inputs.rule as { objectOwnership: ObjectOwnership };
    const OwnershipControls = { Rules: [{ ObjectOwnership: objectOwnership }] };
    return s3.send(new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls }));
  },
  async get({ s3 }, Bucket) {
    const found = await unlessGone(s3.send(new GetBucketOwnershipControlsCommand({ Bucket })));
    const objectOwnership = found?.OwnershipControls?.Rules?.[0]?.ObjectOwnership;
    return objectOwnership && { rule: { objectOwnership } };
  },
  remove: ({ s3 }, Bucket) => s3.send(new DeleteBucketOwnershipControlsCommand({ Bucket })),
});

/** `aws:s3/bucketPolicy:BucketPolicy`. */
export const bucketPolicy = settingOfBucket({
  inputs: ["policy"],
  required: ["policy"],
  policies: ["policy"],
  put: ({ s3 }, Bucket, inputs) => s3.send(new PutBucketPolicyCommand({ Bucket, Policy: text(inputs, "policy") })),
  async get({ s3 }, Bucket) {
    const found = await unlessGone(s3.send(new GetBucketPolicyCommand({ Bucket })));
    return found?.Policy ? { policy: found.Policy } : undefined;
  },
  remove: ({ s3 }, Bucket) => s3.send(new DeleteBucketPolicyCommand({ Bucket })),
});

/** `aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration`. */
export const bucketLifecycle = settingOfBucket({
  inputs: ["rules", "transitionDefaultMinimumObjectSize"],
  required: ["rules"],
  put: ({ s3 }, Bucket, inputs) =>
    s3.send(
      new PutBucketLifecycleConfigurationCommand({
        Bucket,
        LifecycleConfiguration: {
          Rules: (toAws(inputs.rules) as LifecycleRule[]).map((rule) => ({ Filter: { Prefix: "" }, ...rule })),
        },
      }),
    ),
  async get({ s3 }, Bucket) {
    const found = await unlessGone(s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket })));
    return found && { rules: fromAws(found.Rules ?? []) };
  },
  remove: ({ s3 }, Bucket) => s3.send(new DeleteBucketLifecycleCommand({ Bucket })),
});
