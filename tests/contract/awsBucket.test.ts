import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  DeleteObjectCommand,
  DeletePublicAccessBlockCommand,
  GetBucketTaggingCommand,
  GetBucketVersioningCommand,
  HeadBucketCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { isUnknown, unknown } from "../../lab/standins/plugin/values.ts";
import { awsEndpoint, type Made, make, region, s3Client, startAws } from "./awsSetup.ts";
import { type ProviderUnderTest, urnOf } from "./harness.ts";

const bucketType = "aws:s3/bucket:Bucket";

describe("aws, buckets", () => {
  let provider: ProviderUnderTest;
  let s3: S3Client;
  before(async () => {
    provider = await startAws();
    s3 = s3Client(await awsEndpoint());
  });
  after(async () => {
    s3?.destroy();
    await provider?.stop();
  });

  const remove = ({ urn, id, outputs, inputs }: Made) => provider.delete(urn, id, outputs, inputs);
  const exists = (Bucket: string) =>
    s3.send(new HeadBucketCommand({ Bucket })).then(
      () => true,
      () => false,
    );

  test("check gives a name, the region and the defaults, and keeps the name later", async () => {
    const urn = urnOf(bucketType, "Models");
    const { inputs } = await provider.check(urn, { tags: { team: "ml" } });
    assert.match(String(inputs.bucket), /^models-[0-9a-f]{7}$/);
    assert.deepEqual(
      [inputs.region, inputs.forceDestroy, inputs.tags, inputs.tagsAll],
      [region, false, { team: "ml" }, { team: "ml" }],
    );
    const again = await provider.check(urn, {}, inputs, Buffer.from("another seed"));
    assert.equal(again.inputs.bucket, inputs.bucket);
    const replaced = await provider.check(urn, {}, {}, Buffer.from("another seed"));
    assert.notEqual(replaced.inputs.bucket, inputs.bucket);
  });

  test("a name that leaves no room for what Pulumi appends is refused, as by the real plugin", async () => {
    const { inputs } = await provider.check(urnOf(bucketType, "n".repeat(55)), {});
    assert.match(String(inputs.bucket), /^n{55}-[0-9a-f]{7}$/);
    await assert.rejects(
      () => provider.check(urnOf(bucketType, "n".repeat(56)), {}),
      /name 'n{56}-' plus 7 random chars is longer than maximum length 63/,
    );
  });

  test("check refuses what the stand-in does not have, instead of leaving it out", async () => {
    const { failures } = await provider.check(urnOf(bucketType, "b"), { website: { indexDocument: "index.html" } });
    assert.deepEqual(
      failures.map(({ property }) => property),
      ["website"],
    );
  });

  test("one that there is already is found by its name; one that there is not is named", async () => {
    const made = await make(provider, bucketType, "found", {});
    const { result } = await provider.invoke("aws:s3/getBucket:getBucket", { bucket: made.id });
    for (const name of ["id", "bucket", "arn", "region", "bucketRegionalDomainName"])
      assert.equal(result[name], name === "id" ? made.id : made.outputs[name], name);
    await assert.rejects(provider.invoke("aws:s3/getBucket:getBucket", { bucket: "nobodys-models" }), /nobodys-models/);
    await remove(made);
  });

  test("a preview makes nothing; name and region are known, the ARN is not", async () => {
    const urn = urnOf(bucketType, "previewed");
    const { inputs } = await provider.check(urn, {});
    const { id, outputs } = await provider.create(urn, inputs, { preview: true });
    assert.equal(id, "");
    assert.deepEqual([outputs.bucket, outputs.region], [inputs.bucket, region]);
    for (const name of ["arn", "bucketDomainName", "bucketRegionalDomainName"])
      assert.ok(isUnknown(outputs[name]), name);
    assert.equal(await exists(String(inputs.bucket)), false);
  });

  test("a bucket is made, read without drift, and deleted; deleting it again is no error", async () => {
    const made = await make(provider, bucketType, "plain", { tags: { team: "ml" } });
    assert.equal(made.id, made.inputs.bucket);
    assert.equal(made.outputs.arn, `arn:aws:s3:::${made.id}`);
    assert.equal(made.outputs.bucketRegionalDomainName, `${made.id}.s3.${region}.amazonaws.com`);
    const tags = await s3.send(new GetBucketTaggingCommand({ Bucket: made.id }));
    assert.deepEqual(tags.TagSet, [{ Key: "team", Value: "ml" }]);
    const read = await provider.read(made.urn, made.id, made.outputs, made.inputs);
    assert.deepEqual(read, { id: made.id, outputs: made.outputs, inputs: made.inputs });
    await remove(made);
    assert.equal(await exists(made.id), false);
    await remove(made);
    assert.deepEqual(await provider.read(made.urn, made.id, made.outputs, made.inputs), {
      id: "",
      outputs: {},
      inputs: {},
    });
  });

  test("a second bucket of the same name is refused", async () => {
    const made = await make(provider, bucketType, "twice", {});
    await assert.rejects(make(provider, bucketType, "twice", { bucket: made.id }), /BucketAlreadyExists/);
    await remove(made);
  });

  test("tags are updated in place, a name or a region replaces", async () => {
    const made = await make(provider, bucketType, "changed", { tags: { a: "1", b: "2" } });
    const { inputs: news } = await provider.check(made.urn, { tags: { a: "9" } }, made.inputs);
    const diff = await provider.diff(made.urn, made.id, made, news);
    assert.deepEqual([diff.changes, diff.replaces, diff.diffs.sort()], ["some", [], ["tags", "tagsAll"]]);
    assert.deepEqual(diff.detailedDiff["tags.a"], { kind: "update", inputDiff: true });
    assert.deepEqual(diff.detailedDiff["tags.b"], { kind: "delete", inputDiff: true });
    await provider.update(made.urn, made.id, made, news, { preview: true });
    assert.equal((await s3.send(new GetBucketTaggingCommand({ Bucket: made.id }))).TagSet?.length, 2);
    const outputs = await provider.update(made.urn, made.id, made, news);
    assert.equal(outputs.arn, made.outputs.arn);
    const tags = await s3.send(new GetBucketTaggingCommand({ Bucket: made.id }));
    assert.deepEqual(tags.TagSet, [{ Key: "a", Value: "9" }]);
    for (const change of [{ bucket: "another" }, { region: "us-east-1" }]) {
      const { replaces } = await provider.diff(made.urn, made.id, made, { ...made.inputs, ...change });
      assert.deepEqual(replaces, Object.keys(change));
    }
    await remove(made);
  });

  test("a refresh reports tags that someone else has changed", async () => {
    const made = await make(provider, bucketType, "drift", { tags: { a: "1" } });
    await s3.send(new PutBucketTaggingCommand({ Bucket: made.id, Tagging: { TagSet: [{ Key: "x", Value: "y" }] } }));
    const read = await provider.read(made.urn, made.id, made.outputs, made.inputs);
    assert.deepEqual(read.inputs.tags, { x: "y" });
    await remove(made);
  });

  test("a bucket that is not empty is not deleted, unless forceDestroy says so; old versions count", async () => {
    const made = await make(provider, bucketType, "full", {});
    const versioning = await make(provider, "aws:s3/bucketVersioning:BucketVersioning", "v", {
      bucket: made.id,
      versioningConfiguration: { status: "Enabled" },
    });
    const object = { Bucket: made.id, Key: "models/chat/main/config.json" };
    await s3.send(new PutObjectCommand({ ...object, Body: "{}" }));
    await assert.rejects(remove(made), /BucketNotEmpty/);
    assert.equal(await exists(made.id), true);
    await s3.send(new DeleteObjectCommand(object));
    await remove(versioning);
    assert.equal((await s3.send(new GetBucketVersioningCommand({ Bucket: made.id }))).Status, "Suspended");
    await remove({ ...made, outputs: { ...made.outputs, forceDestroy: true } });
    assert.equal(await exists(made.id), false);
  });

  const tlsOnly = (bucket: string, action: unknown) => ({
    Version: "2012-10-17",
    Statement: [{ Effect: "Deny", Principal: "*", Action: action, Resource: `arn:aws:s3:::${bucket}/*` }],
  });

  test("every setting of a bucket is made, read without drift, and taken away", async () => {
    const owner = await make(provider, bucketType, "settings", {});
    const bucket = owner.id;
    const settings: [string, { [name: string]: unknown }][] = [
      ["bucketVersioning:BucketVersioning", { versioningConfiguration: { status: "Enabled" } }],
      [
        "bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        { rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" }, bucketKeyEnabled: true }] },
      ],
      ["bucketPublicAccessBlock:BucketPublicAccessBlock", { blockPublicAcls: true, restrictPublicBuckets: true }],
      ["bucketOwnershipControls:BucketOwnershipControls", { rule: { objectOwnership: "BucketOwnerEnforced" } }],
      ["bucketPolicy:BucketPolicy", { policy: JSON.stringify(tlsOnly(bucket, ["s3:*"])) }],
      [
        "bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        {
          rules: [{ id: "clean", status: "Enabled", filter: {}, noncurrentVersionExpiration: { noncurrentDays: 30 } }],
        },
      ],
    ];
    for (const [token, asked] of settings) {
      const type = `aws:s3/${token}`;
      const made = await make(provider, type, "s", { bucket, ...asked } as Made["inputs"]);
      assert.equal(made.id, bucket, type);
      const read = await provider.read(made.urn, made.id, made.outputs, made.inputs);
      assert.deepEqual(read, { id: made.id, outputs: made.outputs, inputs: made.inputs }, type);
      assert.deepEqual((await provider.diff(made.urn, made.id, made, made.inputs)).changes, "none", type);
      const moved = await provider.diff(made.urn, made.id, made, { ...made.inputs, bucket: unknown });
      assert.deepEqual(moved.replaces, ["bucket"], type);
      await remove(made);
      await remove(made);
      if (!type.endsWith("BucketVersioning")) {
        assert.equal((await provider.read(made.urn, made.id, made.outputs, made.inputs)).id, "", type);
      }
    }
    await remove(owner);
  });

  test("a policy is compared by its meaning, and a real change is seen", async () => {
    const owner = await make(provider, bucketType, "policy", {});
    const policy = (action: unknown) => JSON.stringify(tlsOnly(owner.id, action), undefined, 2);
    const made = await make(provider, "aws:s3/bucketPolicy:BucketPolicy", "p", {
      bucket: owner.id,
      policy: policy("s3:*"),
    });
    const same = await provider.diff(made.urn, made.id, made, { ...made.inputs, policy: policy(["s3:*"]) });
    assert.equal(same.changes, "none");
    const other = await provider.diff(made.urn, made.id, made, { ...made.inputs, policy: policy("s3:GetObject") });
    assert.deepEqual([other.changes, other.replaces, other.diffs], ["some", [], ["policy"]]);
    await s3.send(new PutBucketPolicyCommand({ Bucket: owner.id, Policy: policy("s3:PutObject") }));
    const read = await provider.read(made.urn, made.id, made.outputs, made.inputs);
    assert.deepEqual(JSON.parse(String(read.inputs.policy)), tlsOnly(owner.id, "s3:PutObject"));
    await remove(made);
    await remove(owner);
  });

  test("a guard that someone has taken away is gone after a refresh", async () => {
    const owner = await make(provider, bucketType, "guard", {});
    const guard = await make(provider, "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "g", {
      bucket: owner.id,
    });
    await s3.send(new DeletePublicAccessBlockCommand({ Bucket: owner.id }));
    assert.equal((await provider.read(guard.urn, guard.id, guard.outputs, guard.inputs)).id, "");
    await remove(owner);
  });
});
