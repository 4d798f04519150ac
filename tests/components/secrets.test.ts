import assert from "node:assert/strict";
import { test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { least } from "../config/settings.ts";
import { apiKeyValue } from "./mocks.ts";
import { deployPlatform } from "./platform.ts";

/** The API key: where it is, it is marked as a secret, and it is nowhere else. */

const own = {
  ...least,
  model: null,
  models: { chat: { revision: "v1" }, code: { revision: "v1", gpu: { count: 0 } }, math: {} },
  namespace: { create: true },
};
const forms = [apiKeyValue, Buffer.from(apiKeyValue).toString("base64"), encodeURIComponent(apiKeyValue)];
const holdsKey = (value: unknown) => forms.some((form) => JSON.stringify(value ?? null).includes(form));

test("among all inputs the key is in the Secret's alone, marked as a secret", async () => {
  const { resources } = await deployPlatform({ own });
  const holders = resources.filter(({ inputs }) => holdsKey(inputs));
  assert.deepEqual(
    holders.map(({ id, secrets }) => [id, secrets]),
    [["kubernetes:core/v1:Secret::vllm-api-key", ["stringData"]]],
  );
  assert.deepEqual(holders[0]?.inputs, {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { namespace: "vllm" },
    stringData: { "api-key": apiKeyValue },
  });
});

test("no other input is a secret, so that none is hidden in a preview", async () => {
  const { resources } = await deployPlatform({ own });
  for (const { id, type, secrets } of resources)
    if (type !== "kubernetes:core/v1:Secret") assert.deepEqual(secrets, [], id);
});

test("among all outputs of components the key is in the stack's alone, marked as a secret", async () => {
  const { resources } = await deployPlatform({ own });
  const holders = resources.filter(({ outputs }) => holdsKey(outputs));
  assert.deepEqual(
    holders.map(({ id, secretOutputs }) => [id, secretOutputs]),
    [["vllm:index:InferencePlatform::vllm", ["apiKey"]]],
  );
});

test("the plugin is asked to keep what it makes secret", async () => {
  const deployed = await deployPlatform({ own });
  const key = deployed.one("random:index/randomPassword:RandomPassword");
  assert.ok(key.additionalSecretOutputs.includes("result"));
  const secret = deployed.one("kubernetes:core/v1:Secret");
  assert.deepEqual([...secret.additionalSecretOutputs].sort(), ["data", "stringData"]);
});

test("of the stack's outputs only the key is a secret", async () => {
  const { models, endpoint, modelBucket, namespace, apiKey } = (await deployPlatform({ own })).result;
  const outputs = { models, endpoint, modelBucket, namespace, apiKey };
  const secret = (value: unknown) => pulumi.isSecret(pulumi.output(value));
  const marked = await Promise.all(Object.entries(outputs).map(async ([name, value]) => [name, await secret(value)]));
  assert.deepEqual(Object.fromEntries(marked), {
    models: false,
    endpoint: false,
    modelBucket: false,
    namespace: false,
    apiKey: true,
  });
});

test("engines get the key by reference; no variable of any container has it", async () => {
  const deployed = await deployPlatform({ own });
  const deployments = deployed.all("kubernetes:apps/v1:Deployment");
  assert.equal(deployments.length, 2);
  for (const { inputs } of deployments) {
    const { containers, initContainers = [] } = inputs.spec.template.spec;
    assert.deepEqual(containers[0].env[0], {
      name: "VLLM_API_KEY",
      valueFrom: { secretKeyRef: { name: "vllm-api-key-0a1b2c3d", key: "api-key" } },
    });
    assert.equal(holdsKey([containers, initContainers]), false);
    for (const container of initContainers)
      assert.equal(JSON.stringify(container).includes("VLLM_API_KEY"), false, "the copier needs no key");
  }
});

test("in a preview the key is unknown, and still nowhere in plain", async () => {
  const { resources } = await deployPlatform({ own }, { preview: true });
  for (const { id, inputs, outputs } of resources) assert.equal(holdsKey([inputs, outputs]), false, id);
});
