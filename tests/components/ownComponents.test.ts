import assert from "node:assert/strict";
import { test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { ModelAccess, type ModelAccessArgs, ModelStore, type ModelStoreArgs } from "../../components/index.ts";
import { deploy } from "./mocks.ts";

/** The parts that other programs may use by themselves. */

const arn = "arn:aws:eks:eu-west-1:123456789012:cluster/prod";
const least: ModelAccessArgs = {
  ...{ model: "chat", namespace: pulumi.output("inference"), bucketArn: pulumi.output("arn:aws:s3:::models") },
  cluster: { eks: "prod", arn: pulumi.output(arn) },
};

async function refusal(make: () => pulumi.ComponentResource): Promise<{ message: string; made: string[] }> {
  const { result, ids } = await deploy(() => {
    try {
      make();
    } catch (error) {
      return error;
    }
    return undefined;
  });
  assert.ok(pulumi.ResourceError.isInstance(result), String(result));
  assert.equal(result.hideStack, true);
  return { message: result.message, made: ids() };
}

test("a store alone keeps its models, unless it is told otherwise", async () => {
  const forced = async (args: ModelStoreArgs) => {
    const { one } = await deploy(() => new ModelStore("models", args));
    const { inputs, protect } = one("aws:s3/bucket:Bucket");
    return { ...inputs, protect };
  };
  assert.deepEqual(await forced({}), { forceDestroy: false, tags: {}, protect: true });
  const own = { onDestroy: "delete", tags: { team: "search" } } as const;
  assert.deepEqual(await forced(own), { forceDestroy: true, tags: { team: "search" }, protect: false });
  assert.deepEqual(await refusal(() => new ModelStore("models", { onDestroy: "Delete" as "delete" })), {
    message: "onDestroy: is 'Delete', but must be 'keep' or 'delete'",
    made: ["vllm:index:ModelStore::models"],
  });
});

test("an identity alone reads its model's prefix, or another one", async () => {
  const deployed = await deploy(() => new ModelAccess("chat", least));
  assert.deepEqual(deployed.ids(), [
    "aws:eks/podIdentityAssociation:PodIdentityAssociation::chat-association",
    "aws:iam/role:Role::chat-role",
    "aws:iam/rolePolicy:RolePolicy::chat-policy",
    "kubernetes:core/v1:ServiceAccount::chat-service-account",
    "vllm:index:ModelAccess::chat",
  ]);
  const read = async (args: ModelAccessArgs) => {
    const { one } = await deploy(() => new ModelAccess("chat", args));
    return JSON.parse(one("aws:iam/rolePolicy:RolePolicy").inputs.policy).Statement[1].Resource;
  };
  assert.equal(await read(least), "arn:aws:s3:::models/models/chat/*");
  assert.equal(await read({ ...least, prefix: "llm/" }), "arn:aws:s3:::models/llm/*");
});

test("an identity is refused another kind, and a prefix that is the beginning of others", async () => {
  const made = ["vllm:index:ModelAccess::chat"];
  assert.deepEqual(await refusal(() => new ModelAccess("chat", { ...least, prefix: "models/chat" })), {
    message: "prefix: is 'models/chat', but must be a prefix that ends in '/'",
    made,
  });
  assert.deepEqual(await refusal(() => new ModelAccess("chat", { ...least, kind: "irsa" })), {
    message: "kind: is 'irsa', but must be 'podIdentity'",
    made,
  });
});
