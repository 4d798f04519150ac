import assert from "node:assert/strict";
import { test } from "node:test";
import { isTree, type Tree } from "../../config/tree.ts";
import { judge, ruleNames, rules } from "../../policy/judge.ts";
import { notKnown } from "../../policy/known.ts";
import type { PolicyObject, RuleName } from "../../policy/rule.ts";
import { byRule, levels, pathsIn, rendered } from "./subject.ts";

/** What is not known yet: it never refuses, and is never a pass where something there would be refused. */

const { objects, context } = await rendered("prod");
const noReason = { ...context, models: { chat: { prefix: "models/chat/" } } };

function of(kind: string): PolicyObject {
  const [found, ...others] = objects.filter(({ type }) => type.endsWith(`:${kind}`));
  assert.ok(found && others.length === 0, kind);
  return found;
}

/** A copy of a value with something else at a path. */
function put(value: unknown, [key, ...rest]: readonly string[], last: unknown): unknown {
  if (key === undefined) return last;
  if (Array.isArray(value)) return Object.assign([...value], { [key]: put(value[Number(key)], rest, last) });
  const tree = isTree(value) ? value : {};
  return { ...tree, [key]: put(tree[key], rest, last) };
}

const changed = (object: PolicyObject, path: readonly string[], value: unknown): PolicyObject[] =>
  objects.map((one) => (one === object ? { ...one, properties: put(one.properties, path, value) as Tree } : one));

test("whatever is not known of a stack that keeps all rules, nothing refuses", () => {
  let seen = 0;
  for (const object of objects)
    for (const path of pathsIn(object.properties)) {
      seen++;
      const judged = judge({ objects: changed(object, path, notKnown) }, context, levels("mandatory"));
      const refused = judged.filter(({ refuses }) => refuses);
      assert.deepEqual(refused, [], `${object.name} ${path.join(".")}`);
      const keys = judged.filter(({ rule, object: one }) => rule === "staticKeys" && one?.name === object.name);
      assert.ok(
        keys.some(({ what }) => ["it is not known yet", "its value is a secret"].includes(what)),
        `${object.name} ${path.join(".")}`,
      );
    }
  assert.ok(seen > 300, String(seen));
});

const container = ["spec", "template", "spec", "containers", "0"];
const statement = (index: number, ...path: string[]) => ["policy", "Statement", String(index), ...path];
const named = { Effect: "Allow", Principal: { AWS: "1" }, Action: "s3:GetObject", Resource: "arn:aws:s3:::b/*" };
const algorithm = ["rules", "0", "applyServerSideEncryptionByDefault", "sseAlgorithm"];
const label = "app.kubernetes.io/instance";

/** What each rule refuses: a kind, where something is altered, to what; what is altered before, and the context. */
const breaks: [
  rule: RuleName,
  kind: string,
  path: string[],
  value: unknown,
  given?: { path?: string[]; value?: unknown; context?: typeof noReason },
][] = [
  ["imageDigest", "Deployment", [...container, "image"], "vllm:v1", { context: noReason }],
  ["imageDigest", "Deployment", ["spec", "template", "metadata", "labels", label], "code"],
  ["bucketPrivate", "Bucket", ["acl"], "public-read"],
  ["bucketPrivate", "BucketPublicAccessBlock", ["blockPublicAcls"], false],
  ["bucketPrivate", "BucketPublicAccessBlock", ["bucket"], "another"],
  ["bucketPrivate", "BucketPolicy", statement(1, "Principal", "AWS"), "*", { path: statement(1), value: named }],
  [
    ...(["bucketPrivate", "BucketPolicy", statement(1, "Effect"), "Allow"] as const),
    { path: statement(1), value: { ...named, Effect: "Deny", Principal: "*" } },
  ],
  ["bucketPrivate", "BucketPolicy", statement(1, "NotPrincipal"), "x", { path: statement(1), value: named }],
  ["bucketTls", "BucketPolicy", ["bucket"], "another"],
  ["bucketTls", "BucketPolicy", statement(0, "Effect"), "Allow"],
  ["bucketTls", "BucketPolicy", statement(0, "Principal"), { AWS: "1" }],
  ["bucketTls", "BucketPolicy", statement(0, "Action"), "s3:GetObject"],
  ["bucketTls", "BucketPolicy", statement(0, "Resource", "1"), "arn:aws:s3:::another/*"],
  ["bucketTls", "BucketPolicy", statement(0, "Condition", "Bool", "aws:SecureTransport"), "true"],
  ["bucketEncryption", "BucketServerSideEncryptionConfiguration", algorithm, "none"],
  ["staticKeys", "Deployment", [...container, "args", "0"], `AKIA${"ABCDEFGH12345678"}`],
  ["modelAccess", "RolePolicy", statement(1, "Action"), "s3:*"],
  ["modelAccess", "RolePolicy", statement(1, "Resource"), "*"],
  ["modelAccess", "RolePolicy", statement(1, "NotAction"), "s3:PutObject"],
  ["modelAccess", "RolePolicy", statement(0, "Condition", "StringLike", "s3:prefix"), "*"],
  [
    ...(["modelAccess", "RolePolicy", statement(1, "Effect"), "Allow"] as const),
    { path: statement(1), value: { Effect: "Deny", Action: "*", Resource: "*" } },
  ],
  ["availability", "HorizontalPodAutoscaler", ["spec", "minReplicas"], 1],
  ["availability", "Deployment", ["metadata", "name"], "another", { path: ["spec", "replicas"], value: 1 }],
  ["availability", "PodDisruptionBudget", ["spec", "maxUnavailable"], "100%"],
  ["availability", "PodDisruptionBudget", ["spec", "selector", "matchLabels", label], "code"],
  ["availability", "PodDisruptionBudget", ["metadata", "namespace"], "another"],
  ["availability", "Deployment", ["spec", "template", "metadata", "labels", label], "code"],
  ["storeProtected", "Bucket", ["forceDestroy"], true],
];

test("every rule of objects has a break here", () =>
  assert.deepEqual(
    [...new Set(breaks.map(([rule]) => rule))],
    ruleNames.filter((name) => ["object", "objects"].includes(rules[name].of)),
  ));

for (const [rule, kind, path, value, given = {}] of breaks)
  test(`${rule}: where ${kind}'s ${path.join(".")}, or what holds it, is not known, that is said`, () => {
    const before = given.path ? changed(of(kind), given.path, given.value) : objects;
    const start = before.find(({ type }) => type.endsWith(`:${kind}`)) as PolicyObject;
    const judged = (at: readonly string[], to: unknown) =>
      byRule(
        rule,
        {
          objects: before.map((one) =>
            one === start ? { ...one, properties: put(one.properties, at, to) as Tree } : one,
          ),
        },
        given.context ?? context,
      );
    assert.ok(
      judged(path, value).some(({ refuses }) => refuses),
      "it refuses what is known",
    );
    for (const depth of path.keys()) {
      const holder = path.slice(0, depth + 1);
      const found = judged(holder, notKnown);
      assert.deepEqual(
        found.filter(({ refuses }) => refuses),
        [],
        holder.join("."),
      );
      assert.ok(
        found.some(({ notChecked }) => notChecked),
        holder.join("."),
      );
    }
  });
