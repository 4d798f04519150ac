import assert from "node:assert/strict";
import { test } from "node:test";
import type { Tree } from "../../config/tree.ts";
import { least } from "../config/settings.ts";
import { deployPlatform } from "./platform.ts";

/** Secrets that the settings give: the loader leaves the keys that they are written under, and hands the values on. */

const [token, own] = ["the-token-that-must-stay-secret", "the-own-key-that-must-stay-secret"];
const v1 = { ...least, revision: "v1" };
const withToken = { ...v1, engine: { secretEnv: { TRACE_TOKEN: "vllm:engine.secretEnv.TRACE_TOKEN" } } };
const secrets = { "vllm:engine.secretEnv.TRACE_TOKEN": token, "vllm:apiKey.value": own };
const holders = (resources: { id: string; inputs: unknown }[], value: string) =>
  resources.filter(({ inputs }) => JSON.stringify(inputs ?? null).includes(value)).map(({ id }) => id);

test("a secret variable is in a Secret of its own, and the engine gets it by reference", async () => {
  const deployed = await deployPlatform({ own: withToken }, { secrets });
  const secret = deployed.one("kubernetes:core/v1:Secret", "vllm-chat-environment");
  assert.deepEqual(secret.inputs, {
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      namespace: "vllm",
      labels: {
        "app.kubernetes.io/name": "vllm",
        "app.kubernetes.io/instance": "chat",
        "app.kubernetes.io/managed-by": "pulumi",
      },
    },
    stringData: { TRACE_TOKEN: token },
  });
  assert.deepEqual(secret.secrets, ["stringData"]);
  assert.deepEqual(holders(deployed.resources, token), ["kubernetes:core/v1:Secret::vllm-chat-environment"]);
  const { env } = deployed.one("kubernetes:apps/v1:Deployment").inputs.spec.template.spec.containers[0];
  assert.deepEqual(env.at(-1), {
    name: "TRACE_TOKEN",
    valueFrom: { secretKeyRef: { name: "vllm-chat-environment-0a1b2c3d", key: "TRACE_TOKEN" } },
  });
});

test("a secret variable takes the place of one that the program writes: each stands once", async () => {
  const engine = { secretEnv: { HOME: "vllm:engine.secretEnv.TRACE_TOKEN" } };
  const deployed = await deployPlatform({ own: { ...v1, engine } }, { secrets });
  const { env } = deployed.one("kubernetes:apps/v1:Deployment").inputs.spec.template.spec.containers[0];
  const homes = env.filter(({ name }: { name: string }) => name === "HOME");
  assert.deepEqual(homes, [
    { name: "HOME", valueFrom: { secretKeyRef: { name: "vllm-chat-environment-0a1b2c3d", key: "HOME" } } },
  ]);
});

test("a variable may have the name of something that every object has", async () => {
  const own = { ...v1, engine: { env: { toString: "a", valueOf: "b" } } };
  const { env } = (await deployPlatform({ own })).one("kubernetes:apps/v1:Deployment").inputs.spec.template.spec
    .containers[0];
  assert.deepEqual(env.slice(-2), [
    { name: "toString", value: "a" },
    { name: "valueOf", value: "b" },
  ]);
});

test("without secret variables, or without a revision, there is no such Secret", async () => {
  for (const settings of [v1, { ...withToken, revision: null }]) {
    const { all } = await deployPlatform({ own: settings as Tree }, { secrets });
    assert.deepEqual(
      all("kubernetes:core/v1:Secret").map(({ name }) => name),
      ["vllm-api-key"],
    );
  }
});

test("an own key is the key: none is made, and it is an output that is secret", async () => {
  const deployed = await deployPlatform({ own: { ...v1, apiKey: { value: "vllm:apiKey.value" } } }, { secrets });
  assert.deepEqual(deployed.all("random:index/randomPassword:RandomPassword"), []);
  const secret = deployed.one("kubernetes:core/v1:Secret", "vllm-api-key");
  assert.deepEqual(secret.inputs.stringData, { "api-key": own });
  assert.deepEqual(secret.secrets, ["stringData"]);
  assert.deepEqual(holders(deployed.resources, own), ["kubernetes:core/v1:Secret::vllm-api-key"]);
  const platform = deployed.one("vllm:index:InferencePlatform");
  assert.equal(platform.outputs.apiKey, own);
  assert.deepEqual(platform.secretOutputs, ["apiKey"]);
});
