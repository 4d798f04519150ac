import assert from "node:assert/strict";
import { test } from "node:test";
import { least } from "../config/settings.ts";
import { unknown } from "./mocks.ts";
import { deployPlatform } from "./platform.ts";

/** The first preview of a stack: what a person sees before anything exists. */

const own = { ...least, revision: "v1", autoscaling: { min: 2, max: 4 }, namespace: { create: true } };

test("a preview shows the same resources as the update", async () => {
  const [preview, update] = [await deployPlatform({ own }, { preview: true }), await deployPlatform({ own })];
  assert.deepEqual(preview.resources.map(({ urn }) => urn).sort(), update.resources.map(({ urn }) => urn).sort());
});

test("of the Deployment only the model's place is unknown, since its bucket is", async () => {
  const preview = await deployPlatform({ own }, { preview: true });
  const update = await deployPlatform({ own });
  const [before, after] = [preview, update].map((deployed) => deployed.one("kubernetes:apps/v1:Deployment"));
  assert.ok(before && after);
  assert.deepEqual(before.unknowns, ["spec.template.spec.containers[0].args[0]"]);
  assert.equal(before.inputs.spec.template.spec.containers[0].args[0], unknown);
  after.inputs.spec.template.spec.containers[0].args[0] = unknown;
  assert.deepEqual(before.inputs, after.inputs);
  assert.deepEqual(before.customTimeouts, after.customTimeouts);
  assert.deepEqual(before.dependencies, after.dependencies);
});

test("on a CPU it is the copier's source", async () => {
  const preview = await deployPlatform({ own: { ...own, gpu: { count: 0 } } }, { preview: true });
  assert.deepEqual(preview.one("kubernetes:apps/v1:Deployment").unknowns, [
    "spec.template.spec.initContainers[0].env[0].value",
  ]);
});

test("all that is unknown, by resource: ARNs, the bucket, the key", async () => {
  const { resources } = await deployPlatform({ own }, { preview: true });
  const unknowns = resources.filter(({ custom, unknowns }) => custom && unknowns.length > 0);
  assert.deepEqual(Object.fromEntries(unknowns.map(({ name, unknowns }) => [name, unknowns])), {
    "vllm-models-versioning": ["bucket"],
    "vllm-models-encryption": ["bucket"],
    "vllm-models-public-access-block": ["bucket"],
    "vllm-models-ownership": ["bucket"],
    "vllm-models-policy": ["bucket", "policy"],
    "vllm-api-key": ["stringData"],
    "vllm-chat-policy": ["policy"],
    "vllm-chat-association": ["roleArn"],
    "vllm-chat-deployment": ["spec.template.spec.containers[0].args[0]"],
  });
});

test("the trust document is known before anything exists", async () => {
  const preview = await deployPlatform({ own }, { preview: true });
  const [before, after] = [preview, await deployPlatform({ own })].map(
    (deployed) => deployed.one("aws:iam/role:Role").inputs,
  );
  assert.deepEqual(before, after);
});

test("of the outputs, bucket, key and notes come with the update", async () => {
  const preview = await deployPlatform({ own }, { preview: true });
  const { outputs } = preview.one("vllm:index:InferencePlatform");
  const endpoint = "http://chat.vllm.svc/v1";
  assert.deepEqual(outputs, {
    models: { chat: { endpoint, servedModelName: "chat", revision: "v1", replicas: { min: 2, max: 4 } } },
    endpoint,
    modelBucket: unknown,
    namespace: "vllm",
    apiKey: unknown,
    notes: unknown,
  });
});
