import assert from "node:assert/strict";
import { test } from "node:test";
import { readPrefix, trustServiceAccount } from "../../../components/iam.ts";
import { longestModelName } from "../../../config/schema/values.ts";
import { least } from "../../config/settings.ts";
import { deployPlatform } from "../platform.ts";

/** A model's identity by EKS Pod Identity. What the documents say is in `iam.test.ts`. */

const bucket = "arn:aws:s3:::vllm-models-bucket-1234567";
const cluster = "arn:aws:eks:eu-west-1:123456789012:cluster/lab";

const own = { ...least, revision: "v1", namespace: { name: "inference" } };

test("the role: trusted for one service account of one namespace in one cluster, reads one model's prefix", async () => {
  const deployed = await deployPlatform({ own });
  const { assumeRolePolicy, ...role } = deployed.one("aws:iam/role:Role").inputs;
  assert.deepEqual(JSON.parse(assumeRolePolicy), trustServiceAccount(cluster, "inference", "chat"));
  assert.deepEqual(role, { tags: { "vllm:stack": "prod" } });
  const { policy, ...rest } = deployed.one("aws:iam/rolePolicy:RolePolicy").inputs;
  assert.deepEqual(JSON.parse(policy), readPrefix(bucket, "models/chat/"));
  assert.deepEqual(rest, { role: "vllm-chat-access-role-1234567" });
  assert.deepEqual(deployed.one("aws:eks/podIdentityAssociation:PodIdentityAssociation").inputs, {
    clusterName: "lab",
    namespace: "inference",
    serviceAccount: "chat",
    roleArn: "arn:aws:iam::123456789012:role/vllm-chat-access-role-1234567",
    tags: { "vllm:stack": "prod" },
  });
});

test("the longest name that a model may have leaves room for what Pulumi appends to its role's", async () => {
  const longest = "c".repeat(longestModelName);
  const deployed = await deployPlatform({ own: { ...own, model: longest } });
  // `-` and seven hexadecimal digits; IAM takes 64 characters of a role, 128 of a policy inside it.
  assert.equal(deployed.one("aws:iam/role:Role").name.length + 8, 64);
  assert.ok(deployed.one("aws:iam/rolePolicy:RolePolicy").name.length + 8 <= 128);
});

test("the association is for the service account that the pods run as", async () => {
  const deployed = await deployPlatform({ own });
  const association = deployed.one("aws:eks/podIdentityAssociation:PodIdentityAssociation");
  const { metadata } = deployed.one("kubernetes:core/v1:ServiceAccount").inputs;
  assert.deepEqual(
    [association.inputs.namespace, association.inputs.serviceAccount],
    [metadata.namespace, metadata.name],
  );
  assert.equal(
    deployed.one("kubernetes:apps/v1:Deployment").inputs.spec.template.spec.serviceAccountName,
    metadata.name,
  );
  assert.ok(association.dependencies.includes("kubernetes:core/v1:ServiceAccount::vllm-chat-access-service-account"));
});

test("no model reads another's, and no name is another's prefix", async () => {
  const models = { chat: {}, "chat-2": {} };
  const deployed = await deployPlatform({ own: { ...own, model: null, models } });
  const prefixes = deployed.all("aws:iam/rolePolicy:RolePolicy").map(({ inputs }) => {
    const { Statement } = JSON.parse(inputs.policy);
    return [Statement[0].Condition.StringLike["s3:prefix"], Statement[1].Resource];
  });
  assert.deepEqual(prefixes, [
    ["models/chat/*", `${bucket}/models/chat/*`],
    ["models/chat-2/*", `${bucket}/models/chat-2/*`],
  ]);
});

test("the identity tells the name of its service account, before it exists too", async () => {
  for (const preview of [false, true]) {
    const deployed = await deployPlatform({ own }, { preview });
    assert.deepEqual(deployed.one("vllm:index:ModelAccess").outputs, { serviceAccountName: "chat" });
  }
});
