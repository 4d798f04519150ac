import assert from "node:assert/strict";
import { test } from "node:test";
import type { PolicyObject } from "../../policy/rule.ts";
import { altered, byRule, refused, rendered, unjudged } from "./subject.ts";

/** Access: no static AWS key anywhere, and of a model's bucket its own prefix alone. */

const { objects, context } = await rendered("prod");
const id = `AKIA${"ABCDEFGH12345678"}`;
const container = ["spec", "template", "spec", "containers", "0"];

test("staticKeys: the id of a key in any text, and nowhere in what is said of it", () => {
  assert.deepEqual(refused("staticKeys", { objects }, context), []);
  const places: [kind: string, path: string[], value: unknown, told: string][] = [
    ["Deployment", [...container, "args", "0"], `s3://${id}@x`, "spec.template.spec.containers[0].args[0]"],
    ["Deployment", ["metadata", "annotations"], { "example.com/key": id }, 'metadata.annotations["example.com/key"]'],
    ["Bucket", ["tags", "who"], id.replace("AKIA", "ASIA"), "tags.who"],
    ["Secret", ["data"], { key: Buffer.from(`id=${id}`).toString("base64") }, "data.key"],
  ];
  for (const [kind, path, value, told] of places) {
    const judged = byRule("staticKeys", { objects: altered(objects, kind, path, value) }, context);
    const broken = judged.filter(({ refuses }) => refuses);
    assert.deepEqual(
      broken.map((one) => [one.path, one.what]),
      [[told, "it holds the id of an AWS key"]],
      told,
    );
    assert.doesNotMatch(JSON.stringify(judged), /A[KS]IA/);
  }
  for (const near of [id.slice(0, -1), `${id}9`, `X${id}`, id.toLowerCase()])
    assert.deepEqual(
      refused("staticKeys", { objects: altered(objects, "Bucket", ["tags", "who"], near) }, context),
      [],
    );
});

test("staticKeys: a variable or an entry that is called like one, and an IAM access key", () => {
  const variable = { name: "AWS_ACCESS_KEY_ID", valueFrom: { secretKeyRef: { name: "a", key: "b" } } };
  const named = altered(objects, "Deployment", [...container, "env", "0"], variable);
  assert.deepEqual(refused("staticKeys", { objects: named }, context), [
    ["spec.template.spec.containers[0].env[0]", "it sets AWS_ACCESS_KEY_ID"],
  ]);
  const entry = altered(objects, "Secret", ["stringData", "AWS_SECRET_ACCESS_KEY"], "x");
  assert.deepEqual(refused("staticKeys", { objects: entry }, context), [
    ["stringData.AWS_SECRET_ACCESS_KEY", "it sets AWS_SECRET_ACCESS_KEY"],
  ]);
  const made: PolicyObject = { type: "aws:iam/accessKey:AccessKey", name: "key", properties: {}, protect: false };
  assert.deepEqual(refused("staticKeys", { objects: [made] }, context), [["", "an IAM access key is made"]]);
});

test("staticKeys: of a secret only the name is judged, and that is said", () =>
  assert.deepEqual(unjudged("staticKeys", { objects }, context), [["stringData.api-key", "its value is a secret"]]));

const statement = (index: number, path: string[], value?: unknown) =>
  altered(objects, "RolePolicy", ["policy", "Statement", String(index), ...path], value);
const access = (index: number, path: string[], value?: unknown) =>
  refused("modelAccess", { objects: statement(index, path, value) }, context);
const bucket = "arn:aws:s3:::vllm-models-bucket";

test("modelAccess: no action with a star", () => {
  assert.deepEqual(refused("modelAccess", { objects }, context), []);
  for (const action of ["*", "s3:*", "s3:Get*"])
    assert.deepEqual(access(1, ["Action"], action), [["policy.Statement[1].Action", `it allows ${action}`]]);
  assert.deepEqual(access(1, ["Action"], ["s3:GetObject", "s3:GetObjectVersion"]), []);
  assert.deepEqual(access(1, ["NotAction"], "s3:DeleteObject"), [
    ["policy.Statement[1].NotAction", "it allows all but something"],
  ]);
  assert.deepEqual(access(1, ["NotResource"], "x"), [
    ["policy.Statement[1].NotResource", "it allows all but something"],
  ]);
  assert.deepEqual(
    refused("modelAccess", { objects: statement(1, [], { Effect: "Deny", Action: "*", Resource: "*" }) }, context),
    [],
  );
});

test("modelAccess: no other model's prefix, whole bucket or other bucket's list", () => {
  const reaches = (index: number, arn: string) => [[`policy.Statement[${index}].Resource`, `it reaches ${arn}`]];
  const own = [`${bucket}/models/chat/*`, `${bucket}/models/chat/v1/config.json`];
  for (const arn of own) assert.deepEqual(access(1, ["Resource"], arn), []);
  const others = [
    ...[`${bucket}/*`, `${bucket}/models/*`, `${bucket}/models/chat*`, `${bucket}/models/chats/*`],
    ...[`${bucket}/models/code/*`, "*", "arn:aws:s3:::*/models/chat/*", bucket],
  ];
  for (const arn of others) assert.deepEqual(access(1, ["Resource"], arn), reaches(1, arn));
  assert.deepEqual(access(1, ["Resource"], [own[0], others[4]]), reaches(1, others[4] ?? ""));
  const listed = [["Condition", "StringLike", "s3:prefix"], "models/chat/*"] as const;
  assert.deepEqual(access(0, [...listed[0]], listed[1]), []);
  const list = objects.find(({ type }) => type.endsWith(":RolePolicy"))?.properties as {
    policy: { Statement: [{ Resource: string }] };
  };
  const whole = reaches(0, list.policy.Statement[0].Resource);
  for (const prefix of ["*", "models/*", "models/chat*", ["models/chat/*", "models/code/*"], undefined])
    assert.deepEqual(access(0, [...listed[0]], prefix), whole, String(prefix));
  assert.deepEqual(access(0, ["Condition"], undefined), whole);
  assert.deepEqual(access(0, ["Action"], ["s3:ListBucket", "s3:PutBucketPolicy"]), whole);
});

test("modelAccess: what it cannot see is not checked", () => {
  const unknown = altered(objects, "RolePolicy", ["policy"]);
  assert.deepEqual(unjudged("modelAccess", { objects: unknown }, context), [["policy", "the policy is not known yet"]]);
  for (const [field, value] of [
    ["Resource", null],
    ["Resource", undefined],
    ["Action", undefined],
  ] as const)
    assert.deepEqual(unjudged("modelAccess", { objects: statement(1, [field], value) }, context), [
      ["policy.Statement[1]", "the statement is not known yet"],
    ]);
  assert.deepEqual(unjudged("modelAccess", { objects }, { ...context, models: {} }), [
    ["", "it is the policy of no model"],
  ]);
  const role = altered(objects, "Role", ["managedPolicyArns"], ["arn:aws:iam::aws:policy/AmazonS3FullAccess"]);
  assert.deepEqual(unjudged("modelAccess", { objects: role }, context), [
    ["managedPolicyArns", "it gives the role more than its policy"],
  ]);
  const none = altered(altered(objects, "Role", ["managedPolicyArns"], []), "Role", ["inlinePolicies"], []);
  assert.deepEqual(byRule("modelAccess", { objects: none }, context), [], "as a state has it");
  const attached = {
    type: "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    name: "x",
    properties: {},
    protect: false,
  };
  assert.deepEqual(unjudged("modelAccess", { objects: [attached] }, context), [
    ["policyArn", "what an attached policy allows stands elsewhere"],
  ]);
});

test("modelAccess: to decrypt, the stack's own key and nothing else", () => {
  const kmsKey = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd";
  const decrypt = { Effect: "Allow", Action: "kms:Decrypt", Resource: kmsKey };
  const judged = (statement: object, own = context) => {
    const policies = objects.filter(({ type }) => type === "aws:iam/rolePolicy:RolePolicy").length;
    const found = refused(
      "modelAccess",
      { objects: altered(objects, "RolePolicy", ["policy", "Statement", "1"], statement) },
      own,
    );
    return found.map(([, what]) => what).slice(0, policies);
  };
  assert.deepEqual(judged(decrypt, { ...context, kmsKey }), []);
  assert.deepEqual(judged(decrypt), [`it reaches ${kmsKey}`]);
  assert.deepEqual(judged({ ...decrypt, Action: ["kms:Decrypt", "kms:Encrypt"] }, { ...context, kmsKey }), [
    `it reaches ${kmsKey}`,
  ]);
  assert.deepEqual(judged({ ...decrypt, Resource: `${kmsKey}5` }, { ...context, kmsKey }), [`it reaches ${kmsKey}5`]);
});

test("modelAccess: what stands in a role itself is judged as its policy is", () => {
  const own = objects.find(({ type }) => type.endsWith(":RolePolicy"))?.properties.policy;
  const inline = (policy: unknown, models = context.models) =>
    byRule(
      "modelAccess",
      {
        objects: altered(
          objects,
          "Role",
          ["inlinePolicies"],
          [{ name: "its", policy: JSON.stringify(own) }, { policy }],
        ),
      },
      { ...context, models },
    ).filter(({ object }) => object?.type === "aws:iam/role:Role");
  const told = (found: ReturnType<typeof inline>) => found.map(({ path, what, refuses }) => [path, what, refuses]);
  assert.deepEqual(inline(JSON.stringify(own)), []);
  const wide = JSON.stringify({ Statement: { Effect: "Allow", Action: "s3:*", Resource: `${bucket}/models/chat/*` } });
  assert.deepEqual(told(inline(wide)), [["inlinePolicies[1].policy.Statement[0].Action", "it allows s3:*", true]]);
  assert.deepEqual(told(inline(undefined)), [["inlinePolicies[1].policy", "the policy is not known yet", false]]);
  assert.deepEqual(told(inline(wide, {})), [["inlinePolicies", "it gives the role more than its policy", false]]);
});
