import assert from "node:assert/strict";
import { test } from "node:test";
import { altered, refused, rendered, unjudged, without } from "./subject.ts";

/** Buckets: private, reached by TLS alone, encrypted, protected and kept. */

const { objects, context } = await rendered("prod");
const flags = ["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"];

test("bucketPrivate: each of the four blocks is needed, and the object that has them", () => {
  assert.deepEqual(refused("bucketPrivate", { objects }, context), []);
  for (const flag of flags)
    for (const value of [false, undefined])
      assert.deepEqual(
        refused("bucketPrivate", { objects: altered(objects, "BucketPublicAccessBlock", [flag], value) }, context),
        [[flag, `${flag} is not on`]],
      );
  const none = without(objects, "BucketPublicAccessBlock");
  assert.deepEqual(refused("bucketPrivate", { objects: none }, context), [
    ["", "the bucket has no public access block"],
  ]);
  const another = altered(objects, "BucketPublicAccessBlock", ["bucket"], "another");
  assert.deepEqual(refused("bucketPrivate", { objects: another }, context), [
    ["", "the bucket has no public access block"],
  ]);
});

test("bucketPrivate: a policy may let named ones in, not anybody; a public ACL is none", () => {
  const allow = (Principal: unknown) =>
    altered(objects, "BucketPolicy", ["policy", "Statement", "1"], {
      ...{ Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::b/*" },
      ...(Principal === undefined ? { NotPrincipal: { AWS: "1" } } : { Principal }),
    });
  for (const anybody of ["*", { AWS: "*" }, { AWS: ["arn:aws:iam::1:root", "*"] }, undefined])
    assert.deepEqual(refused("bucketPrivate", { objects: allow(anybody) }, context), [
      ["policy.Statement[1]", "it allows anybody something"],
    ]);
  const named = allow({ AWS: "arn:aws:iam::111122223333:root" });
  assert.deepEqual(refused("bucketPrivate", { objects: named }, context), []);
  const acl = (value: string) => altered(objects, "Bucket", ["acl"], value);
  assert.deepEqual(refused("bucketPrivate", { objects: acl("public-read") }, context), [
    ["acl", "the ACL public-read lets others in"],
  ]);
  assert.deepEqual(refused("bucketPrivate", { objects: acl("private") }, context), []);
});

test("bucketTls: the denial is whole, and of this bucket", () => {
  const of = (path: string[], value?: unknown) =>
    refused(
      "bucketTls",
      { objects: altered(objects, "BucketPolicy", ["policy", "Statement", "0", ...path], value) },
      context,
    );
  assert.deepEqual(refused("bucketTls", { objects }, context), []);
  assert.deepEqual(of(["Action"], "*"), []);
  const open = [["policy", "the bucket can be reached without TLS"]];
  const changes: [string[], unknown][] = [
    [["Effect"], "Allow"],
    [["Action"], "s3:GetObject"],
    [["Principal"], { AWS: "arn:aws:iam::111122223333:root" }],
    [["Resource"], "arn:aws:s3:::another/*"],
    [["Resource", "0"], "arn:aws:s3:::another"],
    [["Resource", "1"], "arn:aws:s3:::another/*"],
    [["Condition"], undefined],
    [["Condition", "Bool", "aws:SecureTransport"], "true"],
    [["Condition", "StringEquals"], { "aws:PrincipalAccount": "1" }],
  ];
  for (const [path, value] of changes) assert.deepEqual(of(path, value), open, path.join("."));
  assert.deepEqual(refused("bucketTls", { objects: without(objects, "BucketPolicy") }, context), open);
});

test("a policy as JSON is read too, and one that is not known is not checked", () => {
  const { policy } = objects.find(({ type }) => type.endsWith(":BucketPolicy"))?.properties ?? {};
  const json = altered(objects, "BucketPolicy", ["policy"], JSON.stringify(policy));
  const unknown = altered(objects, "BucketPolicy", ["policy"]);
  for (const rule of ["bucketTls", "bucketPrivate"] as const) {
    assert.deepEqual(refused(rule, { objects: json }, context), []);
    assert.deepEqual(refused(rule, { objects: unknown }, context), []);
    assert.equal(unjudged(rule, { objects: json }, context).length, 0);
    assert.deepEqual(
      unjudged(rule, { objects: unknown }, context).map(([path]) => path),
      ["policy"],
    );
  }
});

test("bucketEncryption: a configuration with a known algorithm", () => {
  const rule = ["rules", "0", "applyServerSideEncryptionByDefault", "sseAlgorithm"];
  const of = (algorithm: string) =>
    refused(
      "bucketEncryption",
      { objects: altered(objects, "BucketServerSideEncryptionConfiguration", rule, algorithm) },
      context,
    );
  for (const known of ["AES256", "aws:kms", "aws:kms:dsse"]) assert.deepEqual(of(known), []);
  const wrong = [["rules", "the bucket does not say how it encrypts"]];
  assert.deepEqual(of("none"), wrong);
  const none = without(objects, "BucketServerSideEncryptionConfiguration");
  assert.deepEqual(refused("bucketEncryption", { objects: none }, context), wrong);
});

test("guards whose bucket is not known yet, and a bucket of another's, are not checked", () => {
  const preview = altered(objects, "Bucket", ["bucket"]);
  for (const rule of ["bucketPrivate", "bucketTls", "bucketEncryption"] as const) {
    assert.deepEqual(refused(rule, { objects: preview }, context), [], rule);
    assert.ok(unjudged(rule, { objects: preview }, context).every(([path]) => path === "bucket"));
    assert.ok(unjudged(rule, { objects: preview }, context).length > 0);
    assert.deepEqual(unjudged(rule, { objects: [] }, { ...context, ownBucket: "acme-models" }), [
      ["modelStore.bucket", "acme-models is not this stack's"],
    ]);
  }
});

test("storeProtected: in production alone", () => {
  const bare = objects.map((one) => ({ ...one, protect: false }));
  assert.deepEqual(refused("storeProtected", { objects }, context), []);
  assert.deepEqual(refused("storeProtected", { objects: bare }, context), [
    ["protect", "a destroy deletes the bucket"],
  ]);
  assert.deepEqual(refused("storeProtected", { objects: bare }, { ...context, production: false }), []);
  const emptied = altered(objects, "Bucket", ["forceDestroy"], true);
  assert.deepEqual(refused("storeProtected", { objects: emptied }, context), [
    ["forceDestroy", "a delete takes the models with it"],
  ]);
});

test("bucketKept: neither deleted nor replaced, unless the stack says that the models go", () => {
  const type = "aws:s3/bucket:Bucket";
  const by = (change: string, of = type) => ({ changes: [{ type: of, name: "vllm-models-bucket", change }] });
  for (const change of ["create", "update", "same"]) assert.deepEqual(refused("bucketKept", by(change), context), []);
  for (const change of ["delete", "replace"]) {
    assert.deepEqual(refused("bucketKept", by(change), context), [
      ["", `a ${change} of the bucket takes its models away`],
    ]);
    assert.deepEqual(refused("bucketKept", by(change), { ...context, onDestroy: "delete" }), []);
    assert.deepEqual(refused("bucketKept", by(change, "aws:s3/bucketPolicy:BucketPolicy"), context), []);
  }
  assert.deepEqual(unjudged("bucketKept", { objects }, context), [["", "there are no changes here"]]);
});
