import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { gpuProducts } from "../../../catalogue/gpus.ts";
import { gib } from "../../../catalogue/units.ts";
import { divisibilityProblem } from "../../../planning/fit/heads.ts";
import type { FitInput } from "../../../planning/fit/memory.ts";
import { shapes } from "../../data/modelShapes.ts";
import { gpu, known, one, type ShapeName } from "./asked.ts";

/** What holds of every fit, for well-known models on all GPUs. */

const names = Object.keys(shapes) as ShapeName[];
const heavy = names.filter((name) => known(one(name, "L4")).weightsBytes > 2 * gib);
const asked = (models: ShapeName[]) =>
  fc
    .record({
      model: fc.constantFrom(...models),
      product: fc.constantFrom(...gpuProducts),
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
      implies(fits(input, { maxModelLen: known(input).context + more }), before);
      implies(fits(input, { maxNumSeqs: 2048 + more }), before);
      implies(fits(input, { maxNumBatchedTokens: 16_384 + more }), before);
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
