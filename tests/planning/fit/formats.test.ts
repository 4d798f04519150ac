import assert from "node:assert/strict";
import { test } from "node:test";
import { capabilityOf, formatProblems } from "../../../planning/fit/formats.ts";
import { checkFit } from "../../../planning/fit/gpuFit.ts";
import type { FitInput } from "../../../planning/fit/memory.ts";

test("the compute capability of a product, and of none", () =>
  assert.deepEqual([capabilityOf("T4"), capabilityOf("L4"), capabilityOf("none")], [7.5, 8.9, 0]));

test("each format that is refused is told at the setting that asks for it", () => {
  const formats = { quantization: "mxfp4", dtype: "bfloat16", kvCacheDtype: "fp8" };
  assert.deepEqual(
    formatProblems(formats, "T4").map(({ path, finding: { kind, found } }) => [path, kind, found]),
    [
      ["shape.quantization", "fit", "mxfp4"],
      ["engine.args.dtype", "fit", "bfloat16"],
      ["engine.args.kv-cache-dtype", "fit", "fp8"],
    ],
  );
  assert.deepEqual(formatProblems(formats, "A100-40GB"), []);
  assert.deepEqual(formatProblems({}, "T4"), []);
});

test("no T4 is proposed for a format that it cannot run", () => {
  const shape = { layers: 36, hiddenSize: 4096, attentionHeads: 32, keyValueHeads: 8, headSize: 128 };
  const onT4 = (more: Partial<FitInput>) =>
    checkFit({
      shape: { ...shape, contextLength: 32_768, parameters: 13e9 },
      gpu: { product: "L4", cudaGib: 22 },
      tensorParallelSize: 1,
      pipelineParallelSize: 1,
      gpuMemoryUtilization: 0.9,
      ...more,
    })?.wouldFit?.gpus.some(({ product }) => product === "T4");
  assert.equal(onT4({}), true);
  assert.equal(onT4({ dtype: "float16", kvCacheDtype: "float16" }), true);
  for (const more of [{ dtype: "bfloat16" }, { kvCacheDtype: "fp8" }]) assert.equal(onT4(more), false);
});
