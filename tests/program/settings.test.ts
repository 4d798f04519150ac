import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import { inspect } from "node:util";
import { configOf, resolve } from "../config/settings.ts";
import { least, load, planned, pulumi, refused, secretOutputs, stackFile } from "./loader.ts";

/** What the loader adds to the rest: how the CLI hands settings over. */

test("groups come as JSON, scalars as text, and the base beside them", async () => {
  const { "vllm:gpu": _, ...rest } = least;
  const settings = await load({
    ...rest,
    "vllm:base": '{"gpu":{"product":"L4"},"replicas":3}',
    "vllm:production": "false",
    "vllm:revision": "20261121",
    "vllm:drain": '{"seconds":60}',
  });
  const expected = resolve({
    base: { gpu: { product: "L4" }, replicas: 3 },
    own: { model: "chat", cluster: { eks: "lab" }, production: false, revision: "20261121", drain: { seconds: 60 } },
  });
  assert.deepEqual(settings, expected);
});

test("the repository's own stack loads as it is written", async () => {
  const settings = await load(configOf("prod"));
  assert.equal(settings.region, "eu-west-1");
  assert.deepEqual(settings.models[0]?.autoscaling, { min: 4, max: 20, waitingRequests: 5 });
});

test("other namespaces are another program's business", async () => {
  const settings = await load({
    ...least,
    "aws:profile": "x",
    "kubernetes:context": "x",
    "vllmx:replicas": "9",
    "a:vllm:b": "1",
  });
  assert.equal(settings.models[0]?.replicas, 1);
});

test("a key of the project's own namespace, as 'config set' without one makes it, is refused", async () => {
  const hint = (key: string) =>
    `pulumi-vllm:${key} (Pulumi.prod.yaml): has no effect; settings are read from 'vllm:${key}'`;
  await refused({ ...least, "pulumi-vllm:revision": "v1" }, hint("revision"));
  await refused({ ...least, "pulumi-vllm:anything": '{"a":1}' }, hint("anything"));
  await refused(
    { ...least, "pulumi-vllm:revision": "v1", "pulumi-vllm:replicas": "2" },
    hint("revision"),
    hint("replicas"),
  );
});

test("a project that is called as the settings' namespace has no other one", async () => {
  const called = (project: string) =>
    pulumi.runtime.setMocks({ newResource: ({ inputs }) => ({ id: "", state: inputs }), call: () => ({}) }, project);
  await called("vllm");
  try {
    const { models } = await load({ ...least, "vllm:revision": "v1", "pulumi-vllm:revision": "v2" });
    assert.equal(models[0]?.revision, "v1");
  } finally {
    await called("pulumi-vllm");
  }
});

test("an error of the settings prints as its message, without a stack", async () => {
  await assert.rejects(planned({ ...least, "vllm:modle": "x" }), (error: Error) => {
    const shown = inspect(error);
    assert.doesNotMatch(shown, /\n +at /);
    assert.match(shown, /did you mean 'model'\?/);
    return true;
  });
});

test("problems name the file of their layer, as plain lines by RunError", async () => {
  await refused(
    { ...least, "vllm:modle": "x" },
    "vllm:modle (Pulumi.prod.yaml): there is no such setting; did you mean 'model'?",
  );
  await refused(
    { ...least, "vllm:base": '{"modle":"x"}' },
    "vllm:base.modle (Pulumi.yaml): there is no such setting; did you mean 'model'?",
  );
  const { "aws:region": _, ...none } = least;
  await refused(
    none,
    "aws:region (Pulumi.prod.yaml): is not set; bucket and credentials are made there: pulumi config set aws:region eu-west-1",
  );
});

test("text that only begins like a list or a group is text", async () => {
  await refused(
    { ...least, "vllm:revision": "[x" },
    "vllm:revision (Pulumi.prod.yaml): is \"[x\", but must be letters, digits, '.', '_' and '-', at most 100, the first a letter or digit",
  );
});

for (const base of ["text", "", "[1]"])
  test(`a base that is ${JSON.stringify(base)} is refused`, () =>
    refused({ ...least, "vllm:base": base }, "vllm:base (Pulumi.yaml): must be a group of settings under 'value:'"));

/** Plans settings of which Pulumi says that some keys are secret; gives what the plan is made of, and the secrets. */
async function loadSecrets(config: Record<string, string>, ...keys: string[]) {
  process.env.PULUMI_CONFIG_SECRET_KEYS = JSON.stringify([...keys, "other:token"]);
  const { secrets, ...seen } = await planned({ ...least, "other:token": "x", ...config });
  const values: Record<string, string> = {};
  for (const [key, secret] of Object.entries(secretOutputs({ ...seen, secrets }))) {
    assert.equal(await pulumi.isSecret(secret), true);
    values[key] = await new Promise<string>((done) => secret.apply(done));
  }
  assert.deepEqual(values, secrets);
  return { settings: seen.settings, plan: seen.plan, values, seen: JSON.stringify(seen) };
}

test("a secret setting is lifted out: the plan has its key, and the secret is an Output that is one", async () => {
  const { settings, plan, values, seen } = await loadSecrets(
    {
      "vllm:apiKey": '{"value":"hunter2-hunter2-hunter2"}',
      "vllm:engine": '{"maxModelLen":4096,"secretEnv":{"A":"alpha-secret"},"env":{"B":"plain"}}',
      "vllm:models": '{"code":{"engine":{"secretEnv":{"A":"beta-secret"}}}}',
      "vllm:model": "",
    },
    "vllm:apiKey",
    "vllm:engine",
    "vllm:models",
  );
  assert.deepEqual(values, {
    "vllm:apiKey.value": "hunter2-hunter2-hunter2",
    "vllm:engine.secretEnv.A": "alpha-secret",
    "vllm:engine.env.B": "plain",
    "vllm:models.code.engine.secretEnv.A": "beta-secret",
  });
  assert.equal(settings.apiKey.value, "vllm:apiKey.value");
  assert.equal(plan.apiKey.value, "vllm:apiKey.value");
  const [code] = settings.models;
  const keys = { A: "vllm:models.code.engine.secretEnv.A", B: "vllm:engine.env.B" };
  assert.deepEqual(code?.engine.secretEnv, keys);
  assert.deepEqual(plan.models[0]?.variants[0]?.pod.secretEnv, keys);
  assert.deepEqual(code?.engine.env, {});
  assert.equal(code?.engine.maxModelLen, 4096, "what is not secret is what it is");
  for (const value of ["hunter2", "alpha", "beta"]) assert.ok(!seen.includes(value));
});

test("where the stack's file is at hand, it says exactly what is encrypted", async () => {
  writeFileSync(
    stackFile,
    "config:\n  vllm:engine:\n    secretEnv:\n      A:\n        secure: v1:x\n    env:\n      B: plain\n",
  );
  const config = { "vllm:engine": '{"secretEnv":{"A":"alpha-secret"},"env":{"B":"plain"}}' };
  const { settings, values } = await loadSecrets(config, "vllm:engine");
  assert.deepEqual(values, { "vllm:engine.secretEnv.A": "alpha-secret" });
  assert.deepEqual(settings.models[0]?.engine.env, { B: "plain" });
  writeFileSync(
    stackFile,
    "config:\n  vllm:engine:\n    secretEnv:\n      A: alpha-secret\n      B:\n        secure: v1:x\n",
  );
  await assert.rejects(loadSecrets({ "vllm:engine": '{"secretEnv":{"A":"alpha-secret","B":"b"}}' }, "vllm:engine"), {
    message:
      "the settings of this stack have 1 problem; nothing was deployed.\n  vllm:engine.secretEnv.A (Pulumi.prod.yaml): is a secret in plain text; encrypt it: pulumi config set --secret --path vllm:engine.secretEnv.A (and take another value: this one is in the file's history)",
  });
});

test("any other setting may be encrypted too, and is used as what it is", async () => {
  const { settings, values } = await loadSecrets(
    { "vllm:revision": "v1", "vllm:replicas": "3", "vllm:gpu": '{"product":"T4"}' },
    "vllm:revision",
    "vllm:replicas",
    "vllm:gpu",
  );
  const [chat] = settings.models;
  assert.deepEqual([chat?.revision, chat?.replicas, chat?.gpu.product], ["v1", 3, "T4"]);
  assert.deepEqual(values, {});
});

test("a secret in plain text, and one of a wrong form, is refused without its value", async () => {
  const advice = (key: string) =>
    `pulumi config set --secret --path vllm:${key} (and take another value: this one is in the file's history)`;
  await refused(
    { ...least, "vllm:apiKey": '{"value":"hunter2-hunter2-hunter2"}' },
    `vllm:apiKey.value (Pulumi.prod.yaml): is a secret in plain text; encrypt it: ${advice("apiKey.value")}`,
  );
  await refused(
    { ...least, "vllm:base": '{"engine":{"secretEnv":{"A":"hunter2"}}}' },
    `vllm:base.engine.secretEnv.A (Pulumi.yaml): is a secret in plain text; it belongs, encrypted, into a stack's file: take it out and ${advice("engine.secretEnv.A")}`,
  );
  process.env.PULUMI_CONFIG_SECRET_KEYS = '["vllm:apiKey","vllm:replicas","vllm:engine"]';
  await refused(
    { ...least, "vllm:apiKey": '{"value":"hunter2"}' },
    "vllm:apiKey.value (Pulumi.prod.yaml): is a secret that is not at least 16 characters without white space",
  );
  await refused(
    { ...least, "vllm:replicas": "hunter2" },
    "vllm:replicas (Pulumi.prod.yaml): is [secret], but must be a number",
  );
  for (const odd of ['["hunter2"]', '"hunter2"'])
    await refused(
      { ...least, "vllm:engine": `{"secretEnv":${odd}}` },
      "vllm:engine.secretEnv (Pulumi.prod.yaml): must be a group: names of variables, each with its secret",
    );
  await refused(
    { ...least, "vllm:engine": '{"secretEnv":{"A-B":"hunter2"}}' },
    "vllm:engine.secretEnv.A-B (Pulumi.prod.yaml): is a secret that is not the name of an environment variable",
  );
});

test("an encrypted variable of engine.env is a secret one, of the same form", async () => {
  writeFileSync(stackFile, "config:\n  vllm:engine:\n    env:\n      A:\n        secure: v1:x\n");
  for (const [value, what] of [
    ['["hunter2"]', "text"],
    ['"hunter2\\u200b"', "text without U+200B, a sign that nobody sees"],
  ])
    await assert.rejects(loadSecrets({ "vllm:engine": `{"env":{"A":${value}}}` }, "vllm:engine"), {
      message: `the settings of this stack have 1 problem; nothing was deployed.\n  vllm:engine.env.A (Pulumi.prod.yaml): is a secret that is not ${what}`,
    });
});

test("anything else that goes wrong keeps its own error", async () => {
  process.env.PULUMI_CONFIG_SECRET_KEYS = "not JSON";
  await assert.rejects(load(least), SyntaxError);
  await assert.rejects(planned(least), SyntaxError);
});
