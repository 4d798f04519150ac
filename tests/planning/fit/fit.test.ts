import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { gpus } from "../../../catalogue/gpus.ts";
import { checkFit, describeMisfit, type Fit } from "../../../planning/fit/fit.ts";
import { divisibilityProblem, type FitInput, gib, type ModelShape } from "../../../planning/fit/modelMemory.ts";
import { failing, logs, otherGpus, type Report, running, sequences } from "../../data/modelFits.ts";
import { shapes } from "../../data/modelShapes.ts";

const gpu = (product: string) => ({ product, cudaGib: gpus[product]?.cudaGib ?? (otherGpus[product] as number) });
const known = (input: FitInput): Fit => {
  const fit = checkFit(input);
  assert.ok(fit);
  return fit;
};
const reported = ({ model, gpu: product, asked: [sizes, utilisation, maxModelLen, more] }: Report): Fit =>
  known({
    shape: shapes[model].shape,
    gpu: gpu(product),
    tensorParallelSize: sizes[0],
    pipelineParallelSize: sizes[1],
    gpuMemoryUtilization: utilisation,
    ...(maxModelLen === undefined ? {} : { maxModelLen }),
    ...more,
  });
const one = (model: keyof typeof shapes, product: string, more: Partial<FitInput> = {}): FitInput => ({
  shape: shapes[model].shape,
  gpu: gpu(product),
  tensorParallelSize: 1,
  pipelineParallelSize: 1,
  gpuMemoryUtilization: 0.9,
  ...more,
});
const within = (value: number, figure: number | undefined, share: number, what: string) => {
  if (figure !== undefined)
    assert.ok(Math.abs(value / figure - 1) <= share, `${what}: ${value} here, ${figure} in vLLM's log`);
};
const name = ({ model, gpu, asked: [[tensor, pipeline]] }: Report) =>
  `${shapes[model].repository} on ${tensor * pipeline} × ${gpu}`;

for (const report of running)
  test(`runs: ${name(report)} (${report.source})`, () => assert.equal(reported(report).fits, true));

for (const report of failing)
  test(`fails: ${name(report)} (${report.source})`, () => {
    const fit = reported(report);
    assert.equal(fit.fits, false);
    assert.ok(fit.missingBytes > 0);
  });

test("there are enough reports, of every product of the catalogue, and each names its source", () => {
  assert.ok(running.length >= 12 && failing.length >= 12);
  const products = new Set([...running, ...failing].map(({ gpu }) => gpu));
  for (const product of Object.keys(gpus)) assert.ok(products.has(product), product);
  for (const { source } of [...running, ...failing, ...logs, ...sequences]) assert.match(source, /^https:\/\/\S+$/);
});

for (const report of logs)
  test(`comes out as vLLM logged it: ${name(report)} (${report.source})`, () => {
    const fit = reported(report);
    within(fit.weightsBytes / gib, report.weights, 0.05, "weights");
    within(fit.kvCacheBytes / gib, report.cache, 0.2, "KV cache");
    within((fit.kvCacheBytes / fit.sequenceBytes) * fit.context, report.tokens, 0.2, "tokens");
  });

for (const report of sequences)
  test(`a sequence takes what vLLM says: ${name(report)} (${report.source})`, () =>
    within(reported(report).sequenceBytes / gib, report.gib, 0.02, "GiB"));

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

test("weights: as stored, in formats, with embeddings left alone, parted by tensor and pipeline", () => {
  const { shape } = shapes.llama70b;
  const bytes = (more: Partial<ModelShape>, sizes: Partial<FitInput> = {}) =>
    known(one("llama70b", "H100", { shape: { ...shape, ...more }, ...sizes })).weightsBytes;
  const table = 128256 * 8192;
  const rest = 70.55e9 - 2 * table;
  assert.equal(bytes({}), 141.1e9);
  assert.equal(bytes({ weightBytes: 5e9 }), 5e9);
  assert.equal(bytes({ weightBytes: 5e9, dtype: "float32" }), 2.5e9);
  assert.equal(bytes({ weightBytes: 5e9, dtype: "float32", quantization: "int8" }), 5e9);
  assert.equal(bytes({ weightBytes: 5e9, quantization: "mxfp4" }), 5.3e9);
  assert.equal(bytes({ quantization: "fp8" }), 4 * table + rest);
  assert.equal(bytes({ quantization: "fp8", tiedEmbeddings: true }), 2 * table + rest + table);
  assert.equal(bytes({ quantization: "int4" }), 4 * table + rest * 0.51953125);
  assert.equal(bytes({ quantization: "nvfp4" }), 4 * table + rest * 0.5625);
  assert.equal(bytes({}, { tensorParallelSize: 4 }), 141.1e9 / 4);
  // 80 layers in 3 stages: the fullest has 27, and one of both tables
  assert.equal(bytes({}, { pipelineParallelSize: 3 }), ((141.1e9 - 4 * table) * 27) / 80 + 2 * table);
});

test("the KV cache: heads are shared out and never less than one, a latent is on every GPU, 8 bits are half", () => {
  const bytes = (model: keyof typeof shapes, more: Partial<FitInput>) =>
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

test("heads that cannot be shared out, as vLLM refuses them", () => {
  const problem = (model: keyof typeof shapes, size: number) => divisibilityProblem(shapes[model].shape, size);
  // https://github.com/THU-KEG/AdaptThink/issues/1: 28 heads, 8 GPUs; vllm-project/vllm#5951: 10 key-value heads, 4
  assert.equal(
    problem("qwen25_7b", 8),
    "the model's 28 attention heads cannot be shared out over 8 GPUs; possible are 1, 2, 4",
  );
  assert.equal(
    problem("phi3Medium", 4),
    "the model's 10 key-value heads cannot be shared out over 4 GPUs; possible are 1, 2, 5, 10",
  );
  assert.equal(problem("phi3Medium", 2), undefined);
  // https://github.com/vllm-project/vllm/issues/4232: 40 heads, 6 GPUs
  assert.match(problem("qwen25_14b", 6) ?? "", /^the model's 40 attention heads/);
  for (const size of [1, 2, 4, 8, 16]) assert.equal(problem("llama70b", size), undefined);
  assert.equal(problem("deepseekR1", 16), undefined);
  assert.match(problem("llama70b", 3) ?? "", /possible are 1, 2, 4, 8, 16$/);
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
  });
  assert.equal(
    describeMisfit(fit),
    "the model does not fit: 3.0 GiB a GPU are missing (weights 15.3 GiB, engine about 1.9 GiB, KV cache for one sequence of 40960 tokens 5.6 GiB, of the 19.8 GiB that vLLM may take of one L4); it would fit with engine.maxModelLen at most 19200, or with 2 × L4 or 1 × A100-40GB or 2 × A10G; without shape the fit is not checked",
  );
  const eight = known(one("qwen8b", "L4", { maxModelLen: 32768 }));
  assert.match(describeMisfit(eight), /at most 19200, or with engine\.args\.kv-cache-dtype: fp8, or with 2 × L4 /);
  assert.equal("kvCacheDtype" in (known(one("qwen8b", "A10G", { maxModelLen: 32768 })).wouldFit ?? {}), false);
  assert.equal("wouldFit" in known(one("qwen8b", "L4", { maxModelLen: 19200 })), false);
});

test("nothing is proposed that EC2 has not, that no kernel is for, or that the heads forbid", () => {
  const proposed = (model: keyof typeof shapes, product: string, more: Partial<FitInput> = {}) =>
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

const names = Object.keys(shapes) as (keyof typeof shapes)[];
const heavy = names.filter((name) => known(one(name, "L4")).weightsBytes > 2 * gib);
const asked = (models: (keyof typeof shapes)[]) =>
  fc
    .record({
      model: fc.constantFrom(...models),
      product: fc.constantFrom(...Object.keys(gpus)),
      tensorParallelSize: fc.constantFrom(1, 2, 4),
      pipelineParallelSize: fc.constantFrom(1, 2, 3),
      gpuMemoryUtilization: fc.double({ min: 0.3, max: 0.98, noNaN: true }),
      maxModelLen: fc.integer({ min: 1, max: 200_000 }),
      enforceEager: fc.boolean(),
      kvCacheDtype: fc.constantFrom("auto", "fp8"),
    })
    .map(({ model, product, ...more }) => one(model, product, more));
const cases = { numRuns: 800 };
const fits = (input: FitInput, more: Partial<FitInput> = {}) => known({ ...input, ...more }).fits;
const implies = (premise: boolean, conclusion: boolean) => assert.ok(!premise || conclusion);

test("more GPUs, more memory, fewer bits or eager never make a misfit of a fit", () => {
  fc.assert(
    fc.property(asked(heavy), (input) => {
      const before = fits(input);
      if (divisibilityProblem(input.shape, input.tensorParallelSize * 2) === undefined)
        implies(before, fits(input, { tensorParallelSize: input.tensorParallelSize * 2 }));
      implies(before, fits(input, { gpuMemoryUtilization: input.gpuMemoryUtilization + 0.01 }));
      implies(before, fits(input, { gpu: { ...input.gpu, cudaGib: input.gpu.cudaGib + 1 } }));
      implies(before, fits(input, { kvCacheDtype: "fp8" }));
      implies(before, fits(input, { enforceEager: true }));
    }),
    cases,
  );
});

test("a longer context, more sequences or larger steps never make a fit of a misfit", () => {
  fc.assert(
    fc.property(asked(names), fc.integer({ min: 1, max: 100_000 }), (input, more) => {
      const before = fits(input);
      implies(fits(input, { maxModelLen: (input.maxModelLen ?? 0) + more }), before);
      implies(fits(input, { maxNumSeqs: 2048 + more }), before);
      implies(fits(input, { maxNumBatchedTokens: 8192 + more }), before);
    }),
    cases,
  );
});

test("the longest context fits, and a block more does not", () => {
  fc.assert(
    fc.property(asked(names), (input) => {
      const { longestContext, context, fits: before, missingBytes, fullSequences } = known(input);
      const limit = Math.max(context, input.shape.contextLength ?? 0);
      assert.ok(Number.isInteger(longestContext) && longestContext >= 0 && longestContext <= limit);
      if (longestContext > 0) assert.ok(fits(input, { maxModelLen: longestContext }));
      if (longestContext < limit) assert.ok(!fits(input, { maxModelLen: longestContext + 16 }));
      assert.equal(before, context <= longestContext);
      assert.equal(before, missingBytes === 0);
      assert.equal(before, fullSequences >= 1);
    }),
    cases,
  );
});

test("what is proposed fits", () => {
  fc.assert(
    fc.property(asked(names), (input) => {
      const { wouldFit, fits: before } = known(input);
      assert.equal(wouldFit === undefined, before);
      for (const { product, count } of wouldFit?.gpus ?? [])
        assert.ok(fits(input, { gpu: gpu(product), tensorParallelSize: count, pipelineParallelSize: 1 }));
      if (wouldFit?.maxModelLen) assert.ok(fits(input, { maxModelLen: wouldFit.maxModelLen }));
      if (wouldFit?.kvCacheDtype) assert.ok(fits(input, { kvCacheDtype: wouldFit.kvCacheDtype }));
    }),
    { numRuns: 150 },
  );
});
