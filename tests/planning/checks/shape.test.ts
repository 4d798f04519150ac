import assert from "node:assert/strict";
import { test } from "node:test";
import type { Tree } from "../../../config/tree.ts";
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
  assert.deepEqual(wrong({ shape: { ...shape, attentionLayers: 37 } }), [
    `vllm:shape.attentionLayers ${file}: is 37, more than the model's layers (36)`,
  ]);
  assert.deepEqual(wrong({ shape: { ...shape, attentionLayers: 9, slidingWindow } }), [
    `vllm:shape.slidingWindow.layers ${file}: is 100, more than the model's layers of attention (9)`,
  ]);
  assert.deepEqual(wrong({ shape: { ...shape, attentionLayers: 99, slidingWindow } }).length, 1);
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

const stretch =
  "engine.args.hf-overrides: {rope_parameters: {…}, max_position_embeddings: …}, with the whole of rope_parameters: rope_type, the model's own rope_theta, factor and original_max_position_embeddings";

test("a context longer than the model's, with what stretches it", () => {
  const short = { ...shape, parameters: "8.19B", contextLength: 4096 };
  const own = { shape: short, engine: { maxModelLen: 4097 } };
  assert.deepEqual(wrong(own), [
    `vllm:engine.maxModelLen ${file}: is 4097, longer than the model's context (shape.contextLength: 4096), which vLLM refuses; a model that can be stretched takes ${stretch}`,
  ]);
  assert.deepEqual(kinds(own), [["conflict", "engine.maxModelLen"]]);
  assert.deepEqual(wrong({ shape: short, engine: { maxModelLen: 4096 } }), []);
});

/** A model of 8192 tokens, what is written, and the longest context that vLLM 0.32.0 took. */
const contexts: readonly [Tree, number][] = [
  [{}, 8192],
  [{ args: { "hf-overrides": { sliding_window: 128 } } }, 8192],
  [{ args: { "hf-overrides": { max_position_embeddings: 16_384 } } }, 16_384],
  [{ args: { "hf-overrides": '{"max_position_embeddings": 12000}' } }, 12_000],
  [{ args: { "hf-overrides": { max_position_embeddings: 4096 } } }, 4096],
  [{ args: { "hf-overrides": { seq_length: 4096 } } }, 4096],
  [{ args: { "hf-overrides": { model_max_length: 16_384 } } }, 16_384],
  [{ args: { "hf-overrides": { rope_parameters: { rope_type: "linear", factor: 4, rope_theta: 1e6 } } } }, 32_768],
  [{ args: { "hf-overrides": { rope_parameters: { rope_type: "dynamic", factor: 2, rope_theta: 1e6 } } } }, 16_384],
  [
    {
      args: {
        "hf-overrides": {
          max_position_embeddings: 16_384,
          rope_parameters: { rope_type: "linear", factor: 2, rope_theta: 1e6 },
        },
      },
    },
    32_768,
  ],
  ...["yarn", "llama3", "longrope", "default"].map((rope_type): [Tree, number] => [
    {
      args: {
        "hf-overrides": {
          rope_parameters: { rope_type, factor: 4, rope_theta: 1e6, original_max_position_embeddings: 8192 },
        },
      },
    },
    8192,
  ]),
  [
    {
      args: {
        "hf-overrides": {
          rope_parameters: { rope_type: "yarn", factor: 4, rope_theta: 1e6, original_max_position_embeddings: 8192 },
          max_position_embeddings: 32_768,
        },
      },
    },
    32_768,
  ],
  [{ args: { "hf-overrides": { original_max_position_embeddings: 16_384 } } }, 8192],
  [{ args: { "hf-overrides": { text_config: { max_position_embeddings: 16_384 } } } }, 16_384],
  [{ args: { "hf-overrides": { vision_config: { max_position_embeddings: 1024 } } } }, 8192],
  [{ env: { VLLM_ALLOW_LONG_MAX_MODEL_LEN: "0" } }, 8192],
  [{ env: { VLLM_ALLOW_LONG_MAX_MODEL_LEN: "yes" } }, 8192],
];
for (const [engine, longest] of contexts)
  test(`${JSON.stringify(engine)} makes a context of ${longest}`, () => {
    const told = (maxModelLen: number) =>
      kinds({ shape: { ...shape, contextLength: 8192 }, engine: { ...engine, maxModelLen } });
    assert.deepEqual(told(longest), []);
    assert.deepEqual(told(longest + 1), [["conflict", "engine.maxModelLen"]]);
  });

test("a context that nobody knows, or that is not checked, is not refused", () => {
  const own = (engine: Tree) => ({
    shape: { ...shape, contextLength: 8192 },
    engine: { maxModelLen: 20_000, ...engine },
  });
  for (const allowed of ["1", "true", " TRUE "])
    assert.deepEqual(wrong(own({ env: { VLLM_ALLOW_LONG_MAX_MODEL_LEN: allowed } })), []);
  const layered = {
    full_attention: { rope_type: "linear", factor: 8, rope_theta: 1 },
    sliding: { rope_type: "default", rope_theta: 1 },
  };
  assert.deepEqual(wrong(own({ args: { "hf-overrides": { rope_parameters: layered } } })), []);
});

test("before 0.30.0 vLLM stretched by the factor of yarn itself", () => {
  const rope_parameters = { rope_type: "yarn", factor: 4, rope_theta: 1e6, original_max_position_embeddings: 8192 };
  const own = (version: string, maxModelLen: number) => ({
    shape: { ...shape, contextLength: 8192 },
    engine: { version, maxModelLen, args: { "hf-overrides": { rope_parameters } } },
  });
  assert.deepEqual(wrong(own("0.29.0", 32_768)), []);
  assert.deepEqual(kinds(own("0.29.0", 32_769)), [["conflict", "engine.maxModelLen"]]);
  assert.deepEqual(kinds(own("0.30.0", 8193)), [["conflict", "engine.maxModelLen"]]);
});

test("what overrides make of the context is said", () => {
  const own = {
    shape: { ...shape, contextLength: 8192 },
    engine: { maxModelLen: 16_384, args: { "hf-overrides": { max_position_embeddings: 12_000 } } },
  };
  assert.deepEqual(wrong(own), [
    `vllm:engine.maxModelLen ${file}: is 16384, longer than the 12000 tokens that hf-overrides make of the model's context (shape.contextLength: 8192), which vLLM refuses; write max_position_embeddings there as long as it is to be`,
  ]);
});
