import assert from "node:assert/strict";
import { test } from "node:test";
import { gib } from "../../../catalogue/units.ts";
import type { Tree } from "../../../config/tree.ts";
import type { ModelFit } from "../../../planning/fit/fit.ts";
import { variantOf, wrong } from "../given.ts";

const fitOf = (own: Tree): ModelFit => variantOf(own).facts.fit;

const shape = {
  parameters: 4e9,
  layers: 36,
  hiddenSize: 4096,
  attentionHeads: 32,
  keyValueHeads: 8,
  headSize: 128,
  contextLength: 32_768,
};
const onL4 = (args: Tree, more: Tree = {}) => ({
  shape: { ...shape, ...more },
  engine: { maxModelLen: 4096, args },
  resources: { memory: "512Gi" },
});
const figures = (args: Tree, more: Tree = {}) => {
  const fit = fitOf(onL4(args, more));
  assert.ok(fit.checked, JSON.stringify(fit));
  return fit;
};

test("--dtype: 32 bits double weights and KV cache, whatever the model is stored in", () => {
  const plain = figures({});
  for (const dtype of ["auto", "half", "float16", "bfloat16"]) assert.deepEqual(figures({ dtype }), plain);
  for (const dtype of ["float", "float32"]) {
    const wide = figures({ dtype });
    assert.deepEqual([wide.weightsBytes, wide.sequenceBytes], [2 * plain.weightsBytes, 2 * plain.sequenceBytes]);
    // 2048 tokens of 4096 × 12.5 values, 2 bytes more each
    assert.equal(wide.overheadBytes - plain.overheadBytes, 2048 * 4096 * 12.5 * 2);
    assert.equal(figures({ dtype, "kv-cache-dtype": "bfloat16" }).sequenceBytes, plain.sequenceBytes);
  }
  const stored = (dtype: string, args: Tree) => figures(args, { weightBytes: 8e9, dtype }).weightsBytes;
  assert.deepEqual(
    [stored("bfloat16", {}), stored("bfloat16", { dtype: "float32" }), stored("float32", {})],
    [8e9, 16e9, 4e9],
  );
  assert.equal(stored("float32", { dtype: "float32" }), 8e9);
  const [problem = ""] = wrong(onL4({ dtype: "float32" }, { parameters: 6e9 }));
  assert.match(problem, /weights 22\.4 GiB.*; without shape the fit is not checked$/);
  const ofPod = (args: Tree) => fitOf({ ...onL4(args), gpu: { count: 0 }, resources: { memory: "64Gi" } });
  const [wide, narrow] = [ofPod({ dtype: "float32" }), ofPod({})];
  assert.ok(wide.checked && narrow.checked && wide.weightsBytes === 2 * narrow.weightsBytes);
});

test("--cpu-offload-gb takes from each GPU's weights, and never the embeddings", () => {
  const plain = figures({}).weightsBytes;
  assert.equal(plain, 8e9);
  for (const value of [2, "2", 2.5]) {
    const args = { "cpu-offload-gb": value };
    assert.equal(figures(args).weightsBytes, plain - Number(value) * gib);
  }
  assert.equal(figures({ "cpu-offload-gb": 100 }).weightsBytes, 0);
  const table = 150_000 * 4096 * 2;
  assert.equal(figures({ "cpu-offload-gb": 100 }, { vocabularySize: 150_000 }).weightsBytes, 2 * table);
  assert.deepEqual(wrong(onL4({ "cpu-offload-gb": 8 }, { parameters: 12e9 })), []);
  assert.equal(wrong(onL4({}, { parameters: 12e9 })).length, 1);
  const pair = fitOf({ ...onL4({ "cpu-offload-gb": 1 }), gpu: { product: "L4", count: 4 } });
  assert.ok(pair.checked && pair.weightsBytes === Math.round(2e9 - gib));
  const pod = fitOf({ ...onL4({ "cpu-offload-gb": 4 }), gpu: { count: 0 }, resources: { memory: "48Gi" } });
  assert.ok(pod.checked && pod.weightsBytes === plain);
});

test("without the hybrid KV cache manager a window's layers keep all", () => {
  const slidingWindow = { size: 128, layers: 18 };
  const sequence = (args: Tree, more: Tree = {}) => figures(args, more).sequenceBytes;
  const flag = "disable-hybrid-kv-cache-manager";
  assert.ok(sequence({}, { slidingWindow }) < sequence({}));
  assert.equal(sequence({ [flag]: true }, { slidingWindow }), sequence({}));
  assert.equal(sequence({ [flag]: false }, { slidingWindow }), sequence({}, { slidingWindow }));
});

test("flags whose memory is not reckoned: the fit is not checked, and says why", () => {
  const changing: [string, unknown, Tree?][] = [
    ["kv-cache-memory-bytes", "8G"],
    ["num-gpu-blocks-override", 100],
    ["kv-cache-dtype", "nvfp4"],
    ["kv-cache-dtype-skip-layers", ["0"]],
    ["speculative-config", { method: "eagle3", model: "s3://x/y", num_speculative_tokens: 2 }],
    ["spec-method", "suffix"],
    ["spec-model", "s3://x/y"],
    ["enable-lora", true],
    ["quantization", "experts_int8"],
    ["quantization-config", { moe: "mxfp4" }],
    ["cpu-offload-params", ["mlp"]],
    ["offload-group-size", 8],
    ["mm-ipc-gpu-memory-gb", 2],
    ["dtype", "float32", { quantization: "int8" }],
  ];
  for (const [flag, value, more] of changing)
    assert.deepEqual(fitOf(onL4({ [flag]: value }, { parameters: 40e9, ...more })), {
      checked: false,
      reason: `engine.args.${flag} changes the memory in a way that is not reckoned here`,
    });
});

test("decode context parallelism is not reckoned", () => {
  const own = onL4({ "decode-context-parallel-size": 2 }, { keyValueHeads: 1 });
  const pair = fitOf({ ...own, gpu: { product: "L4", count: 2 } });
  assert.match(pair.checked ? "" : pair.reason, /^engine\.args\.decode-context-parallel-size changes the memory/);
});

test("flags that change nothing of it leave the fit as it is", () => {
  const same: Tree[] = [
    { "kv-offloading-size": 10 },
    { "max-loras": 4, "max-lora-rank": 64 },
    { "enable-lora": false },
    { "offload-group-size": 0, "offload-backend": "uva" },
    { "decode-context-parallel-size": 1 },
    { "kv-cache-dtype": "float16" },
  ];
  for (const args of same) assert.deepEqual(figures(args), figures({}));
  assert.equal(figures({ quantization: "fp8" }).weightsBytes, 4e9);
  const stored = figures({}, { quantization: "int4" });
  assert.deepEqual(figures({ quantization: "awq_marlin" }, { quantization: "int4" }), stored);
});

test("a hybrid model: attention in some layers, and the others' states, by hand", () => {
  const kv = (more: Tree) => figures({}, more).sequenceBytes;
  // 4096 tokens of 36 layers × 2 × 8 heads × 128 × 2 bytes
  assert.equal(kv({}), 4096 * 36 * 4096);
  assert.equal(kv({ attentionLayers: 36 }), kv({}));
  // A state of 4096 × 1024 bytes is as large as 1024 tokens of a layer: 9 layers of 4 blocks, 27 of 2.
  assert.equal(kv({ attentionLayers: 9 }), (9 * 4 + 27 * 2) * 1024 * 4096);
  assert.equal(kv({ attentionLayers: 9, contextLength: 262_144 }), kv({ attentionLayers: 9 }));
});

test("without a maxModelLen the context is the one that hf-overrides make of the model's", () => {
  const context = (overrides: Tree, contextLength = 32_768) => {
    const fit = fitOf({
      ...{ gpu: { product: "H100" }, shape: { ...shape, contextLength } },
      engine: { args: { "hf-overrides": overrides } },
    });
    assert.ok(fit.checked, JSON.stringify(fit));
    return fit.context;
  };
  assert.equal(context({}), 32_768);
  assert.equal(context({ max_position_embeddings: 8192 }), 8192);
  assert.equal(context({ max_position_embeddings: 65_536 }), 65_536);
});

test("a step of as many tokens as vLLM reads out of the flag", () => {
  const step = (value: unknown) => figures({ "max-num-batched-tokens": value }).overheadBytes;
  assert.equal(step("16k"), step(16_000));
  assert.ok(step("16K") > step("16k"));
});
