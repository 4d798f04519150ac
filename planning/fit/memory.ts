import { gib } from "../../catalogue/units.ts";
import { blockTokens, layerState, logitCopies, overheadGib, stepWidths } from "../../catalogue/vllm/memory.ts";
import { askedContext, type BatchInput, batch, type ModelShape } from "./batch.ts";

/** Bytes as a person reads them: `15.3 GiB`. */
export const inGib = (bytes: number): string => `${(bytes / gib).toFixed(1)} GiB`;

/** A model, the GPUs of one pod, and how vLLM is told to use them. */
export interface FitInput extends BatchInput {
  shape: ModelShape;
  tensorParallelSize: number;
  pipelineParallelSize: number;
  /** 0 to 1. */
  gpuMemoryUtilization: number;
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

/** Bytes that one token takes in the KV cache of one layer on one GPU. */
function tokenBytes(input: FitInput): number {
  const { shape, tensorParallelSize, kvCacheDtype = "auto" } = input;
  const { attentionHeads, keyValueHeads = attentionHeads, hiddenSize, latentSize } = shape;
  const { headSize = hiddenSize / attentionHeads } = shape;
  const bytes = kvCacheDtype === "auto" ? wordBytes(input) : /^(fp|int)8/.test(kvCacheDtype) ? 1 : 2;
  return (latentSize ?? 2 * Math.ceil(keyValueHeads / tensorParallelSize) * headSize) * bytes;
}

/** Tokens of one block: beside layers that keep a state, as many as take what the state of one layer takes. */
function tokensOfBlock(input: FitInput): number {
  const { shape, tensorParallelSize } = input;
  if ((shape.attentionLayers ?? shape.layers) === shape.layers) return blockTokens;
  const state = (shape.hiddenSize * layerState.bytes) / tensorParallelSize;
  return Math.max(1, Math.ceil(state / (blockTokens * tokenBytes(input)))) * blockTokens;
}

/** Bytes that one sequence of so many tokens takes in the KV cache, on one GPU of the fullest pipeline stage. */
export function sequenceBytes(input: FitInput, tokens: number): number {
  const { shape, pipelineParallelSize } = input;
  const { attentionLayers = shape.layers } = shape;
  const { size, layers } = shape.slidingWindow ?? { size: 0, layers: 0 };
  const ofBlock = tokensOfBlock(input);
  const blocks = (count: number) => Math.ceil(count / ofBlock);
  const stage = (count: number) => Math.ceil(count / pipelineParallelSize);
  // A window's layers keep it and the step that is being reckoned, which may begin within a block.
  const kept = Math.min(blocks(tokens), blocks(size - 1 + batch(input).tokens) + 1);
  const states = stage(shape.layers - attentionLayers) * layerState.blocks;
  const held = stage(attentionLayers - layers) * blocks(tokens) + stage(layers) * kept + states;
  return held * ofBlock * tokenBytes(input);
}

/** The most tokens, up to a limit, whose sequence fits into so many bytes: whole blocks, found by halving. */
export function longestContext(input: FitInput, bytes: number, limit: number): number {
  let [low, high] = [0, Math.ceil(limit / blockTokens)];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (sequenceBytes(input, middle * blockTokens) <= bytes) low = middle;
    else high = middle - 1;
  }
  return Math.min(limit, low * blockTokens);
}

/**
 * The context that comes out, in tokens, where so many bytes are left for the KV cache: with `auto` what fits of the
 * model's own (`_auto_fit_max_model_len` in vllm/v1/core/kv_cache_utils.py), or a single token, which vLLM refuses to
 * go below. Undefined where none is known.
 */
export function contextOf(input: FitInput, bytes: number): number | undefined {
  const asked = askedContext(input);
  if (asked === undefined || input.maxModelLen !== "auto") return asked;
  return Math.max(1, longestContext(input, bytes, asked));
}
