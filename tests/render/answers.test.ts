import assert from "node:assert/strict";
import { test } from "node:test";
import { answersIn } from "../../render/answers.ts";

/** What a render cannot know is told, and never left out. */

test("a question that has no answer, and an input that hangs on one, are told", async () => {
  const { mocks, made, unanswered } = answersIn("eu-west-1");
  const policy = { type: "aws:s3/bucketPolicy:BucketPolicy", name: "p", custom: true };
  assert.deepEqual(await mocks.call({ token: "aws:kms/getKey:getKey", inputs: {} }), {});
  await mocks.newResource({ ...policy, inputs: { bucket: "b", policy: { __pulumiUnknown: true } } });
  await mocks.newResource({ ...policy, inputs: { bucket: "b", policy: "{}" } });
  assert.deepEqual(unanswered, ["aws:kms/getKey:getKey", "an input of aws:s3/bucketPolicy:BucketPolicy p"]);
  assert.equal(made.length, 2);
});

test("components and providers are no objects", async () => {
  const { mocks, made } = answersIn("eu-west-1");
  await mocks.newResource({ type: "vllm:index:Workload", name: "w", custom: false, inputs: {} });
  await mocks.newResource({ type: "pulumi:providers:kubernetes", name: "cluster", custom: true, inputs: {} });
  assert.deepEqual(made, []);
});
