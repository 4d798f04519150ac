import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, test } from "node:test";
import { inspect } from "node:util";
import { SettingsError } from "../../config/problems.ts";
import type { Settings } from "../../config/settings.ts";
import { checkStack } from "../../planning/checks/stack.ts";
import { warnings } from "../../planning/warnings.ts";
import { configOf, resolve } from "../config/settings.ts";

/** What the loader adds to the rest: how the CLI hands settings over, and which file they come from. */

const project = mkdtempSync(join(tmpdir(), "settings-"));
process.env.PULUMI_NODEJS_ROOT_DIRECTORY = project;
process.env.PULUMI_NODEJS_STACK = "prod";
process.env.PULUMI_NODEJS_PROJECT = "pulumi-vllm";
const pulumi = await import("@pulumi/pulumi");
const { planSettings, readSettings, secretOutputs } = await import("../../program/settings.ts");

const stackFile = join(project, "Pulumi.prod.yaml");
const projectFile = join(project, "Pulumi.yaml");
const named = "name: pulumi-vllm\nruntime: nodejs\n";
afterEach(() => {
  for (const file of [stackFile, projectFile]) rmSync(file, { force: true });
  delete process.env.PULUMI_CONFIG_SECRET_KEYS;
});
after(() => rmSync(project, { recursive: true }));

/** The settings that the program reads, where nothing is wrong with them. */
async function load(config: Record<string, string>): Promise<Settings> {
  pulumi.runtime.setAllConfig(config);
  const resolved = await readSettings();
  const problems = [...resolved.problems, ...checkStack(resolved)];
  if (problems.length > 0) throw new SettingsError(problems);
  return resolved.settings;
}

/** What the program makes of them. */
const planned = (config: Record<string, string>) => {
  pulumi.runtime.setAllConfig(config);
  return planSettings();
};

const least = {
  "aws:region": "eu-west-1",
  "vllm:model": "chat",
  "vllm:cluster": '{"eks":"lab"}',
  "vllm:gpu": '{"product":"L4"}',
};
const refused = (config: Record<string, string>, ...problems: string[]) =>
  assert.rejects(planned(config), (error: Error) => {
    assert.ok(pulumi.RunError.isInstance(error), error.stack);
    const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
    const lines = problems.map((problem) => `\n  ${problem}`).join("");
    assert.equal(error.message, `the settings of this stack have ${count}; nothing was deployed.${lines}`);
    // Node's inspection of one can take minutes.
    assert.equal(error.stack, undefined);
    return true;
  });

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

const misplaced =
  "vllm:base (Pulumi.prod.yaml): belongs into Pulumi.yaml, where all stacks share it; here it would replace the whole base";
for (const line of ["  vllm:base:", "  'vllm:base':", '  "vllm:base" : {}'])
  test(`a base in the stack file is refused: ${line.trim()}`, () => {
    writeFileSync(stackFile, `config:\n  aws:region: eu-west-1\n${line}\n`);
    return refused(least, misplaced);
  });

test("a stack file without a base is taken, a comment on it too", async () => {
  writeFileSync(stackFile, "config:\n  # vllm:base: is in Pulumi.yaml\n  vllm:model: chat\n  vllm:basement: 1\n");
  assert.equal((await load(least)).models[0]?.name, "chat");
});

const lost = (key: string, value: string, written: string) =>
  `${key}: is ${value}, as Pulumi reads ${written} without quotes; put it in quotes`;

test("what Pulumi did not keep as its files have it is refused", async () => {
  writeFileSync(stackFile, "config:\n  vllm:revision: 1.10\n  vllm:labels: {a: 010, b: 2026-11-05, c: 1.1}\n");
  writeFileSync(
    projectFile,
    `${named}config:\n  vllm:base:\n    value: {image: {tag: 1.20}, labels: {d: 2026-11-05}}\n`,
  );
  await refused(
    {
      ...least,
      "vllm:revision": "1.1",
      "vllm:labels": '{"a":8,"b":"2026-11-05 00:00:00 +0000 UTC","c":1.1}',
      "vllm:base": '{"image":{"tag":1.2},"labels":{"d":"2026-11-05T00:00:00Z"}}',
    },
    lost("vllm:base.image.tag (Pulumi.yaml)", "1.2", "1.20"),
    lost("vllm:base.labels.d (Pulumi.yaml)", '"2026-11-05T00:00:00Z"', "2026-11-05"),
    lost("vllm:revision (Pulumi.prod.yaml)", '"1.1"', "1.10"),
    lost("vllm:labels.a (Pulumi.prod.yaml)", "8", "010"),
    lost("vllm:labels.b (Pulumi.prod.yaml)", '"2026-11-05 00:00:00 +0000 UTC"', "2026-11-05"),
  );
});

test("of a file that is not the one that Pulumi read nothing is said of texts", async () => {
  writeFileSync(stackFile, "config:\n  vllm:revision: 1.10\n  vllm:labels: {a: 010}\n");
  const [model] = (await load({ ...least, "vllm:revision": "1.2", "vllm:labels": '{"a":"010"}' })).models;
  assert.deepEqual([model?.revision, model?.labels], ["1.2", { a: "010" }]);
});

test("whole numbers that JavaScript would round reach a text as they are", async () => {
  const engine = '{"env":{"D":1234567890123456789},"args":{"seed":9007199254740993}}';
  const [model] = (await load({ ...least, "vllm:engine": engine, "vllm:revision": "12345678901234567890" })).models;
  assert.deepEqual(model?.engine.env, { D: "1234567890123456789" });
  assert.deepEqual(model?.engine.args, { seed: "9007199254740993" });
  assert.equal(model?.revision, "12345678901234567890");
});

test("what Pulumi reads nothing of in its files is refused", async () => {
  writeFileSync(stackFile, "config:\n  vlm:model: chat\n  replicas: 9\nvllm:drain: {seconds: 90}\n");
  await refused(
    { ...least, "vlm:model": "chat", "pulumi-vllm:replicas": "9" },
    "vllm:drain (Pulumi.prod.yaml): stands outside of 'config:' and has no effect; indent it below that, or remove it",
    "vlm:model (Pulumi.prod.yaml): has no effect; settings are read from 'vllm:model'",
    "replicas (Pulumi.prod.yaml): has no effect; settings are read from 'vllm:replicas'",
  );
});

test("a file with a second document ends as a plain line", async () => {
  writeFileSync(stackFile, "config:\n  vllm:model: chat\n---\nconfig: {}\n");
  await assert.rejects(planned(least), (error: Error) => {
    assert.ok(pulumi.RunError.isInstance(error));
    const words = "holds a second YAML document, which Pulumi does not read; make them one";
    assert.deepEqual([error.message, error.stack], [`Pulumi.prod.yaml:3: ${words}`, undefined]);
    return true;
  });
});

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

test("spare GPUs that are too few for a pod are told, and nothing else", async (t) => {
  const said = t.mock.method(console, "warn", (_: string) => {});
  await planned({ ...least, "vllm:gpu": '{"product":"H100","count":8,"spare":8}' });
  await planned(least);
  assert.deepEqual(said.mock.calls, []);
  await planned({ ...least, "vllm:gpu": '{"product":"H100","count":8,"spare":4}' });
  assert.deepEqual(
    said.mock.calls.map((call: { arguments: unknown[] }) => call.arguments[0]),
    [
      "warning: [runtime] model chat: the 4 spare H100 are fewer than the 8 GPUs of a pod, so an old pod goes before its successor comes",
    ],
  );
});

test("a start-up that is too short and heads that are not known are told of the model", async (t) => {
  const said = t.mock.method(console, "warn", (_: string) => {});
  const plan = await planned({ ...least, "vllm:startup": '{"seconds":60}', "vllm:gpu": '{"product":"L4","count":3}' });
  const texts = plan.plan.models.flatMap(({ variants }) => variants.flatMap(({ facts }) => warnings(facts)));
  assert.equal(texts.length, 2);
  assert.deepEqual(
    said.mock.calls.map((call: { arguments: unknown[] }) => call.arguments[0]),
    texts.map((text) => `warning: [runtime] model chat: ${text}`),
  );
});

test("anything else that goes wrong keeps its own error", async () => {
  process.env.PULUMI_CONFIG_SECRET_KEYS = "not JSON";
  await assert.rejects(load(least), SyntaxError);
  await assert.rejects(planned(least), SyntaxError);
});
