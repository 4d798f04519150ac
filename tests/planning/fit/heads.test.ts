import assert from "node:assert/strict";
import { test } from "node:test";
import { divisibilityProblem } from "../../../planning/fit/heads.ts";
import { shapes } from "../../data/modelShapes.ts";
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
