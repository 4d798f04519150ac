import type { EffectiveModel } from "../../config/settings.ts";
import type { PodMemory } from "../pod/memory.ts";
import type { ModelShape } from "./batch.ts";
import { cpuFit, describeCpuMisfit } from "./cpuFit.ts";
import { checkFit, describeMisfit, type Fit } from "./gpuFit.ts";
import { fitInput, unreckoned } from "./input.ts";

/** The fit of a model on its GPUs, or on a CPU in its pod's memory; or why it was not checked. */
export type ModelFit = ({ checked: true } & Fit) | { checked: false; reason: string };

/** Reckons the fit of a model whose shape is right. On a CPU it needs `memory`, the pod's. */
export function fitOf(model: EffectiveModel, shape: ModelShape, memory?: PodMemory): ModelFit {
  const flag = unreckoned(model);
  if (flag) return notChecked(`engine.args.${flag} changes the memory in a way that is not reckoned here`);
  const input = fitInput(model, shape);
  const fit = model.gpu.count > 0 ? checkFit(input) : memory && cpuFit(input, memory);
  if (!fit) return notChecked(noContext(model));
  return { checked: true, ...inWholeBytes(fit) };
}

const noContext = ({ engine }: EffectiveModel): string =>
  engine.maxModelLen === "auto"
    ? "shape.contextLength is not set: engine.maxModelLen: auto is at most the model's own context"
    : "neither engine.maxModelLen nor shape.contextLength is set: there is no context";

export const notChecked = (reason: string): ModelFit => ({ checked: false, reason });

/** How far off a model is that does not fit, and what would fit. */
export const misfit = (fit: Fit): string => (fit.gpus > 0 ? describeMisfit(fit) : describeCpuMisfit(fit));

const inWholeBytes = (fit: Fit): Fit => ({
  ...fit,
  memoryBytes: Math.round(fit.memoryBytes),
  usableBytes: Math.round(fit.usableBytes),
  weightsBytes: Math.round(fit.weightsBytes),
  overheadBytes: Math.round(fit.overheadBytes),
  kvCacheBytes: Math.round(fit.kvCacheBytes),
  sequenceBytes: Math.round(fit.sequenceBytes),
  missingBytes: Math.round(fit.missingBytes),
});
