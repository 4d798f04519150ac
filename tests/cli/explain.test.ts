import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { policyRules } from "../../config/schema/policyEntries.ts";
import { imageReference } from "../../planning/pod/image.ts";
import { memoryBytes } from "../../planning/pod/memory.ts";
import { givenBy, plan, stacks } from "../config/settings.ts";
import { files, told } from "./explanation.ts";
import { cli, projectOf } from "./run.ts";

/** `npm run explain`: what a stack's files come to, without Pulumi. */

const project = projectOf();

for (const stack of stacks)
  test(`${stack}: what is told is the plan, and conforms to its schema`, async () => {
    const { models, gpus: ofStack, cost, schemaVersion, region, ...rest } = await told(project, stack);
    assert.deepEqual([schemaVersion, region, rest.stack], [1, "eu-west-1", stack]);
    const whole = plan(givenBy(stack));
    assert.deepEqual(ofStack, whole.gpus);
    assert.deepEqual({ ...cost, models: { chat: models.chat?.cost } }, whole.cost);
    const [planned] = whole.models;
    assert.ok(planned);
    const { chat, ...others } = models;
    assert.deepEqual(others, {});
    const [variant] = planned.variants;
    assert.ok(variant);
    const { pod, budgets, rollout, gpus, facts } = variant;
    const { settings: _, cost: __, args, memory, ...figures } = chat as NonNullable<typeof chat>;
    const disk = pod.disk ? { disk: pod.disk } : {};
    assert.deepEqual(figures, { ...facts, ...disk, budgets, rollout, gpus, image: imageReference(pod.image) });
    const { limit, shm, parts, shared, unreckoned } = pod.memory;
    const sizes = { bytes: memoryBytes(limit), shm: { bytes: memoryBytes(shm), parts: shared } };
    assert.deepEqual(memory, { ...sizes, parts, unreckoned });
    assert.equal(disk.disk, stack === "dev" ? "4Gi" : undefined);
    const source = stack === "dev" ? "/model" : "s3://<model bucket>/models/chat/<revision>/";
    assert.deepEqual(args, [source, ...pod.args]);
  });

test("each effective setting is there with its layer", async () => {
  const { settings, models } = await told(project, "dev");
  const rules = Object.entries(policyRules).map(([name, { about }]) => [`policy.${name}`, about.default] as const);
  assert.deepEqual(settings, {
    ...Object.fromEntries(rules.map(([path, value]) => [path, { value, layer: "built-in" }])),
    "cluster.eks": { value: "dev", layer: "stack" },
    "cluster.ipFamily": { value: "ipv4", layer: "built-in" },
    "modelStore.onDestroy": { value: "delete", layer: "stack" },
    "namespace.create": { value: true, layer: "stack" },
    "namespace.name": { value: "inference", layer: "base" },
    production: { value: false, layer: "built-in" },
  });
  const chat = models.chat?.settings ?? {};
  const layers: Record<string, [unknown, string]> = {
    servedModelName: ["qwen3-0.6b", "stack.models"],
    "shape.layers": [28, "stack.models"],
    "shape.headSize": [128, "base.models"],
    "engine.maxModelLen": [2048, "stack"],
    "engine.version": ["0.32.0", "base"],
    "engine.pipelineParallelSize": [1, "built-in"],
    "engine.tensorParallelSize": [1, "computed"],
    "delivery.kind": ["copy", "computed"],
    "image.repository": ["vllm/vllm-openai-cpu", "computed"],
    "image.tag": ["v0.32.0", "computed"],
    "startup.seconds": [288, "computed"],
    "gpu.count": [0, "stack"],
  };
  for (const [path, [value, layer]] of Object.entries(layers)) assert.deepEqual(chat[path], { value, layer }, path);
  assert.equal("engine.gpuMemoryUtilization" in chat, false, "the stack takes it back");
  assert.equal("gpu.spare" in chat, false, "there is no GPU");
});

test("a stack file as `pulumi config set` leaves it: text for scalars, JSON for groups, secrets encrypted", async () => {
  const { region, settings, models } = await told(projectOf(files), "s");
  assert.equal(region, "eu-north-1");
  assert.deepEqual(settings["apiKey.value"], { value: "[secret]", layer: "stack" });
  assert.deepEqual(Object.keys(models), ["chat", "code"]);
  const chat = models.chat?.settings ?? {};
  assert.deepEqual(chat.replicas, { value: 3, layer: "stack" });
  assert.deepEqual(chat["drain.seconds"], { value: 100, layer: "stack" });
  assert.deepEqual(chat["engine.secretEnv.A_TOKEN"], { value: "[secret]", layer: "stack.models" });
  assert.deepEqual(chat["engine.env.B"], { value: "plain", layer: "stack.models" });
  assert.deepEqual(chat["engine.secretEnv.C"], { value: "[secret]", layer: "stack.models" });
  assert.equal("engine.env.C" in chat, false);
  assert.deepEqual(
    models.chat?.unchecked.map(({ flag }) => flag),
    ["device-ids"],
  );
  assert.equal(models.chat?.args[0], "s3://<model bucket>/models/chat/v7/");
  assert.equal(models.code?.args[0], "s3://<model bucket>/models/code/<revision>/");
});

test("--model: one of them; another name is told", async () => {
  const { models } = await told(projectOf(files), "s", "--model", "code");
  assert.deepEqual(Object.keys(models), ["code"]);
  const { code, output } = await cli("explain", "--project", projectOf(files), "--stack", "s", "--model", "math");
  assert.equal(code, 2);
  assert.match(output, /^stack 's' has no model 'math'; it has chat, code\nusage: /);
});

test("the text says the same to a person", async () => {
  const { code, output } = await cli("explain", "--project", project, "--stack", "prod");
  assert.equal(code, 0);
  for (const line of [
    /^Stack prod, eu-west-1$/m,
    /^ {2}production +true +Pulumi\.prod\.yaml$/m,
    /^ {2}namespace\.name +inference +Pulumi\.yaml$/m,
    /^Model chat: vllm\/vllm-openai:v0\.32\.0$/m,
    /^ {2}autoscaling\.max +20 +Pulumi\.prod\.yaml$/m,
    /^ {2}shape\.layers +36 +Pulumi\.yaml, of the model$/m,
    /^ {2}weights +15\.3 GiB$/m,
    /^ {2}a sequence of 8192 tokens +1\.1 GiB$/m,
    /^Memory of a pod\n {2}its limit +12\.0 GiB\n {2}engine +1\.0 GiB\n {2}workers +4\.0 GiB\n {2}\/dev\/shm +2\.0 GiB\n {2}streamer +2\.5 GiB\n {2}rest +2\.5 GiB\n {2}size of \/dev\/shm +2\.0 GiB\n\n/m,
    /^ {2}2 more at a time, in 10 waves at the most replicas$/m,
    /^ {2}4 steady, 6 while rolling, 22 at most$/m,
    /^GPUs of the stack\n {2}L4 {2}4 steady, 6 while rolling, 22 at most; spare: 2\n\nCost of the stack/m,
    /^Cost of the stack\n {2}steady {4}3\.2192 USD an hour, 2350\.02 USD in a month of 730 hours\n {2}at most {3}17\.7056 USD an hour, 12925\.09 USD in a month of 730 hours\n {2}reckoned {2}the nodes alone, .*\n {2}prices {4}on demand in us-east-1 on 2026-07-20, not of eu-west-1: g6\.xlarge\n\nModel chat/m,
    /^Cost\n {2}a pod {4}all of g6\.xlarge, 0\.8048 USD an hour by the catalogue\n {2}steady {3}3\.2192 .*\n {2}at most {2}17\.7056 .*\n\nCommand/m,
    /^ {2}`pulumi up` fails after {3}1585 s in which no new pod becomes ready$/m,
    /^ {2}a change takes at most {4}15370 s by these figures$/m,
    /^ {2}vllm serve 's3:\/\/<model bucket>\/models\/chat\/<revision>\/' \\$/m,
    /^ {4}--max-num-seqs 256 \\$/m,
  ])
    assert.match(output, line);
  assert.doesNotMatch(output, /Disk|in all|in no figure {2}|without a price|wait for spare GPUs|fewer than/);
  const { output: ofDev } = await cli("explain", "--project", project, "--stack", "dev");
  assert.match(ofDev, /^GPUs of the stack\n {2}none\n\n/m);
  assert.match(ofDev, /^ {2}a pod {4}56\.3 % of m7i\.xlarge, 0\.2016 USD an hour by the catalogue$/m);
  assert.match(ofDev, /^ {2}page cache +1\.4 GiB\n {2}KV cache +1\.0 GiB\n {2}rest +0\.7 GiB$/m);
  assert.match(ofDev, /^Disk of a pod\n {2}4Gi for a copy of the model$/m);
  const { output: ofTest } = await cli("explain", "--project", project, "--stack", "test");
  assert.match(ofTest, /^ {2}Recreate: .*downtime$/m);
});

const misused: readonly [string, string[], number, RegExp][] = [
  ["no stack named", [], 2, /^--stack is missing: which stack\?\nusage: /],
  ["an option that is not there", ["--stak", "prod"], 2, /^Unknown option '--stak'/],
  [
    "a stack that is not there",
    ["--stack", "prd"],
    1,
    /^there is no stack 'prd': no file Pulumi\.prd\.yaml; there are: dev, prod, staging, test\n$/,
  ],
];
for (const [what, args, code, message] of misused)
  test(`${what}: exit code ${code}, in words`, async () => {
    const finished = await cli("explain", "--project", project, ...args);
    assert.equal(finished.code, code, finished.output);
    assert.match(finished.output, message);
    assert.doesNotMatch(finished.output, /^ +at /m);
  });

test("a file that is no YAML, or no settings: file, line and what; a folder that is no project", async () => {
  const broken = projectOf({ ...files, "Pulumi.s.yaml": "config:\n  vllm:cluster: {eks: lab\n" });
  const yaml = await cli("explain", "--project", broken, "--stack", "s");
  assert.equal(yaml.code, 1);
  assert.match(
    yaml.output,
    /^Pulumi\.s\.yaml:3: not YAML: indented otherwise than what it belongs to, or a bracket before it is not closed\n$/,
  );
  assert.doesNotMatch(yaml.output, /^ +at /m);
  const list = await cli("explain", "--project", projectOf({ ...files, "Pulumi.s.yaml": "- a\n" }), "--stack", "s");
  assert.match(list.output, /^Pulumi\.s\.yaml: holds no settings, but a list\n$/);
  const none = await cli("explain", "--project", join(project, "node_modules", "yaml"), "--stack", "s");
  assert.match(none.output, /^there is no Pulumi\.yaml in .*; run this in the project's folder\n$/);
  for (const { code } of [list, none]) assert.equal(code, 1);
});

test("an alias without an anchor, a folder where a file should be, a base without its value", async () => {
  const alias = projectOf({ ...files, "Pulumi.s.yaml": "config:\n  vllm:labels: *team\n" });
  const unresolved = await cli("explain", "--project", alias, "--stack", "s");
  assert.equal(unresolved.code, 1);
  assert.match(unresolved.output, /^Pulumi\.s\.yaml:2: not YAML: an alias \(\*\) without an anchor \(&\) before it\n$/);
  mkdirSync(join(alias, "Pulumi.t.yaml"));
  const folder = await cli("explain", "--project", alias, "--stack", "t");
  assert.deepEqual([folder.code, folder.output], [1, "Pulumi.t.yaml cannot be read: EISDIR\n"]);
  for (const written of ["{gpu: {product: L4}}", "{value: {replicas: 2}, gpu: {product: L4}}", "3", "[1]"]) {
    const bare = `name: x\nruntime: nodejs\nconfig:\n  vllm:base: ${written}\n`;
    const base = await cli("explain", "--project", projectOf({ ...files, "Pulumi.yaml": bare }), "--stack", "s");
    assert.equal(base.code, 1);
    assert.match(base.output, /^ {2}vllm:base \(Pulumi\.yaml\): must be a group of settings under 'value:'$/m);
  }
  assert.doesNotMatch(unresolved.output, /^ +at /m);
});

test("an organisation and project before the stack's name; something encrypted that may be any text", async () => {
  const text = files["Pulumi.s.yaml"].replace("{eks: lab}", "{eks: lab, context: lab, kubeconfig: {secure: v1:x}}");
  const { settings } = await told(projectOf({ ...files, "Pulumi.s.yaml": text }), "org/x/s");
  assert.deepEqual(settings["cluster.kubeconfig"], { value: "[secret]", layer: "stack" });
  const whole = projectOf({
    ...files,
    "Pulumi.s.yaml": `${files["Pulumi.s.yaml"].replace(/ {2}vllm:apiKey:[\s\S]*v1:abc\n/, "  vllm:apiKey: {secure: v1:x}\n")}`,
  });
  const { code, output } = await cli("explain", "--project", whole, "--stack", "s");
  assert.equal(code, 1);
  assert.match(
    output,
    /vllm:apiKey \(Pulumi\.s\.yaml\): is encrypted, and its value is needed here; encrypt what is secret in it by itself, such as vllm:apiKey\.value$/m,
  );
});

test("the files of stacks may have a folder of their own, as Pulumi has it", async () => {
  const folder = projectOf({ "Pulumi.yaml": `${files["Pulumi.yaml"]}stackConfigDir: stacks\n` });
  mkdirSync(join(folder, "stacks"));
  writeFileSync(join(folder, "stacks", "Pulumi.s.yaml"), files["Pulumi.s.yaml"]);
  assert.equal((await told(folder, "s")).stack, "s");
  const none = await cli("explain", "--project", folder, "--stack", "t");
  assert.equal(none.output, "there is no stack 't': no file stacks/Pulumi.t.yaml; there are: s\n");
});

test("a key of the project's own namespace has no effect", async () => {
  const foreign = projectOf({ ...files, "Pulumi.s.yaml": `${files["Pulumi.s.yaml"]}  x:replicas: 2\n` });
  const { code, output } = await cli("explain", "--project", foreign, "--stack", "s");
  assert.equal(code, 1);
  assert.match(output, /^ {2}x:replicas \(Pulumi\.s\.yaml\): has no effect; settings are read from 'vllm:replicas'$/m);
});
