import assert from "node:assert/strict";
import { test } from "node:test";
import { file, kinds, wrong } from "../given.ts";

const shape = {
  parameters: 4e9,
  layers: 36,
  hiddenSize: 4096,
  attentionHeads: 32,
  keyValueHeads: 8,
  headSize: 128,
  contextLength: 32_768,
};

test("a shape that tells too little: what is missing is told, and nothing else of the shape", () => {
  const needs =
    "is not set; the fit needs layers, hiddenSize, attentionHeads, and parameters or weightBytes; leave shape out to go without";
  assert.deepEqual(wrong({ shape: { layers: 36 } }), [
    `vllm:shape.hiddenSize ${file}: ${needs}`,
    `vllm:shape.attentionHeads ${file}: ${needs}`,
    `vllm:shape.parameters ${file}: ${needs}`,
  ]);
  assert.deepEqual(kinds({ shape: { layers: 36 } }), [
    ["missing", "shape.hiddenSize"],
    ["missing", "shape.attentionHeads"],
    ["missing", "shape.parameters"],
  ]);
  const { parameters: _, ...unsized } = shape;
  assert.deepEqual(wrong({ shape: unsized }), [`vllm:shape.parameters ${file}: ${needs}`]);
  assert.deepEqual(kinds({ shape: unsized }), [["missing", "shape.parameters"]]);
  assert.deepEqual(wrong({ shape: { ...unsized, weightBytes: 8e9 } }), []);
  const windowed = { shape: { ...shape, slidingWindow: { size: 1024 } }, engine: { maxModelLen: 1024 } };
  assert.deepEqual(wrong(windowed), [
    `vllm:shape.slidingWindow.layers ${file}: is not set; a window needs its size and the number of its layers`,
  ]);
  assert.deepEqual(kinds(windowed), [["missing", "shape.slidingWindow.layers"]]);
});

test("a shape that cannot be is refused at the setting that is wrong", () => {
  const slidingWindow = { size: 1024, layers: 100 };
  assert.deepEqual(wrong({ shape: { ...shape, slidingWindow } }), [
    `vllm:shape.slidingWindow.layers ${file}: is 100, more than the model's layers (36)`,
  ]);
  assert.deepEqual(kinds({ shape: { ...shape, slidingWindow } }), [["conflict", "shape.slidingWindow.layers"]]);
  assert.deepEqual(wrong({ shape: { ...shape, slidingWindow: { size: 1024, layers: 36 } } }), []);
  for (const keyValueHeads of [12, 64])
    assert.deepEqual(wrong({ shape: { ...shape, keyValueHeads } }), [
      `vllm:shape.keyValueHeads ${file}: is ${keyValueHeads}, which must divide attentionHeads (32)`,
    ]);
  const { headSize: _, ...headless } = shape;
  const odd = { ...headless, hiddenSize: 1000, attentionHeads: 7, keyValueHeads: 7 };
  assert.deepEqual(wrong({ shape: odd }), [
    `vllm:shape.headSize ${file}: is not set, and hiddenSize ÷ attentionHeads (1000 ÷ 7) is not whole; correct them, or set headSize to the model's head_dim`,
  ]);
  assert.deepEqual(kinds({ shape: odd }), [["conflict", "shape.headSize"]]);
  for (const more of [{ headSize: 128 }, { latentSize: 576 }])
    assert.deepEqual(wrong({ shape: { ...odd, ...more } }), []);
  assert.deepEqual(wrong({ shape: headless }), []);
});

test("no more pipeline stages than layers", () => {
  const staged = (layers: number) => ({
    shape: { ...shape, layers },
    gpu: { product: "L4", count: 8 },
    engine: { pipelineParallelSize: 8 },
  });
  assert.deepEqual(wrong(staged(4)), [
    `vllm:engine.pipelineParallelSize ${file}: is 8, more stages than the model has layers (shape.layers: 4)`,
  ]);
  assert.deepEqual(kinds(staged(4)), [["conflict", "engine.pipelineParallelSize"]]);
  assert.deepEqual(wrong(staged(8)), []);
});

test("heads that cannot be shared out", () => {
  const odd = { ...shape, parameters: "8.19B", attentionHeads: 20, keyValueHeads: 20 };
  const own = { shape: odd, engine: { maxModelLen: 1024 }, gpu: { product: "L4", count: 8 } };
  const told = "the model's 20 attention heads cannot be shared out over 8 GPUs; possible are 1, 2, 4, 5, 10";
  assert.deepEqual(wrong(own), [`vllm:gpu.count ${file}: ${told}`]);
  assert.deepEqual(kinds(own), [["conflict", "gpu.count"]]);
  const asked = { ...own, engine: { maxModelLen: 1024, tensorParallelSize: 8 } };
  assert.deepEqual(wrong(asked), [`vllm:engine.tensorParallelSize ${file}: ${told}`], "where the size is written");
});

test("a context longer than the model's, unless it is stretched", () => {
  const short = { ...shape, parameters: "8.19B", contextLength: 4096 };
  const own = { shape: short, engine: { maxModelLen: 4097 } };
  assert.deepEqual(wrong(own), [
    `vllm:engine.maxModelLen ${file}: is 4097, longer than the model's context (shape.contextLength: 4096), which vLLM refuses; a model that can be stretched takes engine.args.hf-overrides`,
  ]);
  assert.deepEqual(kinds(own), [["conflict", "engine.maxModelLen"]]);
  assert.deepEqual(wrong({ shape: short, engine: { maxModelLen: 4096 } }), []);
  for (const stretched of [
    { args: { "hf-overrides": { rope_scaling: {} } } },
    { env: { VLLM_ALLOW_LONG_MAX_MODEL_LEN: "1" } },
  ])
    assert.deepEqual(wrong({ shape: short, engine: { maxModelLen: 4097, ...stretched } }), []);
});
