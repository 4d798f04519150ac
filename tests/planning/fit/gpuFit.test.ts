import assert from "node:assert/strict";
import { test } from "node:test";
import { gib } from "../../../catalogue/units.ts";
import type { ModelShape } from "../../../planning/fit/batch.ts";
import { checkFit, describeMisfit, type Fit } from "../../../planning/fit/gpuFit.ts";
import type { FitInput } from "../../../planning/fit/memory.ts";
import { shapes } from "../../data/modelShapes.ts";
import { known, one, type ShapeName } from "./asked.ts";

test("a fit in full, by hand", () => {
  const shape: ModelShape = { parameters: 8e9, layers: 32, hiddenSize: 4096, attentionHeads: 32, keyValueHeads: 8 };
  const asked = { shape, gpu: { product: "X", cudaGib: 24 }, tensorParallelSize: 2, pipelineParallelSize: 1 };
  assert.deepEqual(checkFit({ ...asked, gpuMemoryUtilization: 0.5, maxModelLen: 4090 }), {
    fits: true,
    product: "X",
    gpus: 2,
    memoryBytes: 24 * gib,
    usableBytes: 12 * gib,
    weightsBytes: 8e9,
    // 1 + 1 + 0.5 GiB, and 2048 tokens of 4096 × (2 + 10.5 / 2) × 2 bytes
    overheadBytes: 2.5 * gib + 121634816,
    kvCacheBytes: 12 * gib - 8e9 - 2.5 * gib - 121634816,
    context: 4090,
    // 4096 tokens of 32 layers × 2 × 4 heads × 128 × 2 bytes
    sequenceBytes: 4096 * 65536,
    fullSequences: 7,
    maxNumSeqs: 256,
    longestContext: 4090,
    missingBytes: 0,
  } satisfies Fit);
});

test("what is not known is not checked: no size of the weights, no context", () => {
  const { parameters: _, ...unsized } = shapes.qwen8b.shape;
  assert.equal(checkFit(one("qwen8b", "L4", { shape: unsized })), undefined);
  assert.ok(checkFit(one("qwen8b", "L4", { shape: { ...unsized, weightBytes: 16e9 } })));
  const { contextLength: __, ...endless } = shapes.qwen8b.shape;
  assert.equal(checkFit(one("qwen8b", "L4", { shape: endless })), undefined);
  assert.equal(checkFit(one("qwen8b", "L4", { shape: endless, maxModelLen: 512 }))?.fits, true);
});

test("a misfit in words: how far off, and what would fit", () => {
  const fit = known(one("qwen8b", "L4"));
  assert.deepEqual(fit.wouldFit, {
    gpus: [
      { product: "L4", count: 2 },
      { product: "A100-40GB", count: 1 },
      { product: "A10G", count: 2 },
      { product: "L40S", count: 1 },
      { product: "T4", count: 4 },
      { product: "H100", count: 1 },
      { product: "A100-80GB", count: 1 },
      { product: "RTX-PRO-6000", count: 1 },
      { product: "H200", count: 1 },
      { product: "B200", count: 1 },
    ],
    maxModelLen: 19200,
    hybrid: true,
  });
  assert.equal(
    describeMisfit(fit),
    "the model does not fit: 3.0 GiB a GPU are missing (weights 15.3 GiB, engine about 1.9 GiB, KV cache for one sequence of 40960 tokens 5.6 GiB, of the 19.8 GiB that vLLM may take of one L4); it would fit with engine.maxModelLen at most 19200, or with 2 × L4 or 1 × A100-40GB or 2 × A10G; a hybrid model fits with shape.attentionLayers, the layers that have attention; without shape the fit is not checked",
  );
  // Not where that would change nothing, or the shape says which layers see what.
  for (const [model, product] of [
    ["llama70b", "L4"],
    ["gemma27b", "A100-40GB"],
    ["qwenNext80b", "H100"],
  ] as const)
    assert.doesNotMatch(describeMisfit(known(one(model, product))), /hybrid/);
  const eight = known(one("qwen8b", "L4", { maxModelLen: 32768 }));
  assert.match(describeMisfit(eight), /at most 19200, or with engine\.args\.kv-cache-dtype: fp8, or with 2 × L4 /);
  assert.equal("kvCacheDtype" in (known(one("qwen8b", "A10G", { maxModelLen: 32768 })).wouldFit ?? {}), false);
  assert.equal("wouldFit" in known(one("qwen8b", "L4", { maxModelLen: 19200 })), false);
});

test("nothing is proposed that EC2 has not, that no kernel is for, or that the heads forbid", () => {
  const proposed = (model: ShapeName, product: string, more: Partial<FitInput> = {}) =>
    known(one(model, product, more)).wouldFit?.gpus.map(({ product, count }) => `${count} × ${product}`);
  assert.deepEqual(proposed("deepseekV3", "H100"), ["8 × H200", "8 × B200"]);
  // MXFP4 needs Ampere, other formats do not
  const four = (quantization: "fp8" | "mxfp4") =>
    proposed("llama8bFp8", "A10G", {
      shape: { ...shapes.llama8bFp8.shape, quantization },
      gpuMemoryUtilization: 0.7,
    })?.some((text) => /T4$/.test(text));
  assert.deepEqual([four("fp8"), four("mxfp4")], [true, false]);
  // of the product that is asked for only more GPUs: eight in one stage would hold what eight in eight do not
  const staged = { pipelineParallelSize: 8, gpuMemoryUtilization: 0.28 };
  assert.ok(known(one("qwen8b", "L4", { ...staged, tensorParallelSize: 8, pipelineParallelSize: 1 })).fits);
  assert.equal(proposed("qwen8b", "L4", staged)?.includes("8 × L4"), false);
  // 28 heads go into 1, 2 and 4 GPUs
  for (const text of proposed("qwen25_7b", "T4", { gpuMemoryUtilization: 0.3 }) ?? []) assert.doesNotMatch(text, /^8/);
  const huge = known(one("deepseekV3", "B200", { shape: { ...shapes.deepseekV3.shape, parameters: 9e12 } }));
  assert.deepEqual(huge.wouldFit, { gpus: [] });
  assert.match(describeMisfit(huge), /no GPU of the catalogue holds it; without shape the fit is not checked$/);
});
