import assert from "node:assert/strict";
import { test } from "node:test";
import { ModelStore, type ModelStoreArgs } from "../../components/modelStore.ts";
import { least } from "../config/settings.ts";
import { type Deployed, deploy, unknown } from "./mocks.ts";
import { deployPlatform } from "./platform.ts";

const bucket = "vllm-models-bucket-1234567";
const arn = `arn:aws:s3:::${bucket}`;
const v1 = { ...least, revision: "v1" };
const deletable = { ...v1, modelStore: { onDestroy: "delete" } };

const inStore = ({ resources }: Deployed<unknown>) =>
  resources.filter(({ id, parent }) => [id, parent].includes("vllm:index:ModelStore::vllm-models"));

test("the bucket and its guards, exactly", async () => {
  const deployed = await deployPlatform({ own: v1 });
  const inputs = Object.fromEntries(
    inStore(deployed).flatMap(({ custom, type, inputs }) =>
      custom
        ? [[type.split(":").at(-1), { ...inputs, ...(inputs.policy ? { policy: JSON.parse(inputs.policy) } : {}) }]]
        : [],
    ),
  );
  assert.deepEqual(inputs, {
    Bucket: { forceDestroy: false, tags: { "vllm:stack": "prod" } },
    BucketVersioning: { bucket, versioningConfiguration: { status: "Enabled" } },
    BucketServerSideEncryptionConfiguration: {
      bucket,
      rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }],
    },
    BucketPublicAccessBlock: {
      bucket,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    },
    BucketOwnershipControls: { bucket, rule: { objectOwnership: "BucketOwnerEnforced" } },
    BucketPolicy: {
      bucket,
      policy: {
        Version: "2012-10-17",
        Statement: [
          {
            Sid: "DenyWithoutTls",
            Effect: "Deny",
            Principal: "*",
            Action: "s3:*",
            Resource: [arn, `${arn}/*`],
            Condition: { Bool: { "aws:SecureTransport": "false" } },
          },
        ],
      },
    },
  });
});

const key = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd";

test("a key of one's own: the bucket encrypts with it, and each model's role may decrypt with it through S3", async () => {
  const { one, all } = await deployPlatform({ own: { ...v1, modelStore: { kmsKey: key } } });
  const { rules } = one(
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
  ).inputs;
  assert.deepEqual(rules, [
    {
      applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: key },
      bucketKeyEnabled: true,
    },
  ]);
  const documents = all("aws:iam/rolePolicy:RolePolicy").map(({ inputs }) => JSON.parse(inputs.policy).Statement);
  assert.deepEqual(
    documents.map((statements) => statements.map(({ Sid, Resource }: Record<string, string>) => [Sid, Resource])),
    [
      [
        ["ListModel", arn],
        ["ReadModel", `${arn}/models/chat/*`],
        ["DecryptModel", key],
      ],
    ],
  );
});

test("kept: bucket and guards are all protected and stay when they are deleted; forceDestroy is off", async () => {
  const store = inStore(await deployPlatform({ own: v1 }));
  assert.equal(store.length, 7);
  for (const { id, protect, retainOnDelete } of store) assert.deepEqual([protect, retainOnDelete], [true, true], id);
  assert.deepEqual(store.find(({ custom }) => !custom)?.own, { protect: true, retainOnDelete: true });
  // No child says otherwise than the component.
  for (const { own } of store) assert.notEqual(own.retainOnDelete, false);
});

test("a store that is made alone, without options, protects itself; one that is not to be kept does not", async () => {
  const alone = async (onDestroy: ModelStoreArgs["onDestroy"]) => {
    const { resources } = await deploy(() => new ModelStore("x", { onDestroy, tags: {} }));
    assert.deepEqual(resources.map(({ name }) => name).sort(), [
      "x",
      ...["bucket", "encryption", "ownership", "policy", "public-access-block", "versioning"].map((one) => `x-${one}`),
    ]);
    return resources;
  };
  for (const { id, protect, retainOnDelete } of await alone("keep"))
    assert.deepEqual([protect, retainOnDelete], [true, true], id);
  for (const { id, protect, retainOnDelete } of await alone("delete"))
    assert.deepEqual([protect, retainOnDelete], [false, false], id);
});

test("options say whose child a store is, and not that it is unprotected", async () => {
  const { resources } = await deploy(
    () => new ModelStore("x", { onDestroy: "keep", tags: {} }, { protect: false, retainOnDelete: false }),
  );
  assert.equal(resources.length, 7);
  for (const { id, protect, retainOnDelete } of resources)
    assert.deepEqual([protect, retainOnDelete], [true, true], id);
});

test("kept: nothing outside the store is protected or retained", async () => {
  const deployed = await deployPlatform({
    own: { ...v1, namespace: { create: true }, autoscaling: { min: 1, max: 2 } },
  });
  const inside = new Set(inStore(deployed));
  for (const resource of deployed.resources.filter((one) => !inside.has(one)))
    assert.deepEqual([resource.protect, resource.retainOnDelete], [false, false], resource.id);
});

test("deleted with the stack: nothing is protected or retained, and the bucket goes with its objects", async () => {
  const deployed = await deployPlatform({ own: deletable });
  assert.equal(inStore(deployed).length, 7);
  for (const { id, protect, retainOnDelete } of deployed.resources)
    assert.deepEqual([protect, retainOnDelete], [false, false], id);
  assert.equal(deployed.one("aws:s3/bucket:Bucket").inputs.forceDestroy, true);
});

test("keeping or deleting changes options and forceDestroy, and no name", async () => {
  const [kept, deleted] = [await deployPlatform({ own: v1 }), await deployPlatform({ own: deletable })];
  assert.deepEqual(kept.resources.map(({ urn }) => urn).sort(), deleted.resources.map(({ urn }) => urn).sort());
});

for (const preview of [false, true])
  test(`the store tells the bucket's name${preview ? ", in a preview too" : " and ARN"}`, async () => {
    const deployed = await deployPlatform({ own: v1 }, { preview });
    const { bucketName } = deployed.result.nodes.store;
    const told = { bucketName: bucket, bucketArn: preview ? unknown : arn };
    assert.deepEqual(deployed.one("vllm:index:ModelStore").outputs, told);
    assert.equal(await new Promise((read) => bucketName.apply(read)), bucket);
  });

test("the bucket has no name of the program's, so that two stacks never want the same", async () => {
  const { inputs } = (await deployPlatform({ own: v1 })).one("aws:s3/bucket:Bucket");
  assert.equal("bucket" in inputs || "bucketPrefix" in inputs, false);
});

test("S3 takes the policy only after the public access block", async () => {
  const deployed = await deployPlatform({ own: v1 });
  const bucketId = "aws:s3/bucket:Bucket::vllm-models-bucket";
  assert.deepEqual(deployed.one("aws:s3/bucketPolicy:BucketPolicy").dependencies, [
    bucketId,
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock::vllm-models-public-access-block",
  ]);
  assert.deepEqual(deployed.one("aws:s3/bucketVersioning:BucketVersioning").dependencies, [bucketId]);
});
