import assert from "node:assert/strict";
import { test } from "node:test";
import type { Tree } from "../../../config/tree.ts";
import { least } from "../../config/settings.ts";
import { deployPlatform } from "../platform.ts";

/** What the settings say of labels, nodes and the way of the weights, in the objects. */

const deploy = (own: Tree) => deployPlatform({ own: { ...least, revision: "v1", ...own } });
const podOf = async (own: Tree) => (await deploy(own)).one("kubernetes:apps/v1:Deployment").inputs.spec.template;

test("the user's labels are on every object of the model and on its pods, and select nothing", async () => {
  const deployed = await deploy({
    labels: { team: "search", "example.com/cost": "42" },
    autoscaling: { min: 1, max: 2 },
  });
  const objects = deployed.resources.filter(({ inputs }) => inputs?.metadata?.name === "chat");
  assert.deepEqual(objects.map(({ type }) => type.split(":").at(-1)).sort(), [
    "Deployment",
    "HorizontalPodAutoscaler",
    "PodDisruptionBudget",
    "Service",
    "ServiceAccount",
  ]);
  const own = { team: "search", "example.com/cost": "42" };
  const common = { "app.kubernetes.io/name": "vllm", "app.kubernetes.io/instance": "chat" };
  for (const { id, inputs } of objects)
    assert.deepEqual(inputs.metadata.labels, { ...own, ...common, "app.kubernetes.io/managed-by": "pulumi" }, id);
  const { spec } = deployed.one("kubernetes:apps/v1:Deployment").inputs;
  assert.deepEqual(spec.template.metadata.labels, { ...own, ...common, "app.kubernetes.io/component": "main" });
  const selectors = [
    spec.selector.matchLabels,
    deployed.one("kubernetes:core/v1:Service").inputs.spec.selector,
    deployed.one("kubernetes:policy/v1:PodDisruptionBudget").inputs.spec.selector.matchLabels,
    ...spec.template.spec.topologySpreadConstraints.map((one: Tree) => (one.labelSelector as Tree).matchLabels),
  ];
  for (const selector of selectors) assert.equal("team" in selector, false);
});

test("labels without a value, as nodes and taints often have them, are there", async () => {
  const toleration = { key: "example.com/gpu", operator: "Equal", value: "", effect: "NoSchedule" };
  const scheduling = { nodeSelector: { "node-role.kubernetes.io/gpu": "" }, tolerations: [toleration] };
  const engine = { env: { NO_PROXY: "" } };
  const { one } = await deployPlatform({ own: { ...least, revision: "v1", labels: { team: "" }, scheduling, engine } });
  const { metadata, spec } = one("kubernetes:apps/v1:Deployment").inputs;
  assert.equal(metadata.labels.team, "");
  const { nodeSelector, tolerations, containers } = spec.template.spec;
  assert.equal(nodeSelector["node-role.kubernetes.io/gpu"], "");
  assert.deepEqual(tolerations.at(-1), toleration);
  const variables: { name: string }[] = containers[0].env;
  assert.deepEqual(
    variables.find(({ name }) => name === "NO_PROXY"),
    { name: "NO_PROXY", value: "" },
  );
});

test("the user's node labels and tolerations stand beside those of the GPU; on a CPU alone", async () => {
  const workload = { key: "workload", operator: "Equal", value: "inference", effect: "NoSchedule" };
  const scheduling = { nodeSelector: { "node-role": "inference" }, tolerations: [workload] };
  const onGpu = (await podOf({ scheduling })).spec;
  assert.deepEqual(onGpu.nodeSelector, { "nvidia.com/gpu.product": "NVIDIA-L4", "node-role": "inference" });
  assert.deepEqual(onGpu.tolerations, [{ key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" }, workload]);
  const onCpu = (await podOf({ scheduling, gpu: { count: 0 } })).spec;
  assert.deepEqual(onCpu.nodeSelector, { "node-role": "inference" });
  assert.deepEqual(onCpu.tolerations, [workload]);
  const bare = (await podOf({ gpu: { count: 0 } })).spec;
  assert.equal("nodeSelector" in bare, false);
  assert.equal("tolerations" in bare, false);
});

test("the user's priority class is the pods'; without one none is written", async () => {
  const named = await podOf({ scheduling: { priorityClassName: "inference" } });
  assert.equal(named.spec.priorityClassName, "inference");
  assert.equal("priorityClassName" in (await podOf({})).spec, false);
});

test("a GPU pod whose weights are copied: an init container, no streamer, and the GPU is still asked for", async () => {
  for (const own of [{ delivery: { kind: "copy" } }, { image: { streamer: false } }]) {
    const { spec } = await podOf(own);
    const [engine] = spec.containers;
    assert.deepEqual(
      spec.initContainers.map(({ name }: Tree) => name),
      ["copy-model"],
    );
    assert.equal(engine.args[0], "/model");
    assert.equal(engine.args.includes("--load-format"), false);
    assert.equal(engine.resources.limits["nvidia.com/gpu"], "1");
    const names = engine.env.map(({ name }: Tree) => name);
    assert.equal(names.includes("RUNAI_STREAMER_MEMORY_LIMIT"), false);
    assert.equal(names.includes("VLLM_CPU_KVCACHE_SPACE"), false);
    assert.ok(spec.volumes.some(({ name }: Tree) => name === "model"));
  }
});

test("a CPU pod whose image has the streamer streams, and still has its share for the KV cache", async () => {
  const { spec } = await podOf({ gpu: { count: 0 }, image: { streamer: true } });
  assert.equal("initContainers" in spec, false);
  const [engine] = spec.containers;
  assert.match(engine.args[0], /^s3:/);
  const value = (wanted: string) => engine.env.find(({ name }: Tree) => name === wanted)?.value;
  assert.equal(value("VLLM_CPU_KVCACHE_SPACE"), "3");
  assert.equal(value("RUNAI_STREAMER_MEMORY_LIMIT"), "3113851289");
});
