import {
  batchDefaults,
  blockTokens,
  logitCopies,
  mxfp4Padding,
  overheadGib,
  stepWidths,
  storedBytes,
} from "../../catalogue/vllm/memory.ts";

export const gib = 2 ** 30;
/** Bytes as a person reads them: `15.3 GiB`. */
export const inGib = (bytes: number): string => `${(bytes / gib).toFixed(1)} GiB`;

/** Facts of a model's `config.json`, and of its weights. */
export interface ModelShape {
  /** All parameters, of a mixture of experts those of all experts. */
  parameters?: number;
  /** Bytes of the weights as stored; where given, they count instead of `parameters`. */
  weightBytes?: number;
  layers: number;
  hiddenSize: number;
  attentionHeads: number;
  /** By default as many as attention heads. */
  keyValueHeads?: number;
  /** By default hidden size ÷ attention heads. */
  headSize?: number;
  /** `max_position_embeddings`, in tokens. */
  contextLength?: number;
  vocabularySize?: number;
  /** `tie_word_embeddings`: input and output embeddings are one table. */
  tiedEmbeddings?: boolean;
  /** As stored; vLLM reckons in 16 bits by default, float32 models too. */
  dtype?: "bfloat16" | "float16" | "float32";
  /** How the weights are stored. */
  quantization?: "fp8" | "int8" | "int4" | "mxfp4" | "nvfp4";
  /** Of multi-head latent attention: `kv_lora_rank` + `qk_rope_head_dim`, kept once a token and layer on every GPU. */
  latentSize?: number;
  /** Layers that keep only a window, and its size in tokens. */
  slidingWindow?: { size: number; layers: number };
}

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

/** Says which tensor parallel size vLLM refuses for the model's heads, or nothing. */
export function divisibilityProblem(shape: ModelShape, tensorParallelSize: number): string | undefined {
  const { attentionHeads, keyValueHeads = attentionHeads, latentSize } = shape;
  const sizes = divisors(attentionHeads).filter((size) => latentSize !== undefined || divides(keyValueHeads, size));
  if (sizes.includes(tensorParallelSize)) return undefined;
  const heads =
    attentionHeads % tensorParallelSize === 0
      ? `${keyValueHeads} key-value heads`
      : `${attentionHeads} attention heads`;
  return `the model's ${heads} cannot be shared out over ${tensorParallelSize} GPUs; possible are ${sizes.filter((size) => size <= 16).join(", ")}`;
}

const divisors = (number: number) =>
  Array.from({ length: number }, (_, at) => at + 1).filter((by) => number % by === 0);
/** Key-value heads are shared out, or where there are fewer than GPUs, copied. */
const divides = (heads: number, size: number) => heads % size === 0 || size % heads === 0;

/** Bytes of a value of weights, activations and KV cache: vLLM converts what is not quantised to `--dtype`. */
const wordBytes = ({ dtype = "auto" }: FitInput): number => (/^float(32)?$/.test(dtype) ? 4 : 2);

/** Bytes of the weights on one GPU of the fullest pipeline stage; undefined where their size is not known. */
export function weightsBytes(input: FitInput): number | undefined {
  const { shape, tensorParallelSize, pipelineParallelSize, cpuOffloadGib = 0 } = input;
  const {
    parameters,
    weightBytes,
    layers,
    hiddenSize,
    vocabularySize = 0,
    tiedEmbeddings,
    dtype,
    quantization,
  } = shape;
  const word = wordBytes(input);
  const table = vocabularySize * hiddenSize * word;
  const embeddings = tiedEmbeddings ? table : 2 * table;
  const converted = quantization ? 1 : word / (dtype === "float32" ? 4 : 2);
  const total = weightBytes === undefined ? reckoned() : weightBytes * converted;
  if (total === undefined) return undefined;
  const all = total * (quantization === "mxfp4" ? mxfp4Padding : 1);
  const inLayers = Math.max(0, all - embeddings);
  // The first stage has the input embeddings, the last the output's; any may have the most layers.
  const staged = pipelineParallelSize > 1;
  const share = staged ? Math.ceil(layers / pipelineParallelSize) / layers : 1;
  const offGpu = Math.min(cpuOffloadGib * gib, (inLayers * share) / tensorParallelSize);
  return (staged ? inLayers * share + table : all) / tensorParallelSize - offGpu;

  function reckoned(): number | undefined {
    if (parameters === undefined || quantization === undefined) return parameters && parameters * word;
    // Checkpoints leave the embeddings in 16 bits.
    return embeddings + (parameters - embeddings / word) * storedBytes[quantization];
  }
}

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
