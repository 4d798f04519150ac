import assert from "node:assert/strict";
import { test } from "node:test";
import { divisibilityProblem, headsUnknown } from "../../../planning/fit/heads.ts";
import { shapes } from "../../data/modelShapes.ts";
import { variantOf, wrong } from "../given.ts";
import type { ShapeName } from "./asked.ts";

test("heads that cannot be shared out, as vLLM refuses them", () => {
  const problem = (model: ShapeName, size: number) => divisibilityProblem(shapes[model].shape, size);
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

test("without a shape, a size that few models' heads take is a fact of the plan; with one it is judged", () => {
  const sizes = Array.from({ length: 64 }, (_, at) => at + 1);
  assert.deepEqual(
    sizes.filter((size) => headsUnknown(size) === undefined),
    [1, 2, 4, 8, 16, 32, 64],
  );
  const factsOf = (count: number, engine = {}) => variantOf({ gpu: { product: "L4", count }, engine }).facts;
  for (const count of [3, 5, 6, 7]) assert.deepEqual(factsOf(count).headsUnknown, { tensorParallelSize: count });
  assert.deepEqual(factsOf(6, { pipelineParallelSize: 2 }).headsUnknown, { tensorParallelSize: 3 });
  for (const [count, engine] of [[1], [8], [3, { pipelineParallelSize: 3 }], [6, { pipelineParallelSize: 3 }]] as const)
    assert.equal("headsUnknown" in factsOf(count, engine), false, String(count));
  assert.equal("headsUnknown" in variantOf({ gpu: { count: 0 } }).facts, false);
  // 24 heads, as those of Llama 3.2 3B, go by 3 and by 6.
  const shape = { parameters: 3.2e9, layers: 28, hiddenSize: 3072, attentionHeads: 24, keyValueHeads: 24 };
  const known = { shape, gpu: { product: "L4", count: 3 }, engine: { maxModelLen: 1024 } };
  assert.equal("headsUnknown" in variantOf(known).facts, false);
  assert.match(
    wrong({ ...known, shape: { ...shape, attentionHeads: 32, keyValueHeads: 8, headSize: 96 } })[0] ?? "",
    /over 3 GPUs/,
  );
});
