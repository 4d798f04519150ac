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

for (const [hardware, more] of [
  ["on a GPU, scaled", {}],
  ["on a GPU, fixed", { autoscaling: null, replicas: 2 }],
  ["on a CPU", { gpu: { count: 0 } }],
] as const)
  test(`of the Deployment everything is known, the model's place too: ${hardware}`, async () => {
    const given = { own: { ...own, ...more } };
    const [preview, update] = [await deployPlatform(given, { preview: true }), await deployPlatform(given)];
    const [before, after] = [preview, update].map((deployed) => deployed.one("kubernetes:apps/v1:Deployment"));
    assert.ok(before && after);
    assert.deepEqual(before.unknowns, []);
    const { containers, initContainers } = before.inputs.spec.template.spec;
    assert.equal(
      initContainers ? initContainers[0].env[0].value : containers[0].args[0],
      "s3://vllm-models-bucket-1234567/models/chat/v1/",
    );
    // Hooks run in an update only, so a preview does without.
    assert.deepEqual(before, { ...after, hooks: {} });
  });

test("all that is unknown, by resource: ARNs, the bucket's id, the key", async () => {
  const { resources } = await deployPlatform({ own }, { preview: true });
  const unknowns = resources.filter(({ custom, unknowns }) => custom && unknowns.length > 0);
  assert.deepEqual(Object.fromEntries(unknowns.map(({ name, unknowns }) => [name, unknowns])), {
    "vllm-models-versioning": ["bucket"],
    "vllm-models-encryption": ["bucket"],
    "vllm-models-public-access-block": ["bucket"],
    "vllm-models-ownership": ["bucket"],
    "vllm-models-policy": ["bucket", "policy"],
    "vllm-api-key": ["stringData"],
    "vllm-chat-access-policy": ["policy"],
    "vllm-chat-access-association": ["roleArn"],
  });
});

test("the trust document is known before anything exists", async () => {
  const preview = await deployPlatform({ own }, { preview: true });
  const [before, after] = [preview, await deployPlatform({ own })].map(
    (deployed) => deployed.one("aws:iam/role:Role").inputs,
  );
  assert.deepEqual(before, after);
});

test("of the outputs only the key comes with the update", async () => {
  const preview = await deployPlatform({ own }, { preview: true });
  const { outputs } = preview.one("vllm:index:InferencePlatform");
  const endpoint = "http://chat.vllm.svc/v1";
  assert.deepEqual(outputs, {
    models: { chat: { endpoint, servedModelName: "chat", revision: "v1", replicas: { min: 2, max: 4 } } },
    endpoint,
    modelBucket: "vllm-models-bucket-1234567",
    namespace: "vllm",
    apiKey: unknown,
  });
});
