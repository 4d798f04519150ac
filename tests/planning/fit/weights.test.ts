import assert from "node:assert/strict";
import { test } from "node:test";
import type { FitInput, ModelShape } from "../../../planning/fit/memory.ts";
import { shapes } from "../../data/modelShapes.ts";
import { known, one } from "./asked.ts";

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
