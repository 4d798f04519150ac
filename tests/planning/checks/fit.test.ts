import assert from "node:assert/strict";
import { test } from "node:test";
import type { Tree } from "../../../config/tree.ts";
import { file, kinds, variantOf, wrong } from "../given.ts";

const fitOf = (own: Tree) => variantOf(own).facts.fit;
const shape = {
  parameters: "8.19B",
  layers: 36,
  hiddenSize: 4096,
  attentionHeads: 32,
  keyValueHeads: 8,
  headSize: 128,
};

test("the fit: refused where the model does not fit, told how far off and what would fit", () => {
  const engine = { maxModelLen: 8192 };
  assert.equal(fitOf({ shape, engine }).checked, true);
  const [problem = "", ...others] = wrong({ shape, engine, gpu: { product: "T4" } });
  assert.deepEqual(others, []);
  assert.match(
    problem,
    /^vllm:gpu\.product \(Pulumi\.prod\.yaml\): the model does not fit: \d+\.\d GiB a GPU are missing \(weights 15\.3 GiB, .*; it would fit with 2 × T4 or 1 × /,
  );
  assert.deepEqual(kinds({ shape, engine, gpu: { product: "T4" } }), [["fit", "gpu.product"]]);
  const [longer = ""] = wrong({ shape, engine: { maxModelLen: 40_000 } });
  assert.match(
    longer,
    /it would fit with engine\.maxModelLen at most \d+, or with engine\.args\.kv-cache-dtype: fp8, or with/,
  );
  assert.deepEqual(wrong({ shape, engine: { maxModelLen: 30_000, args: { "kv-cache-dtype": "fp8" } } }), []);
  assert.deepEqual(wrong({ shape, engine, gpu: { product: "T4", count: 2 } }), []);
});

test("the fit in a CPU pod's memory", () => {
  const own = { shape, gpu: { count: 0 }, engine: { maxModelLen: 4096 } };
  assert.match(
    wrong(own)[0] ?? "",
    /^vllm:resources\.memory \(Pulumi\.prod\.yaml\): the model does not fit: \d+\.\d GiB are missing/,
  );
  assert.deepEqual(kinds(own), [["fit", "resources.memory"]]);
  const fit = fitOf({ ...own, resources: { memory: "49603Mi" } });
  assert.ok(fit.checked && fit.fits && fit.product === "none" && fit.gpus === 0);
});

test("without a shape, or a context, the plan says that the fit was not checked", () => {
  assert.deepEqual(fitOf({}), {
    checked: false,
    reason: "shape is not set: the facts of the model's config.json tell whether it fits",
  });
  assert.deepEqual(fitOf({ shape }), {
    checked: false,
    reason: "neither engine.maxModelLen nor shape.contextLength is set: there is no context",
  });
});

test("formats that vLLM has no kernels for before Ampere are refused on T4, with a shape or without", () => {
  const onT4 = (args: Tree, more?: Tree, product = "T4") => ({
    gpu: { product, count: 2 },
    engine: { maxModelLen: 1024, args },
    ...(more ? { shape: { ...shape, parameters: 4e9, contextLength: 32_768, ...more } } : {}),
  });
  const needs = "needs a GPU of compute capability 8.0 (Ampere) or later, which T4 is not";
  assert.deepEqual(wrong(onT4({}, { quantization: "mxfp4" })), [
    `vllm:shape.quantization ${file}: is mxfp4, whose kernels in vLLM ${needs}`,
  ]);
  assert.deepEqual(kinds(onT4({}, { quantization: "mxfp4" })), [["fit", "shape.quantization"]]);
  for (const more of [undefined, {}])
    assert.deepEqual(wrong(onT4({ dtype: "bfloat16" }, more)), [
      `vllm:engine.args.dtype ${file}: is bfloat16, which ${needs}; use float16 or auto`,
    ]);
  assert.deepEqual(kinds(onT4({ dtype: "bfloat16" })), [["fit", "engine.args.dtype"]]);
  for (const value of ["fp8", "fp8_e4m3", "bfloat16"])
    assert.deepEqual(wrong(onT4({ "kv-cache-dtype": value })), [
      `vllm:engine.args.kv-cache-dtype ${file}: is ${value}, which ${needs}; use float16 or auto`,
    ]);
  for (const quantization of ["fp8", "int8", "int4", "nvfp4"]) assert.deepEqual(wrong(onT4({}, { quantization })), []);
  // The model's own bfloat16 becomes float16 there.
  assert.deepEqual(wrong(onT4({ dtype: "auto" }, { dtype: "bfloat16" })), []);
  const all = { dtype: "bfloat16", "kv-cache-dtype": "fp8" };
  for (const product of ["L4", "A10G"])
    assert.deepEqual(wrong({ ...onT4(all, { quantization: "mxfp4" }, product), gpu: { product, count: 1 } }), []);
  assert.deepEqual(wrong({ ...onT4(all), gpu: { count: 0 } }), []);
});
