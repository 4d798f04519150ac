import { type GpuProduct, gpuProducts, gpus } from "../../catalogue/gpus.ts";
import { gib } from "../../catalogue/units.ts";
import { instancesFor } from "../pod/gpu.ts";
import { batch } from "./batch.ts";
import { capabilityOf, formatProblems } from "./formats.ts";
import { divisibilityProblem } from "./heads.ts";
import { contextOf, type FitInput, inGib, longestContext, overheadBytes, sequenceBytes } from "./memory.ts";
import { weightsBytes } from "./weights.ts";

/** How a model fits its GPUs. All bytes are of one GPU, of the fullest pipeline stage. */
export interface Fit {
  /** Whether vLLM starts: weights and overhead leave room for one sequence of the whole context, with `auto` for one token. */
  fits: boolean;
  product: string;
  /** GPUs of a pod. */
  gpus: number;
  /** What CUDA gives. */
  memoryBytes: number;
  /** What vLLM may take of it: memory × utilisation. */
  usableBytes: number;
  weightsBytes: number;
  /** Activations, CUDA graphs, libraries: an estimate, rather high than low. */
  overheadBytes: number;
  /** What is left for the KV cache; negative where weights and overhead are too much already. */
  kvCacheBytes: number;
  /** Tokens of a sequence that is asked for; with `auto` what comes out, about. */
  context: number;
  /** `engine.maxModelLen: auto`: vLLM makes the context as long as fits. */
  auto?: true;
  /** What one sequence of that context takes in the KV cache. */
  sequenceBytes: number;
  /** Sequences of the whole context that are served at once; more of them wait, which vLLM does not refuse. */
  fullSequences: number;
  /** Sequences that vLLM puts into a batch when they are shorter. */
  maxNumSeqs: number;
  /** Longest context that fits, in tokens; at most the one asked for or the model's own, whichever is longer. */
  longestContext: number;
  /** What is missing; 0 where it fits. */
  missingBytes: number;
  /** Where it does not fit: what would, with all else as it is. */
  wouldFit?: Alternatives;
}

export interface Alternatives {
  /** Products and GPUs a pod that EC2 has, the one asked for first, then by their memory in all. */
  gpus: { product: GpuProduct; count: number }[];
  /** A shorter context, in tokens. */
  maxModelLen?: number;
  /** The KV cache in 8 bits. */
  kvCacheDtype?: "fp8";
  /** As it is, if the model is a hybrid one whose shape does not say so. */
  hybrid?: true;
}

/** One layer in so many has attention in Qwen3-Next, Qwen3.5 and Kimi-Linear; in others fewer have. */
const hybridInterval = 4;
/** A shorter context is not worth proposing. */
const leastContext = 1024;
/** Tensor parallel sizes that are tried: GPUs that EC2's instance types have. */
const counts = [1, 2, 4, 8];

/**
 * Whether a model fits, by the rules by which vLLM refuses to start.
 * @returns undefined where the shape does not tell: no size of the weights, or no context.
 */
export function checkFit(input: FitInput): Fit | undefined {
  const fit = measure(input);
  return fit && !fit.fits ? { ...fit, wouldFit: alternatives(input, fit) } : fit;
}

function measure(input: FitInput): Fit | undefined {
  const { shape, gpu } = input;
  const weights = weightsBytes(input);
  if (weights === undefined) return undefined;
  const memoryBytes = gpu.cudaGib * gib;
  const usableBytes = memoryBytes * input.gpuMemoryUtilization;
  const overhead = overheadBytes(input);
  const kvCacheBytes = usableBytes - weights - overhead;
  const context = contextOf(input, kvCacheBytes);
  if (context === undefined) return undefined;
  const needed = sequenceBytes(input, context);
  const missingBytes = Math.max(0, needed - kvCacheBytes);
  return {
    fits: missingBytes === 0,
    product: gpu.product,
    gpus: input.tensorParallelSize * input.pipelineParallelSize,
    memoryBytes,
    usableBytes,
    weightsBytes: weights,
    overheadBytes: overhead,
    kvCacheBytes,
    context,
    ...(input.maxModelLen === "auto" ? { auto: true } : {}),
    sequenceBytes: needed,
    fullSequences: Math.max(0, Math.floor(kvCacheBytes / needed)),
    maxNumSeqs: batch(input).sequences,
    longestContext: longestContext(input, kvCacheBytes, Math.max(context, shape.contextLength ?? 0)),
    missingBytes,
  };
}

function alternatives(input: FitInput, fit: Fit): Alternatives {
  const fits = (change: Partial<FitInput>) => {
    const other = measure({ ...input, ...change });
    return other?.fits === true && (!other.auto || other.longestContext >= leastContext);
  };
  const found = gpuProducts.flatMap((product) => {
    const gpu = gpus[product];
    const count = counts.find(
      (size) =>
        (product !== fit.product || size > fit.gpus) &&
        instancesFor(gpu, size).length > 0 &&
        formatProblems({ ...input, quantization: input.shape.quantization }, product).length === 0 &&
        divisibilityProblem(input.shape, size) === undefined &&
        fits({ gpu: { product, cudaGib: gpu.cudaGib }, tensorParallelSize: size, pipelineParallelSize: 1 }),
    );
    return count === undefined ? [] : [{ product, count, memory: gpu.cudaGib * count }];
  });
  const place = ({ product, memory }: { product: string; memory: number }) => (product === fit.product ? 0 : memory);
  const eightBits = !/^(fp|int)8/.test(input.kvCacheDtype ?? "") && capabilityOf(fit.product) >= 8.9;
  const plain = input.shape.attentionLayers === undefined && input.shape.slidingWindow === undefined;
  const attentionLayers = Math.ceil(input.shape.layers / hybridInterval);
  return {
    gpus: found.sort((a, b) => place(a) - place(b)).map(({ product, count }) => ({ product, count })),
    ...(fit.longestContext >= leastContext ? { maxModelLen: fit.longestContext } : {}),
    ...(eightBits && fits({ kvCacheDtype: "fp8" }) ? { kvCacheDtype: "fp8" } : {}),
    ...(plain && fits({ shape: { ...input.shape, attentionLayers } }) ? { hybrid: true } : {}),
  };
}

/** What someone may do who knows better: the figures are an estimate. */
export const uncheckedHint = "without shape the fit is not checked";

/** One sentence for a person: how far off a model is that does not fit, and what would fit. */
export function describeMisfit(fit: Fit): string {
  const { wouldFit, product, gpus: count } = fit;
  const parts = `weights ${inGib(fit.weightsBytes)}, engine about ${inGib(fit.overheadBytes)}, KV cache for ${fit.auto ? "a single token" : `one sequence of ${fit.context} tokens`} ${inGib(fit.sequenceBytes)}`;
  const share = `the ${inGib(fit.usableBytes)} that vLLM may take of ${count === 1 ? `one ${product}` : `each of ${count} × ${product}`}`;
  const [first, ...others] = (wouldFit?.gpus ?? []).slice(0, 3).map((one) => `${one.count} × ${one.product}`);
  const ways = [
    ...(wouldFit?.maxModelLen === undefined ? [] : [`engine.maxModelLen at most ${wouldFit.maxModelLen}`]),
    ...(wouldFit?.kvCacheDtype === undefined ? [] : [`engine.args.kv-cache-dtype: ${wouldFit.kvCacheDtype}`]),
    ...(first === undefined ? [] : [[first, ...others].join(" or ")]),
  ];
  const advice = ways.length > 0 ? `it would fit with ${ways.join(", or with ")}` : "no GPU of the catalogue holds it";
  const hybrid = wouldFit?.hybrid
    ? "; a hybrid model fits with shape.attentionLayers, the layers that have attention"
    : "";
  return `the model does not fit: ${inGib(fit.missingBytes)} a GPU are missing (${parts}, of ${share}); ${advice}${hybrid}; ${uncheckedHint}`;
}
