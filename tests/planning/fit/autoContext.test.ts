import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { gpuProducts } from "../../../catalogue/gpus.ts";
import type { Tree } from "../../../config/tree.ts";
import { checkFit } from "../../../planning/fit/gpuFit.ts";
import { shapes } from "../../data/modelShapes.ts";
import { file, variantOf, wrong } from "../given.ts";
import { known, one, type ShapeName } from "./asked.ts";

/** `engine.maxModelLen: auto`: vLLM makes the context as long as fits, at most the model's own. */

const shape = {
  parameters: 8.19e9,
  layers: 36,
  hiddenSize: 4096,
  attentionHeads: 32,
  keyValueHeads: 8,
  headSize: 128,
  contextLength: 40_960,
};
const auto = (own: Tree = {}): Tree => ({ shape, engine: { maxModelLen: "auto" }, ...own });
const fitOf = (own: Tree) => variantOf(own).facts.fit;

test("less than the model's own context is taken, and no longer one is asked for", () => {
  const fit = fitOf(auto());
  const { longestContext } = known(one("qwen8b", "L4", { gpuMemoryUtilization: 0.92, shape }));
  assert.ok(fit.checked && fit.auto);
  assert.ok(longestContext < 40_960 && longestContext % 16 === 0);
  assert.deepEqual([fit.fits, fit.context, fit.longestContext], [true, longestContext, longestContext]);
  assert.deepEqual([fit.fullSequences, fit.missingBytes], [1, 0]);
  const { args } = variantOf(auto()).pod;
  assert.equal(args[args.indexOf("--max-model-len") + 1], "auto");
  assert.match(wrong({ shape })[0] ?? "", /the model does not fit/, "as it stands it would be refused");
  const roomy = fitOf(auto({ gpu: { product: "H100" } }));
  assert.ok(roomy.checked && roomy.context === 40_960 && roomy.fullSequences > 1);
  assert.equal("auto" in fitOf({ shape, engine: { maxModelLen: 8192 } }), false);
});

test("on a CPU the KV cache's share of the pod decides", () => {
  const own = { gpu: { count: 0 }, resources: { memory: "64Gi" }, engine: { maxModelLen: "auto", env: {} } };
  const space = (gib: string) => {
    const fit = fitOf({ shape, ...own, engine: { ...own.engine, env: { VLLM_CPU_KVCACHE_SPACE: gib } } });
    assert.ok(fit.checked && fit.auto);
    return fit.context;
  };
  // 36 layers × 2 × 8 heads × 128 × 2 bytes a token
  assert.equal(space("1"), Math.floor(2 ** 30 / 147_456 / 16) * 16);
  assert.equal(space("16"), 40_960);
});

test("it is refused where not even a token fits, and what is proposed leaves a context that is one", () => {
  const own = auto({ gpu: { product: "T4" } });
  const [problem = "", ...others] = wrong(own);
  assert.deepEqual(others, []);
  assert.match(
    problem,
    /^vllm:gpu\.product \(Pulumi\.prod\.yaml\): the model does not fit: .*KV cache for a single token 0\.0 GiB/,
  );
  assert.match(problem, /it would fit with 2 × T4 or 1 × /);
  assert.doesNotMatch(problem, /engine\.maxModelLen at most/);
});

test("without the model's own context nothing is known of it", () => {
  const { contextLength: _, ...endless } = shape;
  assert.deepEqual(fitOf(auto({ shape: endless })), {
    checked: false,
    reason: "shape.contextLength is not set: engine.maxModelLen: auto is at most the model's own context",
  });
});

test("what comes out is the longest context that would have been taken by its number", () => {
  fc.assert(
    fc.property(
      fc.record({
        model: fc.constantFrom(...(Object.keys(shapes) as ShapeName[])),
        product: fc.constantFrom(...gpuProducts),
        tensorParallelSize: fc.constantFrom(1, 2, 4, 8),
        gpuMemoryUtilization: fc.double({ min: 0.3, max: 0.98, noNaN: true }),
      }),
      ({ model, product, ...more }) => {
        const input = one(model, product, { ...more, maxModelLen: "auto" });
        const fit = known(input);
        const own = input.shape.contextLength as number;
        assert.equal(fit.auto, true);
        assert.ok(fit.context >= 1 && fit.context <= own);
        const by = (maxModelLen: number) => known({ ...input, maxModelLen }).fits;
        assert.equal(fit.fits, by(1));
        if (fit.fits) assert.ok(by(fit.context));
        if (fit.fits && fit.context < own) assert.ok(!by(Math.min(own, fit.context + 16)));
        for (const { product, count } of fit.wouldFit?.gpus ?? []) {
          const other = checkFit({ ...one(model, product, more), maxModelLen: "auto", tensorParallelSize: count });
          assert.ok(other?.fits && other.context >= 1024);
        }
      },
    ),
    { numRuns: 300 },
  );
});

test("forms: a number, a suffix as vLLM reads it, auto in any case and -1", () => {
  const words: readonly [unknown, string][] = [
    [8192, "8192"],
    ["8192", "8192"],
    ["8k", "8000"],
    ["8K", "8192"],
    ["25.6k", "25600"],
    ["auto", "auto"],
    ["AUTO", "auto"],
    [-1, "auto"],
    ["-1", "auto"],
  ];
  for (const [maxModelLen, word] of words) {
    const { args } = variantOf({ engine: { maxModelLen } }).pod;
    assert.equal(args[args.indexOf("--max-model-len") + 1], word, String(maxModelLen));
  }
  const must =
    "auto, or a whole number from 1 to 100000000, with a suffix or without (1k is 1000, 1K is 1024, 25.6k is 25600)";
  for (const maxModelLen of ["8x", "1.5K", "0k", "1g", "much", true])
    assert.deepEqual(wrong({ engine: { maxModelLen } }), [
      `vllm:engine.maxModelLen ${file}: is ${JSON.stringify(maxModelLen)}, but must be ${must}`,
    ]);
  for (const [maxModelLen, allowed] of [
    [0, "at least 1"],
    [1.5, "a whole number"],
    [1e9, "at most 100000000"],
  ])
    assert.deepEqual(wrong({ engine: { maxModelLen } }), [
      `vllm:engine.maxModelLen ${file}: is ${maxModelLen}, but must be ${allowed}`,
    ]);
});

test("a number that is too long for the model is refused, however it is written; auto never is", () => {
  const longer = (maxModelLen: unknown) => wrong({ shape, gpu: { product: "H200" }, engine: { maxModelLen } });
  assert.match(longer("64k")[0] ?? "", /^vllm:engine\.maxModelLen .*: is 64000, longer than the model's context/);
  assert.deepEqual(longer("40k"), []);
  assert.deepEqual(longer("auto"), []);
});
