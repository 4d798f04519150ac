import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteBucketTaggingCommand,
  DeleteObjectsCommand,
  GetBucketTaggingCommand,
  HeadBucketCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  type ObjectIdentifier,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
} from "@aws-sdk/client-s3";
import { PluginError } from "../plugin/errors.ts";
import { type Clients, unlessGone } from "./clients.ts";
import { type Kind, tagList, tagMap, text } from "./kind.ts";

/** `aws:s3/bucket:Bucket`, without the settings that have their own types. */
export const bucket: Kind = {
  inputs: {
    bucket: "replace",
    bucketPrefix: "replace",
    objectLockEnabled: "replace",
    region: "replace",
    forceDestroy: "update",
    tags: "update",
    tagsAll: "update",
  },
  required: [],
  defaults: { forceDestroy: false },
  autoName: { property: "bucket", maxLength: 63, lowerCase: true },
  computed: ["arn", "bucketDomainName", "bucketRegion", "bucketRegionalDomainName"],
  async create({ s3, region }, inputs) {
    const Bucket = text(inputs, "bucket");
    if (await unlessGone(s3.send(new HeadBucketCommand({ Bucket })))) {
      throw new PluginError(`creating S3 Bucket (${Bucket}): BucketAlreadyExists: the bucket already exists`);
    }
    await s3.send(
      new CreateBucketCommand({
        Bucket,
        ...(region === "us-east-1" ? {} : { CreateBucketConfiguration: { LocationConstraint: region as "eu-west-1" } }),
        ...(inputs.objectLockEnabled === true ? { ObjectLockEnabledForBucket: true } : {}),
      }),
    );
    await putTags({ s3 }, Bucket, inputs.tagsAll);
    return Bucket;
  },
  async read({ s3, region }, id) {
    const found = await unlessGone(s3.send(new HeadBucketCommand({ Bucket: id })));
    if (!found) return undefined;
    const tags = await unlessGone(s3.send(new GetBucketTaggingCommand({ Bucket: id })));
    return {
      ...bucketFacts(id, region, found),
      tagsAll: tagMap(tags?.TagSet),
    };
  },
  async update({ s3 }, id, inputs) {
    await putTags({ s3 }, id, inputs.tagsAll);
  },
  async delete({ s3 }, id, state) {
    if (state.forceDestroy === true) await empty({ s3 }, id);
    await s3.send(new DeleteBucketCommand({ Bucket: id }));
  },
};

/** The partition that a region belongs to. */
export function partition(region: string): string {
  if (region.startsWith("cn-")) return "aws-cn";
  return region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}

/** The domain under which a region's services are. */
export function domain(region: string): string {
  return region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
}

async function putTags({ s3 }: Pick<Clients, "s3">, Bucket: string, tags: unknown): Promise<void> {
  const TagSet = tagList(tags);
  if (TagSet.length > 0) await s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet } }));
  else await s3.send(new DeleteBucketTaggingCommand({ Bucket }));
}

async function empty({ s3 }: Pick<Clients, "s3">, Bucket: string): Promise<void> {
  const versions: ObjectIdentifier[] = [];
  const markers: ObjectIdentifier[] = [];
  let from: { KeyMarker?: string; VersionIdMarker?: string } | undefined = {};
  while (from) {
    const page: ListObjectVersionsCommandOutput = await s3.send(new ListObjectVersionsCommand({ Bucket, ...from }));
    for (const { Key, VersionId } of page.Versions ?? []) versions.push({ Key, VersionId });
    for (const { Key, VersionId } of page.DeleteMarkers ?? []) markers.push({ Key, VersionId });
    const next = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
    from = page.IsTruncated ? next : undefined;
  }
  // moto deletes single versions in a bucket with versioning alone, and fails where a marker is the last of its key.
  if (markers.length > 0) {
    await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } }));
  }
  for (const all of [markers, versions]) {
    while (all.length > 0) {
      await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: all.splice(0, 1000), Quiet: true } }));
    }
  }
}

/** What a bucket is called, as the provider tells it of one that it made and of one that it found. */
export const bucketFacts = (bucket: string, region: string, { BucketRegion = region }: { BucketRegion?: string }) => ({
  bucket,
  arn: `arn:${partition(region)}:s3:::${bucket}`,
  bucketDomainName: `${bucket}.s3.${domain(region)}`,
  bucketRegion: BucketRegion,
  bucketRegionalDomainName: `${bucket}.s3.${region}.${domain(region)}`,
  region,
});
