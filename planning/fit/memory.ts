import { batchDefaults, blockTokens, logitCopies, overheadGib, stepWidths } from "../../catalogue/vllm/memory.ts";
import type { EffectiveModel } from "../../config/settings.ts";

export const gib = 2 ** 30;
/** Bytes as a person reads them: `15.3 GiB`. */
export const inGib = (bytes: number): string => `${(bytes / gib).toFixed(1)} GiB`;

/** Facts of a model's `config.json`, and of its weights. */
export type ModelShape = NonNullable<EffectiveModel["shape"]>;

/** A model, the GPUs of one pod, and how vLLM is told to use them. */
export interface FitInput {
  shape: ModelShape;
  /** A name of the catalogue, and its memory in GiB as CUDA gives it (`Gpu.cudaGib`). */
  gpu: { product: string; cudaGib: number };
  tensorParallelSize: number;
  pipelineParallelSize: number;
  /** 0 to 1. */
  gpuMemoryUtilization: number;
  /** Tokens; by default the model's own context. */
  maxModelLen?: number;
  /** By default vLLM's, by the GPU. */
  maxNumSeqs?: number;
  /** Tokens of one step; by default vLLM's, by the GPU. */
  maxNumBatchedTokens?: number;
  /** As `--dtype` takes it; by default 16 bits. */
  dtype?: string;
  /** As `--kv-cache-dtype` takes it; by default as wide as `dtype`. */
  kvCacheDtype?: string;
  /** `--cpu-offload-gb`: GiB of each GPU's weights that stay in the host's memory. */
  cpuOffloadGib?: number;
  /** `--enforce-eager`: no CUDA graphs. */
  enforceEager?: boolean;
}

/** Bytes of a value of weights, activations and KV cache: vLLM converts what is not quantised to `--dtype`. */
export const wordBytes = ({ dtype = "auto" }: FitInput): number => (/^float(32)?$/.test(dtype) ? 4 : 2);

/** Bytes on one GPU beside weights and KV cache: the trial step's peak, libraries, CUDA graphs. */
export function overheadBytes(input: FitInput): number {
  const { shape, tensorParallelSize, pipelineParallelSize, enforceEager } = input;
  const { tokens, sequences } = batch(input);
  const width = stepWidths.shared + stepWidths.split / tensorParallelSize;
  const step = tokens * shape.hiddenSize * width * wordBytes(input);
  const sampling = Math.min(sequences, tokens) * (shape.vocabularySize ?? 0) * 4 * logitCopies;
  const together = tensorParallelSize * pipelineParallelSize > 1 ? overheadGib.communication : 0;
  const graphs = enforceEager ? 0 : overheadGib.graphs;
  return (overheadGib.base + together + graphs) * gib + Math.max(step, sampling);
}

/** Tokens of one step, and sequences in one batch. */
export function batch({ gpu, maxNumBatchedTokens, maxNumSeqs }: FitInput): { tokens: number; sequences: number } {
  const defaults = batchDefaults(gpu);
  return {
    tokens: maxNumBatchedTokens ?? defaults.maxNumBatchedTokens,
    sequences: maxNumSeqs ?? defaults.maxNumSeqs,
  };
}

/** Bytes that one token takes in the KV cache of one layer on one GPU. */
function tokenBytes(input: FitInput): number {
  const { shape, tensorParallelSize, kvCacheDtype = "auto" } = input;
  const { attentionHeads, keyValueHeads = attentionHeads, hiddenSize, latentSize } = shape;
  const { headSize = hiddenSize / attentionHeads } = shape;
  const bytes = kvCacheDtype === "auto" ? wordBytes(input) : /^(fp|int)8/.test(kvCacheDtype) ? 1 : 2;
  return (latentSize ?? 2 * Math.ceil(keyValueHeads / tensorParallelSize) * headSize) * bytes;
}

/** Bytes that one sequence of so many tokens takes in the KV cache, on one GPU of the fullest pipeline stage. */
export function sequenceBytes(input: FitInput, tokens: number): number {
  const { shape, pipelineParallelSize } = input;
  const { size, layers } = shape.slidingWindow ?? { size: 0, layers: 0 };
  const blocks = (count: number) => Math.ceil(count / blockTokens);
  const stage = (count: number) => Math.ceil(count / pipelineParallelSize);
  // A window's layers keep it and the step that is being reckoned, which may begin within a block.
  const kept = Math.min(blocks(tokens), blocks(size - 1 + batch(input).tokens) + 1);
  const held = stage(shape.layers - layers) * blocks(tokens) + stage(layers) * kept;
  return held * blockTokens * tokenBytes(input);
}
