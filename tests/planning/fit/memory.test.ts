import assert from "node:assert/strict";
import { test } from "node:test";
import { type GpuProduct, gpuProducts } from "../../../catalogue/gpus.ts";
import type { Tree } from "../../../config/tree.ts";
import { batch, batchOf } from "../../../planning/fit/batch.ts";
import type { FitInput } from "../../../planning/fit/memory.ts";
import { least, resolve } from "../../config/settings.ts";
import { shapes } from "../../data/modelShapes.ts";
import { variantOf } from "../given.ts";
import { gpu, known, one, type ShapeName } from "./asked.ts";

test("the KV cache: heads are shared out and never less than one, a latent is on every GPU, 8 bits are half", () => {
  const bytes = (model: ShapeName, more: Partial<FitInput>) =>
    known(one(model, "H200", { maxModelLen: 1600, ...more })).sequenceBytes / 1600;
  assert.equal(bytes("llama70b", {}), 80 * 8 * 128 * 4);
  assert.equal(bytes("llama70b", { tensorParallelSize: 8 }), 80 * 128 * 4);
  assert.equal(bytes("llama70b", { tensorParallelSize: 16 }), 80 * 128 * 4);
  assert.equal(bytes("llama70b", { pipelineParallelSize: 4 }), 20 * 8 * 128 * 4);
  for (const kvCacheDtype of ["fp8", "fp8_e5m2", "int8"])
    assert.equal(bytes("llama70b", { kvCacheDtype }), 80 * 8 * 128 * 2);
  for (const kvCacheDtype of ["auto", "bfloat16"]) assert.equal(bytes("llama70b", { kvCacheDtype }), 80 * 8 * 128 * 4);
  for (const tensorParallelSize of [1, 8]) assert.equal(bytes("deepseekR1", { tensorParallelSize }), 61 * 576 * 2);
  // 12 layers keep all, 12 the window of 128 and a step of 16 tokens: 9 blocks and one begun
  const windowed = known(one("gptOss20b", "H100", { maxModelLen: 1600, maxNumBatchedTokens: 16 })).sequenceBytes;
  assert.equal(windowed, 12 * (1600 + 160) * 8 * 64 * 4);
});

/** `max_num_batched_tokens` and `max_num_seqs` of vLLM 0.32.0's configuration on each device, with nothing asked for. */
const defaults: Readonly<Record<GpuProduct | "none", readonly [tokens: number, sequences: number]>> = {
  none: [2048, 128],
  T4: [2048, 256],
  A10G: [2048, 256],
  L4: [2048, 256],
  L40S: [2048, 256],
  "RTX-PRO-6000": [8192, 1024],
  "A100-40GB": [2048, 256],
  "A100-80GB": [2048, 256],
  H100: [8192, 1024],
  H200: [8192, 1024],
  B200: [16_384, 1024],
};

test("steps and batches by the hardware, as vLLM's own configuration has them", () => {
  assert.deepEqual(Object.keys(defaults).sort(), [...gpuProducts, "none"].sort());
  for (const [product, [tokens, sequences]] of Object.entries(defaults)) {
    const device = { gpu: product === "none" ? { product, cudaGib: 0 } : gpu(product) };
    assert.deepEqual(batch(device), { tokens, sequences }, product);
    assert.deepEqual(batch({ ...device, throughput: true }), { tokens: 2 * tokens, sequences: 2 * sequences });
    const own = { maxNumBatchedTokens: 128, maxNumSeqs: 5, throughput: true };
    assert.deepEqual(batch({ ...device, ...own }), { tokens: 128, sequences: 5 });
    assert.deepEqual(batch({ ...device, maxNumBatchedTokens: 128 }), { tokens: 128, sequences: 128 });
    const { shape } = shapes.qwen06b;
    const whole = { ...device, shape, wholePrompts: true };
    assert.equal(batch({ ...whole, maxModelLen: "auto" }).tokens, 40_960);
    assert.equal(batch({ ...whole, maxModelLen: 30_000 }).tokens, 30_000);
    assert.equal(batch({ ...whole, maxModelLen: 1000 }).tokens, tokens);
  }
});

test("a model's settings come to the same: a GPU that is named and not used is none", () => {
  const of = (own: Tree) => variantOf({ shape, engine: { maxModelLen: 1024 }, ...own }).facts.fit;
  const shape = { parameters: 6e8, layers: 28, hiddenSize: 1024, attentionHeads: 16 };
  const sequences = (own: Tree) => {
    const fit = of(own);
    return fit.checked && fit.maxNumSeqs;
  };
  const sizes = (own: Tree) => {
    const [model] = resolve({ own: { ...least, ...own } }).models;
    return model && batchOf(model);
  };
  assert.deepEqual(sizes({ gpu: { product: "B200" } }), { tokens: 16_384, sequences: 1024 });
  assert.deepEqual(sizes({ engine: { maxNumSeqs: 3000 } }), { tokens: 2048, sequences: 3000 });
  assert.deepEqual(sizes({ engine: { args: { "max-num-batched-tokens": "1k" } } }), { tokens: 1000, sequences: 256 });
  assert.equal(sequences({ gpu: { product: "H100", count: 0 } }), 128);
  assert.equal(sequences({ gpu: { product: "H100" } }), 1024);
  assert.equal(sequences({ engine: { maxModelLen: 1024, args: { "performance-mode": "throughput" } } }), 512);
  const steps = { maxModelLen: 1024, args: { "enable-chunked-prefill": false } };
  const [plain, whole] = [of({}), of({ engine: { ...steps, maxModelLen: 30_000 } })];
  assert.ok(plain.checked && whole.checked);
  // 1024 × 12.5 values of 2 bytes a token
  assert.equal(whole.overheadBytes - plain.overheadBytes, (30_000 - 2048) * 1024 * 12.5 * 2);
});
