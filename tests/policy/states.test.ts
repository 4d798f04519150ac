import assert from "node:assert/strict";
import { test } from "node:test";
import { deepAt, put, type Tree } from "../../config/tree.ts";
import { type Judged, judge } from "../../policy/judge.ts";
import type { PolicyContext, RuleName } from "../../policy/rule.ts";
import { alteredState, deployed, objectsOf } from "./states.ts";
import { byRule, levels, pathsIn, refused, unjudged } from "./subject.ts";

/** Each rule on states of real stacks: one that breaks it, and one that just does not. */

const prod = deployed("prod");

for (const name of ["dev", "test", "staging", "prod", "several"])
  test(`what version 0.1.0 left of ${name} breaks no rule`, () => {
    const one = deployed(name);
    const found = judge({ objects: objectsOf(one).objects, changes: [] }, one.context, levels("mandatory"));
    assert.deepEqual(refusing(found), []);
    assert.ok(found.every(({ rule, what }) => rule === "staticKeys" && what === "its value is a secret"));
  });

const refusing = (found: readonly Judged[]) => found.filter(({ refuses }) => refuses);

/** What a rule refuses once the resource of a kind is altered. */
function of(rule: RuleName, kind: string, alter: (resource: Tree) => unknown, context = prod.context) {
  const { objects } = objectsOf({ ...prod, state: alteredState(prod.state, kind, alter) });
  return refused(rule, { objects }, context);
}
/** The same with one output set. */
const set = (rule: RuleName, kind: string, path: string[], value: unknown, context?: PolicyContext) =>
  of(rule, kind, (resource) => put(resource, ["outputs", ...path], value), context);
/** The same with other words in a policy. */
const word = (rule: RuleName, kind: string, from: string, to: string) =>
  of(rule, kind, ({ outputs }) => {
    const { policy } = outputs as { policy: string };
    assert.ok(policy.includes(from), policy);
    (outputs as Tree).policy = policy.replace(from, to);
  });
/** The same with the first container altered. */
const container = (rule: RuleName, alter: (container: Tree) => void, context?: PolicyContext) =>
  of(rule, "Deployment", (one) => alter(deepAt(one, where) as Tree), context);
const where = ["outputs", "spec", "template", "spec", "containers", "0"];

test("imageDigest", () => {
  const noReason = { ...prod.context, models: { chat: { prefix: "models/chat/" } } };
  const image = (name: string) =>
    container(
      "imageDigest",
      (one) => {
        one.image = name;
      },
      noReason,
    );
  const path = "spec.template.spec.containers[0].image";
  assert.deepEqual(image("vllm/vllm-openai:v1"), [[path, "vllm/vllm-openai:v1 may be another image tomorrow"]]);
  assert.deepEqual(image(`vllm/vllm-openai@sha256:${"0a".repeat(32)}`), []);
});

test("bucketPrivate: as a refresh found it, whatever was asked for", () => {
  const flags = ["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"];
  for (const flag of flags)
    assert.deepEqual(set("bucketPrivate", "BucketPublicAccessBlock", [flag], false), [[flag, `${flag} is not on`]]);
  const asked = (resource: Tree) => put(resource, ["inputs", "blockPublicAcls"], false);
  assert.deepEqual(of("bucketPrivate", "BucketPublicAccessBlock", asked), []);
  for (const gone of [() => "gone", (resource: Tree) => put(resource, ["delete"], true)])
    assert.deepEqual(of("bucketPrivate", "BucketPublicAccessBlock", gone), [
      ["", "the bucket has no public access block"],
    ]);
  const deny = '"Effect":"Deny"';
  assert.deepEqual(word("bucketPrivate", "BucketPolicy", deny, '"Effect":"Allow"'), [
    ["policy.Statement[0]", "it allows anybody something"],
  ]);
});

test("bucketTls: by the policy as JSON", () => {
  const open = [["policy", "the bucket can be reached without TLS"]];
  assert.deepEqual(
    word("bucketTls", "BucketPolicy", '"aws:SecureTransport":"false"', '"aws:SecureTransport":"true"'),
    open,
  );
  assert.deepEqual(word("bucketTls", "BucketPolicy", '"Action":"s3:*"', '"Action":"*"'), []);
  assert.deepEqual(word("bucketTls", "BucketPolicy", "/*", "/models/*"), open);
});

test("bucketEncryption", () => {
  const by = (sseAlgorithm: string) =>
    set(
      "bucketEncryption",
      "BucketServerSideEncryptionConfiguration",
      ["rules"],
      [{ applyServerSideEncryptionByDefault: { sseAlgorithm, kmsMasterKeyId: "" }, bucketKeyEnabled: false }],
    );
  assert.deepEqual(by("none"), [["rules", "the bucket does not say how it encrypts"]]);
  assert.deepEqual(by("aws:kms"), []);
});

test("staticKeys: in pods, and in what a provider is given, which no render has", () => {
  const id = `AKIA${"ABCDEFGH12345678"}`;
  const variable = (value: string) =>
    container("staticKeys", (one) => {
      one.env = [{ name: "ID", value }];
    });
  assert.deepEqual(variable(id), [["spec.template.spec.containers[0].env[0].value", "it holds the id of an AWS key"]]);
  assert.deepEqual(variable(id.slice(1)), []);
  assert.deepEqual(set("staticKeys", "aws", ["accessKey"], id), [["accessKey", "it holds the id of an AWS key"]]);
  assert.deepEqual(set("staticKeys", "aws", ["profile"], "inference"), []);
});

test("modelAccess: by the policy as JSON, and what a role has besides", () => {
  const policy = (from: string, to: string) => word("modelAccess", "RolePolicy", from, to);
  assert.deepEqual(policy("s3:GetObject", "s3:Get*"), [["policy.Statement[1].Action", "it allows s3:Get*"]]);
  assert.deepEqual(policy("s3:GetObject", "s3:GetObjectVersion"), []);
  const [[path, what] = []] = policy("/models/chat/*", "/models/*");
  assert.equal(path, "policy.Statement[1].Resource");
  assert.match(String(what), /^it reaches arn:aws:s3:::vllm-models-bucket-[0-9a-f]{7}\/models\/\*$/);
  assert.deepEqual(policy("/models/chat/*", "/models/chat/v1/*"), []);
  const wide = JSON.stringify({ Statement: { Effect: "Allow", Action: "*", Resource: "*" } });
  assert.deepEqual(set("modelAccess", "Role", ["inlinePolicies"], [{ name: "by-hand", policy: wide }]), [
    ["inlinePolicies[0].policy.Statement[0].Action", "it allows *"],
    ["inlinePolicies[0].policy.Statement[0].Resource", "it reaches *"],
  ]);
  assert.deepEqual(set("modelAccess", "Role", ["inlinePolicies"], []), []);
});

test("availability", () => {
  const least = (count: number) => set("availability", "HorizontalPodAutoscaler", ["spec", "minReplicas"], count);
  assert.deepEqual(least(1), [["spec.minReplicas", "it may have 1 replica"]]);
  assert.deepEqual(least(2), []);
  const budget = (count: number) => set("availability", "PodDisruptionBudget", ["spec", "maxUnavailable"], count);
  assert.deepEqual(budget(4), [["spec", "a drain may end all replicas at once"]]);
  assert.deepEqual(budget(3), []);
  assert.deepEqual(
    of("availability", "PodDisruptionBudget", () => "gone"),
    [["", "it has no disruption budget"]],
  );
});

test("storeProtected: by what the state says of the resource", () => {
  const bare = (resource: Tree) => put(resource, ["protect"], false);
  const found = [["protect", "a destroy deletes the bucket"]];
  assert.deepEqual(of("storeProtected", "Bucket", bare), found);
  assert.deepEqual(of("storeProtected", "BucketPolicy", bare), []);
  assert.deepEqual(set("storeProtected", "Bucket", ["forceDestroy"], true), [
    ["forceDestroy", "a delete takes the models with it"],
  ]);
  assert.deepEqual(of("storeProtected", "Bucket", bare, { ...prod.context, production: false }), []);
});

test("gpuQuota and costCeiling: by the plan, whatever the state has", () => {
  const { objects } = objectsOf(prod);
  const limited = (limits: PolicyContext["limits"]) => ({ ...prod.context, limits });
  assert.deepEqual(refused("gpuQuota", { objects }, limited({ gpus: 21 })), [
    ["policy.limits.gpus", "the stack takes 22 GPUs at most"],
  ]);
  assert.deepEqual(refused("gpuQuota", { objects }, limited({ gpus: 22 })), []);
  assert.equal(refused("costCeiling", { objects }, limited({ costPerHour: 17 })).length, 1);
  assert.deepEqual(refused("costCeiling", { objects }, limited({ costPerHour: 18 })), []);
});

test("bucketKept: a state changes nothing", () => {
  const { objects } = objectsOf(prod);
  assert.deepEqual(unjudged("bucketKept", { objects }, prod.context), [["", "there are no changes here"]]);
});

test("a model that the settings have no more is judged without them", () => {
  const { objects } = objectsOf(deployed("several"));
  const { context } = prod;
  assert.deepEqual(
    byRule("imageDigest", { objects }, context).map(({ object, refuses }) => [object?.name, refuses]),
    [["vllm-code-main-deployment", true]],
  );
  assert.deepEqual(
    byRule("modelAccess", { objects }, context).map(({ object, what }) => [object?.name, what]),
    ["code", "math"].map((model) => [`vllm-${model}-access-policy`, "it is the policy of no model"]),
  );
});

test("whatever of a state is a secret, nothing refuses, and each is told once as what was not looked into", () => {
  const resources = (prod.state.deployment as { resources: Tree[] }).resources;
  let seen = 0;
  for (const [at, resource] of resources.entries())
    for (const path of resource.custom === true ? pathsIn(resource.outputs) : []) {
      if (path[0]?.startsWith("__")) continue;
      seen++;
      const copy = structuredClone(prod.state);
      const whole = (copy.deployment as { resources: Tree[] }).resources[at] ?? {};
      const holder = deepAt(whole.outputs, path.slice(0, -1)) as Tree;
      const secret = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", ciphertext: "v1:x" };
      Object.assign(holder, { [path.at(-1) ?? ""]: secret });
      const { objects } = objectsOf({ ...prod, state: copy });
      const found = judge({ objects, changes: [] }, prod.context, levels("mandatory"));
      assert.deepEqual(refusing(found), [], path.join("."));
      const own = objects.find(({ type, name }) => String(resource.urn).endsWith(`${type}::${name}`));
      const told = found.filter(
        ({ rule, object }) => rule === "staticKeys" && object?.type === own?.type && object?.name === own?.name,
      );
      assert.deepEqual(
        told.map(({ path, what }) => [path, what]),
        own?.secrets?.map((secret) => [secret, "its value is a secret"]),
        path.join("."),
      );
    }
  assert.ok(seen > 200, String(seen));
});

test("a secret is no pass: whose list may be public is not known", () => {
  const secret = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", ciphertext: "v1:x" };
  const { objects } = objectsOf({
    ...prod,
    state: alteredState(prod.state, "BucketOwnershipControls", (resource) => {
      resource.type = "aws:s3/bucketAcl:BucketAcl";
      resource.urn = String(resource.urn).replace(
        "bucketOwnershipControls:BucketOwnershipControls",
        "bucketAcl:BucketAcl",
      );
      put(resource, ["outputs", "acl"], secret);
    }),
  });
  assert.deepEqual(unjudged("bucketPrivate", { objects }, prod.context), [["acl", "it is not known yet"]]);
});
