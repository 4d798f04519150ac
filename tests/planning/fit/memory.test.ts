import assert from "node:assert/strict";
import { test } from "node:test";
import type { FitInput } from "../../../planning/fit/memory.ts";
import { known, one, type ShapeName } from "./asked.ts";

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

test("the engine's own defaults, by the GPU", () => {
  const sequences = (product: string) => known(one("qwen06b", product)).maxNumSeqs;
  for (const product of ["T4", "A10G", "L4", "L40S", "A100-40GB", "A100-80GB"]) assert.equal(sequences(product), 256);
  for (const product of ["RTX-PRO-6000", "H100", "H200", "B200"]) assert.equal(sequences(product), 1024);
  assert.equal(known(one("qwen06b", "H100", { maxNumSeqs: 5 })).maxNumSeqs, 5);
});
