import assert from "node:assert/strict";
import { test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { platformNodes } from "../../components/platformNodes.ts";
import type { Secrets } from "../../components/secrets.ts";
import type { Tree } from "../../config/tree.ts";
import type { StackPlan } from "../../planning/plan.ts";
import { least, plan } from "../config/settings.ts";
import { apiKeyValue, deploy } from "./mocks.ts";
import { deployPlatform } from "./platform.ts";

/** Secrets that the settings give: the plan has the keys that they are written under, and the values come beside it. */

const [token, own] = ["the-token-that-must-stay-secret", "the-own-key-that-must-stay-secret"];
const v1 = { ...least, revision: "v1" };
const withToken = { ...v1, engine: { secretEnv: { TRACE_TOKEN: token } } };
const withKey = { ...v1, apiKey: { value: own } };
const holders = (resources: { id: string; inputs: unknown }[], value: string) =>
  resources.filter(({ inputs }) => JSON.stringify(inputs ?? null).includes(value)).map(({ id }) => id);

test("a secret variable is in a Secret of its own, and the engine gets it by reference", async () => {
  const deployed = await deployPlatform({ own: withToken });
  const secret = deployed.one("kubernetes:core/v1:Secret", "vllm-chat-main-environment");
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
  assert.deepEqual(holders(deployed.resources, token), ["kubernetes:core/v1:Secret::vllm-chat-main-environment"]);
  const { env } = deployed.one("kubernetes:apps/v1:Deployment").inputs.spec.template.spec.containers[0];
  assert.deepEqual(env.at(-1), {
    name: "TRACE_TOKEN",
    valueFrom: { secretKeyRef: { name: "vllm-chat-main-environment-0a1b2c3d", key: "TRACE_TOKEN" } },
  });
});

test("a secret variable takes the place of one that the program writes: each stands once", async () => {
  const deployed = await deployPlatform({
    own: { ...v1, engine: { secretEnv: { HOME: token }, acknowledge: ["HOME"] } },
  });
  const { env } = deployed.one("kubernetes:apps/v1:Deployment").inputs.spec.template.spec.containers[0];
  const homes = env.filter(({ name }: { name: string }) => name === "HOME");
  assert.deepEqual(homes, [
    { name: "HOME", valueFrom: { secretKeyRef: { name: "vllm-chat-main-environment-0a1b2c3d", key: "HOME" } } },
  ]);
});

test("a variable may have the name of something that every object has", async () => {
  const own = { ...v1, engine: { env: { toString: "a", valueOf: "b" } } };
  const { env } = (await deployPlatform({ own })).one("kubernetes:apps/v1:Deployment").inputs.spec.template.spec
    .containers[0];
  assert.deepEqual(env.slice(-3, -1), [
    { name: "toString", value: "a" },
    { name: "valueOf", value: "b" },
  ]);
});

test("without secret variables, or without a revision, there is no such Secret", async () => {
  for (const settings of [v1, { ...withToken, revision: null }] as Tree[]) {
    const { all } = await deployPlatform({ own: settings });
    assert.deepEqual(
      all("kubernetes:core/v1:Secret").map(({ name }) => name),
      ["vllm-api-key"],
    );
  }
});

test("an own key is the key: none is made, and it is an output that is secret", async () => {
  const deployed = await deployPlatform({ own: withKey });
  assert.deepEqual(deployed.all("random:index/randomPassword:RandomPassword"), []);
  const secret = deployed.one("kubernetes:core/v1:Secret", "vllm-api-key");
  assert.deepEqual(secret.inputs.stringData, { "api-key": own });
  assert.deepEqual(secret.secrets, ["stringData"]);
  assert.deepEqual(holders(deployed.resources, own), ["kubernetes:core/v1:Secret::vllm-api-key"]);
  const platform = deployed.one("vllm:index:InferencePlatform");
  assert.equal(platform.outputs.apiKey, own);
  assert.deepEqual(platform.secretOutputs, ["apiKey"]);
});

/** What making a platform throws, by its message, and which Secrets were registered until then, with their data. */
async function thrown(plan: StackPlan, secrets: Secrets = {}) {
  const { result, all } = await deploy(async () => {
    const platform = new pulumi.ComponentResource("vllm:index:InferencePlatform", "vllm");
    const inputs = {
      region: "eu-west-1",
      clusterArn: "arn",
      kubeconfig: "{}",
      bucket: undefined,
      kmsKey: undefined,
      secrets,
    };
    try {
      platformNodes(platform, "vllm", plan, inputs);
    } catch (error) {
      return (error as Error).message;
    }
    return undefined;
  });
  const registered = all("kubernetes:core/v1:Secret").map(({ name, inputs }) => [name, inputs.stringData]);
  return { message: result, registered };
}

const planOf = (own: Tree) => plan({ own });
const forgotten = (key: string) => `the secret ${key} was not handed over beside the plan that needs it`;
const madeKey = [["vllm-api-key", { "api-key": apiKeyValue }]];

test("a secret that was not handed over is an error with its key, before a Secret without it is made", async () => {
  const others = { "vllm:engine.secretEnv.OTHER": pulumi.secret("x"), OTHER: pulumi.secret("y") };
  for (const secrets of [{}, others]) {
    const key = { message: forgotten("vllm:apiKey.value"), registered: [] };
    assert.deepEqual(await thrown(planOf(withKey), secrets), key);
    const variable = { message: forgotten("vllm:engine.secretEnv.TRACE_TOKEN"), registered: madeKey };
    assert.deepEqual(await thrown(planOf(withToken), secrets), variable);
  }
});

test("of several secrets one alone that was not handed over is an error", async () => {
  const engine = { secretEnv: { A: "the-first-secret", B: "the-second-secret" } };
  const secrets = { "vllm:engine.secretEnv.A": pulumi.secret("the-first-secret") };
  const found = { message: forgotten("vllm:engine.secretEnv.B"), registered: madeKey };
  assert.deepEqual(await thrown(planOf({ ...v1, engine }), secrets), found);
});

test("a key that every object has is not handed over by that", async () => {
  const key = { ...planOf(withKey), apiKey: { value: "toString" } };
  assert.deepEqual(await thrown(key, {}), { message: forgotten("toString"), registered: [] });
});

test("a secret of what is not deployed need not be handed over", async () => {
  const unserved = { ...withToken, revision: null };
  assert.deepEqual(await thrown(planOf(unserved)), { message: undefined, registered: madeKey });
});
