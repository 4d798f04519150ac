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
    const { models, gpus: ofStack, cost, schemaVersion, region, namespace, stack: named } = await told(project, stack);
    assert.deepEqual([schemaVersion, region, named, namespace], [1, "eu-west-1", stack, "inference"]);
    const whole = plan(givenBy(stack));
    assert.deepEqual(ofStack, whole.gpus);
    assert.deepEqual({ ...cost, models: { chat: models.chat?.cost } }, whole.cost);
    const [planned] = whole.models;
    assert.ok(planned);
    const { chat, ...others } = models;
    assert.deepEqual(others, {});
    const [variant] = planned.variants;
    assert.ok(variant);
    const { pod, budgets, rollout, gpus, facts, scaling } = variant;
    // What is deployed is compared with the objects themselves, in tests/render/explanation.test.ts.
    const { settings: _, cost: __, objects: ___, pod: ____, args, memory, ...rest } = chat as NonNullable<typeof chat>;
    const { served, servedModelName, replicas, address, ...figures } = rest;
    assert.deepEqual([served, servedModelName], [false, planned.servedModelName]);
    assert.deepEqual(replicas, { min: scaling.min, max: scaling.max });
    const host = "chat.inference.svc";
    assert.deepEqual(address, { url: `http://${host}/v1`, host, port: 80, targetPort: pod.server.port });
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

test("the text says the same to a person, what one looks for at first, defaults at last", async () => {
  const { code, output } = await cli("explain", "--project", project, "--stack", "prod");
  assert.equal(code, 0);
  for (const line of [
    /^Stack prod, eu-west-1\n\nObjects of the stack\n {2}in namespace inference: Secret vllm-api-key-<hash>\n {2}in AWS: Bucket vllm-models-bucket-<hash>, BucketVersioning, /,
    /^ {2}in Pulumi's state: RandomPassword vllm-api-key\n {2}no server, because no revision: chat\n\nGPUs of the stack\n/m,
    /^GPUs of the stack\n {6}fewest replicas {2}during a rollout {2}at most {2}spare\n {2}L4 {2}4 +6 +22 +2\n\nCost of the stack/m,
    /^Cost of the stack\n {2}fewest replicas {2}3\.2192 USD an hour, 2350\.02 USD in a month of 730 hours\n {2}at most {10}17\.7056 USD an hour, 12925\.09 USD in a month of 730 hours\n {2}reckoned {9}the nodes alone, .*\n {2}prices {11}on demand in us-east-1 on 2026-07-20, not of eu-west-1: g6\.xlarge\n\nSettings of the stack/m,
    /^ {2}production +true +Pulumi\.prod\.yaml\n {2}defaults: cluster\.ipFamily ipv4, modelStore\.onDestroy keep, /m,
    /^ {2}namespace\.name +inference +Pulumi\.yaml$/m,
    /^Model chat, served as qwen3-8b: no server\n {2}It has no revision\. What follows is what there will be once vllm:models\.chat\.revision is set\.\n\nObjects\n/m,
    /^ {2}with a revision: Deployment, Service, HorizontalPodAutoscaler and PodDisruptionBudget chat,\n {19}ConfigMap vllm-chat-main-middleware-<hash>$/m,
    /^ {2}Service URL {2}http:\/\/chat\.inference\.svc\/v1 \(chat\.inference\.svc, port 80 to 8000 of a pod\), once it has a revision$/m,
    /^Nodes\n {2}labels {9}karpenter\.k8s\.aws\/instance-gpu-name=l4\n {2}tolerates {6}nvidia\.com\/gpu:NoSchedule\n {2}vllm asks for {2}cpu 3, memory 12Gi, nvidia\.com\/gpu 1; killed above memory 12Gi$/m,
    /^Probes\n {2}asked {6}GET \/health on port 8000\n {2}startup {4}every 10 s; not ready after 68 failures in a row, 670 s \(11 min 10 s\): killed, and started again$/m,
    /^ {2}readiness {2}every 10 s; after 3 failures in a row, 20 s: no requests until it answers$/m,
    /^ {2}liveness {3}every 15 s; after 10 failures in a row, 135 s \(2 min 15 s\): killed, and started again$/m,
    /^ {2}`pulumi up` waits {9}until the rollout is complete: 15370 s \(4 h 16 min 10 s\) at most by these figures$/m,
    /^ {2}`pulumi up` fails after {3}1585 s \(26 min 25 s\) in which no further pod becomes ready$/m,
    /^ {2}a deletion waits {10}until the pods are gone: 375 s \(6 min 15 s\) at most$/m,
    /^Rollout\n {2}2 new pods at a time, each before an old one goes: 10 times with 20 replicas\n\nCost\n {2}a pod {2}all of g6\.xlarge, 0\.8048 USD an hour by the catalogue\n\nFit/m,
    /^ {2}weights +15\.3 GiB\n {2}engine \(estimate\) +1\.9 GiB$/m,
    /^ {2}a request of 8192 tokens {3}1\.1 GiB of the KV cache\n {2}requests at once {11}2 of that length; up to 256 of shorter ones$/m,
    /^Memory of a pod\n {2}its limit +12\.0 GiB\n {2}engine +1\.0 GiB\n {2}workers +4\.0 GiB\n {2}\/dev\/shm +2\.0 GiB\n {2}streamer +2\.5 GiB\n {2}rest +2\.5 GiB\n {2}size of \/dev\/shm +2\.0 GiB\n\n/m,
    /^Volumes of a pod\n {2}\/dev\/shm {11}in memory, at most 2Gi, counted in the pod's$/m,
    /^ {2}ephemeral-storage {2}not asked for\n\nImages\n {2}vllm {2}vllm\/vllm-openai:v0\.32\.0\n\nEnvironment\n {2}VLLM_API_KEY +key api-key of Secret vllm-api-key-<hash>\n {2}AWS_REGION +eu-west-1$/m,
    /^ {2}vllm serve 's3:\/\/<model bucket>\/models\/chat\/<revision>\/' \\$/m,
    /^ {4}--max-num-seqs 256 \\$/m,
    /^ {2}autoscaling\.max +20 +Pulumi\.prod\.yaml$/m,
    /^ {2}shape\.layers +36 +Pulumi\.yaml, of the model$/m,
    /^ {2}computed: delivery\.kind stream, engine\.tensorParallelSize 1, /m,
  ])
    assert.match(output, line);
  assert.doesNotMatch(
    output,
    /in all|in no figure {2}|without a price|wait for spare GPUs|fewer than|^GPUs$|undefined/m,
  );
  const lines = output.trimEnd().split("\n");
  assert.ok(lines.length < 145, `${lines.length} lines`);
  const { output: ofDev } = await cli("explain", "--project", project, "--stack", "dev");
  assert.match(ofDev, /^ {2}in the cluster: Namespace inference\n {2}in namespace inference: Secret /m);
  assert.match(ofDev, /^GPUs of the stack\n {2}none\n\n/m);
  assert.match(
    ofDev,
    /^ {2}labels +any\n {2}tolerates +no taint\n {2}copy-model asks for {2}cpu 1, memory 1Gi; killed above memory 1Gi; ends before the engine starts$/m,
  );
  assert.match(ofDev, /^ {2}a pod {2}56\.3 % of m7i\.xlarge, 0\.2016 USD an hour by the catalogue$/m);
  assert.match(ofDev, /^Fit\n {2}in the pod's memory +9\.0 GiB\n/m);
  assert.match(ofDev, /^ {2}page cache +1\.4 GiB\n {2}KV cache +1\.0 GiB\n {2}rest +0\.7 GiB$/m);
  assert.match(
    ofDev,
    /^ {2}\/model +on the node's disk, empty at first\n {2}ephemeral-storage {2}4Gi asked of the node, for a copy of the model$/m,
  );
  assert.match(
    ofDev,
    /^Images\n {2}copy-model {2}amazon\/aws-cli:2\.37\.4, before the engine\n {2}vllm {8}vllm\/vllm-openai-cpu:v0\.32\.0$/m,
  );
  assert.match(
    ofDev,
    /^Environment\n {2}of copy-model\n {4}MODEL_SOURCE {2}s3:\/\/<model bucket>\/models\/chat\/<revision>\/\n/m,
  );
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
