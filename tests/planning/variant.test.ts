import assert from "node:assert/strict";
import { test } from "node:test";
import type { Tree } from "../../config/tree.ts";
import { file, kinds, variantOf, wrong } from "./given.ts";

test("a tensor parallel size that is not given is worked out", () => {
  const sizes = (count: number, engine: Tree) => {
    const { args, tensorParallelSize } = variantOf({ gpu: { product: "L4", count }, engine }).pod;
    const words = args.filter(
      (_, at) => /-parallel-size$/.test(args[at] ?? "") || /-parallel-size$/.test(args[at - 1] ?? ""),
    );
    return [tensorParallelSize, ...words];
  };
  const [tensor, pipeline] = ["--tensor-parallel-size", "--pipeline-parallel-size"];
  assert.deepEqual(sizes(1, {}), [1]);
  assert.deepEqual(sizes(4, {}), [4, tensor, "4"]);
  assert.deepEqual(sizes(4, { pipelineParallelSize: 2 }), [2, tensor, "2", pipeline, "2"]);
  assert.deepEqual(sizes(4, { pipelineParallelSize: 4 }), [1, pipeline, "4"]);
});

test("host memory: the least is taken, less is refused and says how much it takes", () => {
  const message = (written: string, parts: string, least: string) =>
    `vllm:resources.memory ${file}: is ${written}, too little for vLLM (${parts}); at least ${least}`;
  const one = "engine 1.0 GiB, workers 4.0 GiB, /dev/shm 2.0 GiB, streamer 1.0 GiB";
  assert.deepEqual(wrong({ resources: { memory: "7Gi" } }), [message("7Gi", one, "8Gi")]);
  assert.deepEqual(kinds({ resources: { memory: "7Gi" } }), [["conflict", "resources.memory"]]);
  const gpu = { product: "L4", count: 8 };
  const eight = "engine 2.0 GiB, workers 40.0 GiB, /dev/shm 8.0 GiB, streamer 4.0 GiB";
  assert.deepEqual(wrong({ gpu, resources: { memory: "53Gi" } }), [message("53Gi", eight, "54Gi")]);
  assert.equal(variantOf({ resources: { memory: "8Gi" } }).pod.memory.limit, "8Gi");
  assert.equal(variantOf({ gpu, resources: { memory: "54Gi" } }).pod.memory.limit, "54Gi");
});

test("CPU and memory: three quarters of the smallest host's share, or the user's own", () => {
  const resources = (own: Tree) => {
    const { cpu, memory } = variantOf(own).pod;
    return [cpu, memory.limit];
  };
  assert.deepEqual(resources({}), ["3", "12Gi"]);
  assert.deepEqual(resources({ gpu: { product: "H100", count: 4 } }), ["72", "768Gi"]);
  assert.deepEqual(resources({ gpu: { count: 0 } }), ["3", "12Gi"]);
  assert.deepEqual(resources({ resources: { cpu: "500m", memory: "1.5Ti" } }), ["500m", "1.5Ti"]);
});

test("the labels of the GPU's nodes, in the words of who makes them, apart from the user's own", () => {
  const scheduling = { nodeSelector: { "node-role": "inference" } };
  const { pod } = variantOf({ gpu: { product: "L4", labels: "karpenter" }, scheduling });
  assert.deepEqual(pod.gpu, { count: 1, product: "L4", nodeSelector: { "karpenter.k8s.aws/instance-gpu-name": "l4" } });
  assert.deepEqual(pod.scheduling, { ...scheduling, tolerations: [] });
  // The product of another layer is of no matter on a CPU.
  assert.deepEqual(variantOf({ gpu: { product: "L4", count: 0 } }).pod.gpu, { count: 0, nodeSelector: {} });
});

test("spare GPUs are room for whole pods", () => {
  const rollout = (count: number, spare: number, replicas: number) =>
    variantOf({ gpu: { product: "L4", count, spare }, replicas }).rollout;
  assert.equal(rollout(4, 3, 1).strategy, "Recreate");
  assert.deepEqual(rollout(4, 4, 1), {
    strategy: "RollingUpdate",
    surge: 1,
    unavailable: 0,
    waves: 1,
    downtime: false,
  });
  assert.equal(rollout(4, 7, 8).surge, 1);
  assert.equal(rollout(4, 8, 8).surge, 2);
  assert.equal(variantOf({ gpu: { count: 0 }, replicas: 8 }).rollout.surge, 2, "a CPU takes nothing scarce");
});

test("the user's own times", () => {
  const { budgets, pod } = variantOf({
    provisioning: { seconds: 100 },
    startup: { seconds: 200 },
    drain: { seconds: 300 },
  });
  assert.deepEqual(
    [budgets.provisioning, budgets.startup, budgets.drain],
    [100, 200, { total: 300, preStop: 15, shutdownTimeout: 270 }],
  );
  assert.equal(pod.args[pod.args.indexOf("--shutdown-timeout") + 1], "270");
});

test("the least drain leaves the engine some seconds", () => {
  const { drain } = variantOf({ drain: { seconds: 35 } }).budgets;
  assert.deepEqual(drain, { total: 35, preStop: 15, shutdownTimeout: 5 });
});

test("known weights shorten the start-up that is reckoned with; without them the GPUs bound it", () => {
  const engine = { maxModelLen: 1024 };
  const shape = {
    parameters: "8.19B",
    layers: 36,
    hiddenSize: 4096,
    attentionHeads: 32,
    keyValueHeads: 8,
    headSize: 128,
  };
  const startup = (own: Tree) => variantOf(own).budgets.startup;
  assert.equal(startup({}), 730);
  assert.equal(startup({ shape, engine }), 670);
  assert.equal(startup({ shape: { ...shape, quantization: "fp8" }, engine }), 605);
});

test("without a revision the plan has none", () => {
  assert.equal("revision" in variantOf({}), false);
  assert.equal(variantOf({ revision: "v1" }).revision, "v1");
});
