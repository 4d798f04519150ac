import assert from "node:assert/strict";
import { test } from "node:test";
import type { ModelShape } from "../../../planning/fit/batch.ts";
import type { FitInput } from "../../../planning/fit/memory.ts";
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

test("formats that leave attention in 16 bits: mxfp4 always, nvfp4 where it is latent, the others never", () => {
  const { shape } = shapes.llama70b;
  const table = 128256 * 8192;
  // 80 layers: queries and output of 64 heads, keys and values of 8, of 128 each
  const attention = 80 * 2 * 8192 * 128 * (64 + 8);
  const bytes = (quantization: ModelShape["quantization"], more: Partial<ModelShape> = {}) =>
    known(one("llama70b", "H100", { shape: { ...shape, quantization, ...more } })).weightsBytes;
  const plain = (per: number, whole: number) => 4 * table + 2 * whole + (70.55e9 - 2 * table - whole) * per;
  assert.equal(bytes("mxfp4"), plain(0.53125, attention) * 1.06);
  assert.equal(bytes("nvfp4"), plain(0.5625, 0));
  // Twice the output projection, of 128 a head whatever the hidden size.
  const latent = { latentSize: 576, headSize: undefined };
  assert.equal(bytes("nvfp4", latent), plain(0.5625, 80 * 2 * 8192 * 64 * 128));
  assert.equal(bytes("nvfp4", { ...latent, headSize: 256 }), plain(0.5625, 80 * 2 * 8192 * 64 * 256));
  for (const [format, per] of [["fp8", 1] as const, ["int8", 1] as const, ["int4", 0.51953125] as const])
    assert.equal(bytes(format, latent), plain(per, 0), format);
});
