import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { renderStack } from "../render/stack.ts";
import { root } from "./config/settings.ts";
import { publishedSettings } from "./render/stacks.ts";
import { isAllowed, objects, rightsOf, rules, type Statement, statements, values } from "./rightsFiles.ts";

/** The rights of docs/rights: what the plugins ask for by their source, by the names that this program gives, no more. */

/**
 * The actions that terraform-provider-aws 6, behind the AWS plugin, needs for what this program makes: its resources'
 * Read, Create, Update and Delete (internal/service/s3, iam, eks), the note of its version 6.23.0 on tags of buckets,
 * and AWS's Service Authorization Reference for the actions behind the calls.
 */
const asked: Readonly<Record<string, { read: string[]; write?: string[] }>> = {
  "the plugin itself": { read: ["sts:GetCallerIdentity"] },
  "eks.getCluster": { read: ["eks:DescribeCluster"] },
  "s3.getBucket": { read: ["s3:ListBucket"] },
  "s3.Bucket": {
    read: [
      ...["s3:ListBucket", "s3:GetBucketPolicy", "s3:GetBucketAcl", "s3:GetBucketCORS", "s3:GetBucketWebsite"],
      ...["s3:GetBucketVersioning", "s3:GetAccelerateConfiguration", "s3:GetBucketRequestPayment"],
      ...["s3:GetBucketLogging", "s3:GetLifecycleConfiguration", "s3:GetReplicationConfiguration"],
      ...["s3:GetEncryptionConfiguration", "s3:GetBucketObjectLockConfiguration"],
      // The second where the first is refused.
      ...["s3:ListTagsForResource", "s3:GetBucketTagging"],
    ],
    write: [
      ...["s3:CreateBucket", "s3:DeleteBucket", "s3:TagResource", "s3:UntagResource", "s3:PutBucketTagging"],
      // Of one that may be emptied.
      ...["s3:ListBucketVersions", "s3:DeleteObject", "s3:DeleteObjectVersion"],
    ],
  },
  "s3.BucketVersioning": { read: ["s3:GetBucketVersioning"], write: ["s3:PutBucketVersioning"] },
  "s3.BucketServerSideEncryptionConfiguration": {
    read: ["s3:GetEncryptionConfiguration"],
    write: ["s3:PutEncryptionConfiguration"],
  },
  "s3.BucketPublicAccessBlock": {
    read: ["s3:GetBucketPublicAccessBlock"],
    write: ["s3:PutBucketPublicAccessBlock"],
  },
  "s3.BucketOwnershipControls": {
    read: ["s3:GetBucketOwnershipControls"],
    write: ["s3:PutBucketOwnershipControls"],
  },
  "s3.BucketPolicy": { read: ["s3:GetBucketPolicy"], write: ["s3:PutBucketPolicy", "s3:DeleteBucketPolicy"] },
  "iam.Role": {
    // The last by versions that do not take the tags from the first.
    read: [
      ...["iam:GetRole", "iam:ListRolePolicies", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies"],
      "iam:ListRoleTags",
    ],
    write: [
      ...["iam:CreateRole", "iam:TagRole", "iam:UntagRole", "iam:UpdateAssumeRolePolicy"],
      ...["iam:ListInstanceProfilesForRole", "iam:DeleteRolePolicy", "iam:DeleteRole"],
    ],
  },
  "iam.RolePolicy": { read: ["iam:GetRolePolicy"], write: ["iam:PutRolePolicy", "iam:DeleteRolePolicy"] },
  "eks.PodIdentityAssociation": {
    read: ["eks:DescribePodIdentityAssociation", "eks:ListTagsForResource"],
    write: [
      ...["eks:CreatePodIdentityAssociation", "eks:UpdatePodIdentityAssociation", "eks:DeletePodIdentityAssociation"],
      ...["eks:TagResource", "eks:UntagResource", "iam:PassRole"],
    ],
  },
};

const sorted = (all: Iterable<string>) => [...new Set(all)].sort();
const actions = (all: readonly Statement[]) => all.flatMap(({ Action }) => Action);
const reads = sorted(Object.values(asked).flatMap(({ read }) => read));
const all = sorted(Object.values(asked).flatMap(({ read, write = [] }) => [...read, ...write]));

test("review.json has what a preview reads; deploy.json what is read and written besides; neither has more", () => {
  assert.deepEqual(sorted(actions(statements("review"))), reads);
  assert.deepEqual(sorted(actions(statements("deploy"))), all);
  assert.deepEqual(sorted(actions(statements("upload"))), ["s3:AbortMultipartUpload", "s3:ListBucket", "s3:PutObject"]);
});

test("the types are those that this program makes", () => {
  const made = globSync("components/**/*.ts", { cwd: root }).flatMap((file) =>
    [...readFileSync(join(root, file), "utf8").matchAll(/new aws\.(\w+\.\w+)\(|aws\.(\w+\.get\w+)\(/g)].map(
      ([, type, called]) => type ?? called ?? "",
    ),
  );
  assert.deepEqual(
    sorted(made),
    Object.keys(asked)
      .filter((name) => name.includes("."))
      .sort(),
  );
});

test("review.json reads and nothing else, and no action has a star", () => {
  for (const action of actions(statements("review"))) assert.match(action, /^\w+:(Get|List|Describe)[A-Z]\w+$/);
  // What a model is made of, no preview reads.
  assert.ok(!actions(statements("review")).includes("s3:GetObject"));
  for (const name of ["deploy", "upload"] as const)
    for (const action of actions(statements(name))) assert.match(action, /^\w+:[A-Z]\w+$/);
});

test("the documents are of IAM's form: names of their own, resources that are named, of one kind each", () => {
  for (const name of ["review", "deploy", "upload"] as const) {
    const found = statements(name);
    assert.equal(new Set(found.map(({ Sid }) => Sid)).size, found.length);
    for (const { Sid, Effect, Action, Resource } of found) {
      assert.match(Sid, /^[A-Za-z]+$/);
      assert.equal(Effect, "Allow");
      assert.deepEqual(Action, sorted(Action));
      if (Sid !== "Caller") for (const one of [Resource].flat()) assert.match(one, /^arn:aws:(s3|iam|eks):.*\w/);
    }
  }
  const passed = statements("deploy").find(({ Action }) => Action.includes("iam:PassRole"));
  assert.deepEqual(passed?.Condition, { StringEquals: { "iam:PassedToService": "pods.eks.amazonaws.com" } });
});

test("they allow what has this program's names, as recorded stacks have them, and nothing of others", () => {
  const names = { ...values, CLUSTER: "prod" };
  const deploy = statements("deploy", names);
  const review = statements("review", names);
  const states = globSync("tests/data/states/*/*.json", { cwd: root }).map((file) =>
    readFileSync(join(root, file), "utf8"),
  );
  const ids = (form: RegExp) => sorted(states.flatMap((text) => [...text.matchAll(form)].map(([, id = ""]) => id)));
  const buckets = ids(/"id": ?"(vllm-models-bucket-[0-9a-f]+)"/g);
  const roles = ids(/"id": ?"(vllm-\w+-access-role-[0-9a-f]+)"/g);
  assert.ok(buckets.length >= 3 && roles.length >= 3);
  for (const bucket of buckets) {
    assert.ok(isAllowed(review, "s3:GetBucketPolicy", `arn:aws:s3:::${bucket}`));
    assert.ok(isAllowed(deploy, "s3:PutBucketPolicy", `arn:aws:s3:::${bucket}`));
    assert.ok(isAllowed(statements("upload"), "s3:PutObject", `arn:aws:s3:::${bucket}/models/chat/v1/config.json`));
  }
  for (const role of roles)
    for (const action of ["iam:CreateRole", "iam:PassRole", "iam:PutRolePolicy"])
      assert.ok(isAllowed(deploy, action, `arn:aws:iam::123456789012:role/${role}`));
  const arn = "arn:aws:eks:eu-west-1:123456789012";
  assert.ok(isAllowed(deploy, "eks:CreatePodIdentityAssociation", `${arn}:cluster/prod`));
  assert.ok(isAllowed(deploy, "eks:DeletePodIdentityAssociation", `${arn}:podidentityassociation/prod/a-1`));
  for (const [action, resource] of [
    ["s3:PutBucketPolicy", "arn:aws:s3:::invoices"],
    ["s3:DeleteObject", "arn:aws:s3:::invoices/2026.csv"],
    ["s3:GetObject", `arn:aws:s3:::${buckets[0]}/models/chat/v1/config.json`],
    ["iam:PutRolePolicy", "arn:aws:iam::123456789012:role/admin"],
    ["iam:PassRole", "arn:aws:iam::123456789012:role/admin"],
    ["eks:CreatePodIdentityAssociation", `${arn}:cluster/other`],
    ["eks:DeletePodIdentityAssociation", `${arn}:podidentityassociation/other/a-1`],
  ] as const)
    assert.equal(isAllowed(deploy, action, resource), false, `${action} ${resource}`);
});

/** The resource of a type, as RBAC has it: `kubernetes:apps/v1:Deployment` is `deployments.apps`. */
function resourceOf(type: string): string {
  const [, group = "", kind = ""] = /^kubernetes:([\w.]+)\/\w+:(\w+)$/.exec(type) ?? [];
  return `${kind.toLowerCase()}s${group === "core" ? "" : `.${group}`}`;
}

test("the Roles have the kinds that a stack with every setting has, but for its namespace, which is there before", async () => {
  const { objects: rendered } = await renderStack(publishedSettings("all"));
  const made = rendered.map(({ type }) => type).filter((type) => type.startsWith("kubernetes:"));
  const kinds = sorted(made.map(resourceOf).filter((resource) => resource !== "namespaces"));
  for (const name of ["review", "deploy"] as const)
    for (const verb of ["create", "get", "patch"])
      assert.deepEqual(
        rightsOf(rules(name)).filter((right) => right.startsWith(`${verb} `) && right !== "get pods/log"),
        kinds.map((resource) => `${verb} ${resource}`),
      );
});

test("the Role of reviews is of that of deployments, and comes with what leaves it its dry runs", () => {
  const deploy = rightsOf(rules("deploy"));
  assert.deepEqual(
    rightsOf(rules("review")).filter((right) => !deploy.includes(right)),
    [],
  );
  assert.deepEqual(
    objects("review").map(({ kind }) => kind),
    ["Role", "RoleBinding", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"],
  );
  for (const { verbs } of [...rules("review"), ...rules("deploy")])
    for (const verb of verbs) assert.match(verb, /^(create|delete|get|list|patch|watch)$/);
});
