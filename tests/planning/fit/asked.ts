import assert from "node:assert/strict";
import { type Gpu, gpus } from "../../../catalogue/gpus.ts";
import { checkFit, type Fit } from "../../../planning/fit/gpuFit.ts";
import type { FitInput } from "../../../planning/fit/memory.ts";
import { otherGpus } from "../../data/modelFits.ts";
import { shapes } from "../../data/modelShapes.ts";

/** Well-known models on GPUs, for the tests of the fit. */

export type ShapeName = keyof typeof shapes;

const catalogue: Readonly<Record<string, Gpu>> = gpus;

/** A GPU of the catalogue, or of a report. */
export const gpu = (product: string): FitInput["gpu"] => ({
  product,
  cudaGib: catalogue[product]?.cudaGib ?? (otherGpus[product] as number),
});

/** A model on one GPU. */
export const one = (model: ShapeName, product: string, more: Partial<FitInput> = {}): FitInput => ({
  shape: shapes[model].shape,
  gpu: gpu(product),
  tensorParallelSize: 1,
  pipelineParallelSize: 1,
  gpuMemoryUtilization: 0.9,
  ...more,
});

/** A fit of which all is known. */
export function known(input: FitInput): Fit {
  const fit = checkFit(input);
  assert.ok(fit);
  return fit;
}
