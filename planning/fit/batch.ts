import { gpus } from "../../catalogue/gpus.ts";
import { batchDefaults, throughputFactor } from "../../catalogue/vllm/memory.ts";
import type { EffectiveModel } from "../../config/settings.ts";
import { readSize } from "../../config/sizes.ts";
import { productOf } from "../pod/gpu.ts";

/** Facts of a model's `config.json`, and of its weights. */
export type ModelShape = NonNullable<EffectiveModel["shape"]>;

/** What decides the size of a batch. */
export interface BatchInput {
  /** Only where a step takes whole prompts. */
  shape?: ModelShape;
  /** A name of the catalogue, and its memory in GiB as CUDA gives it (`Gpu.cudaGib`); 0 on a CPU. */
  gpu: { product: string; cudaGib: number };
  /** Tokens; by default the model's own context. `auto` is as much of that as fits. */
  maxModelLen?: number | "auto";
  /** By default vLLM's, by the hardware. */
  maxNumSeqs?: number;
  /** Tokens of one step; by default vLLM's, by the hardware. */
  maxNumBatchedTokens?: number;
  /** `--performance-mode throughput`: vLLM's own defaults are doubled. */
  throughput?: boolean;
  /** `--no-enable-chunked-prefill`: a step takes whole prompts. */
  wholePrompts?: boolean;
}

/** The context that is asked for, in tokens: with `auto` it is the model's own, of which less may come out. */
export const askedContext = ({ maxModelLen, shape }: Pick<BatchInput, "maxModelLen" | "shape">): number | undefined =>
  maxModelLen === "auto" ? shape?.contextLength : (maxModelLen ?? shape?.contextLength);

/** Tokens of one step, and sequences in one batch, as vLLM takes them (`EngineArgs` of 0.32). */
export function batch(input: BatchInput): { tokens: number; sequences: number } {
  const defaults = batchDefaults(input.gpu);
  const factor = input.throughput ? throughputFactor : 1;
  const step = defaults.maxNumBatchedTokens * factor;
  // A prompt of a context that is not known has as many tokens as may be.
  const whole = input.wholePrompts ? (askedContext(input) ?? Infinity) : 0;
  const tokens = input.maxNumBatchedTokens ?? Math.max(step, whole);
  return { tokens, sequences: input.maxNumSeqs ?? Math.min(defaults.maxNumSeqs * factor, tokens) };
}

/** What a model's settings say of the size of a batch. */
export function batchInput(model: EffectiveModel): Omit<BatchInput, "shape"> {
  const { engine } = model;
  const product = productOf(model);
  const tokens = readSize(String(engine.args["max-num-batched-tokens"] ?? ""));
  return {
    gpu: product ? { product, cudaGib: gpus[product].cudaGib } : { product: "none", cudaGib: 0 },
    maxModelLen: engine.maxModelLen,
    maxNumSeqs: engine.maxNumSeqs,
    maxNumBatchedTokens: Number.isSafeInteger(tokens) ? tokens : undefined,
    throughput: engine.args["performance-mode"] === "throughput",
    wholePrompts: engine.args["enable-chunked-prefill"] === false,
  };
}

/** Tokens of one step, and sequences in one batch, of a model with a shape or without. */
export const batchOf = (model: EffectiveModel): { tokens: number; sequences: number } =>
  batch({ ...batchInput(model), shape: model.shape });
