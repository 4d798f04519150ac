import type { EffectiveModel } from "../config/resolve.ts";
import { parallelSizes, type Report } from "./checks.ts";
import { gpus } from "./data/gpus.ts";
import { defaultUtilization } from "./data/vllmMemory.ts";
import { checkFit, describeMisfit, type Fit } from "./fit.ts";
import type { ArgumentValue } from "./flagValue.ts";
import { engineBytes, memoryBytes, type PodMemory } from "./memory.ts";
import {
  divisibilityProblem,
  type FitInput,
  gib,
  type ModelShape,
  sequenceBytes,
  weightsBytes,
} from "./modelMemory.ts";

/** The fit of a model on its GPUs, or on a CPU in its pod's memory; or why it was not checked. */
export type ModelFit = ({ checked: true } & Fit) | { checked: false; reason: string };

/** Plans the fit of one model; says what is wrong with its shape, and where it does not fit. */
export function modelFit(model: EffectiveModel, memory: PodMemory, report: Report): ModelFit {
  const { gpu, engine } = model;
  if (!model.shape)
    return { checked: false, reason: "shape is not set: the facts of the model's config.json tell whether it fits" };
  const shape = shapeOf(model, report);
  const { tensor, pipeline } = parallelSizes(model);
  if (!shape || !Number.isInteger(tensor)) return { checked: false, reason: "the settings are wrong" };

  const heads = divisibilityProblem(shape, tensor);
  if (heads)
    report(engine.tensorParallelSize === undefined ? "gpu.count" : "engine.tensorParallelSize", heads, [
      "shape",
      "gpu.count",
      "engine.pipelineParallelSize",
    ]);
  const stretched = engine.args["hf-overrides"] !== undefined || engine.env.VLLM_ALLOW_LONG_MAX_MODEL_LEN !== undefined;
  if (engine.maxModelLen && shape.contextLength && engine.maxModelLen > shape.contextLength && !stretched)
    report(
      "engine.maxModelLen",
      `is ${engine.maxModelLen}, longer than the model's context (shape.contextLength: ${shape.contextLength}), which vLLM refuses; a model that can be stretched takes engine.args.hf-overrides`,
      ["shape"],
    );
  if (heads) return { checked: false, reason: "the settings are wrong" };

  const input: FitInput = {
    shape,
    gpu: { product: gpu.product ?? "", cudaGib: gpus[gpu.product ?? ""]?.cudaGib ?? 0 },
    tensorParallelSize: tensor,
    pipelineParallelSize: pipeline,
    gpuMemoryUtilization: engine.gpuMemoryUtilization ?? defaultUtilization,
    maxModelLen: engine.maxModelLen,
    maxNumSeqs: engine.maxNumSeqs,
    maxNumBatchedTokens: count(engine.args["max-num-batched-tokens"]),
    kvCacheDtype: text(engine.args["kv-cache-dtype"]),
    enforceEager: engine.args["enforce-eager"] === true,
  };
  const fit = gpu.count > 0 ? checkFit(input) : cpuFit(input, memory);
  if (!fit)
    return { checked: false, reason: "neither engine.maxModelLen nor shape.contextLength is set: there is no context" };
  if (!fit.fits)
    report(
      gpu.count > 0 ? "gpu.product" : "resources.memory",
      gpu.count > 0 ? describeMisfit(fit) : describeCpuMisfit(fit),
      ["shape", "engine", "gpu", "resources"],
    );
  return { checked: true, ...rounded(fit) };
}

const rounded = (fit: Fit): Fit =>
  Object.fromEntries(
    Object.entries(fit).map(([key, value]) => [key, typeof value === "number" ? Math.round(value) : value]),
  ) as unknown as Fit;

/** Bytes of a model's weights as they are stored, where its shape tells. */
export function weightsOf({ shape }: EffectiveModel): number | undefined {
  return shape?.layers && shape.hiddenSize && shape.attentionHeads
    ? weightsBytes({ ...onCpu, shape: shape as ModelShape })
    : undefined;
}

/** The shape with what the engine is told to make of it. */
function shapeOf({ shape = {}, engine }: EffectiveModel, report: Report): ModelShape | undefined {
  const missing = (["layers", "hiddenSize", "attentionHeads"] as const).filter((key) => shape[key] === undefined);
  const needs =
    "the fit needs layers, hiddenSize, attentionHeads, and parameters or weightBytes; leave shape out to go without";
  for (const key of missing) report(`shape.${key}`, `is not set; ${needs}`);
  const sized = shape.parameters !== undefined || shape.weightBytes !== undefined;
  if (!sized) report("shape.parameters", `is not set; ${needs}`, ["shape.weightBytes"]);
  const { layers, hiddenSize, attentionHeads, slidingWindow } = shape;
  for (const key of ["size", "layers"] as const)
    if (slidingWindow && slidingWindow[key] === undefined)
      report(`shape.slidingWindow.${key}`, "is not set; a window needs its size and the number of its layers");
  if (!sized || layers === undefined || hiddenSize === undefined || attentionHeads === undefined) return undefined;
  // vLLM can quantise to 8 bits while it loads.
  const quantized = shape.quantization ?? (engine.args.quantization === "fp8" ? "fp8" : undefined);
  const window =
    slidingWindow?.size && slidingWindow.layers
      ? { size: slidingWindow.size, layers: slidingWindow.layers }
      : undefined;
  const whole = { ...shape, layers, hiddenSize, attentionHeads, slidingWindow: window };
  return quantized === shape.quantization ? whole : { ...whole, quantization: quantized, weightBytes: undefined };
}

/** What the reckoning of a CPU takes from the one of a GPU. */
const onCpu = {
  gpu: { product: "none", cudaGib: 0 },
  tensorParallelSize: 1,
  pipelineParallelSize: 1,
  gpuMemoryUtilization: 1,
};

/** On a CPU weights, KV cache and engine share the pod's memory. */
function cpuFit(input: FitInput, memory: PodMemory): Fit | undefined {
  const context = input.maxModelLen ?? input.shape.contextLength;
  const whole: FitInput = { ...input, ...onCpu };
  const weights = weightsBytes(whole);
  if (context === undefined || weights === undefined) return undefined;
  const memoryOfPod = memoryBytes(memory.limit);
  const overheadBytes = engineBytes + (memory.streamerBytes ?? 0);
  const kvCacheBytes = (memory.kvCacheGib ?? 0) * gib;
  const needed = sequenceBytes(whole, context);
  const missingBytes = Math.max(
    0,
    weights + overheadBytes + Math.max(kvCacheBytes, needed) - memoryOfPod,
    needed - kvCacheBytes,
  );
  return {
    fits: missingBytes === 0,
    product: "none",
    gpus: 0,
    memoryBytes: memoryOfPod,
    usableBytes: memoryOfPod,
    weightsBytes: weights,
    overheadBytes,
    kvCacheBytes,
    context,
    sequenceBytes: needed,
    fullSequences: Math.floor(kvCacheBytes / needed),
    maxNumSeqs: input.maxNumSeqs ?? cpuSequences,
    longestContext: Math.min(
      Math.floor((kvCacheBytes / needed) * context),
      Math.max(context, input.shape.contextLength ?? 0),
    ),
    missingBytes,
  };
}

/** Sequences in a batch by default on a CPU (`EngineArgs.get_batch_defaults` of vLLM 0.32). */
const cpuSequences = 256;

const inGib = (bytes: number) => `${(bytes / gib).toFixed(1)} GiB`;

function describeCpuMisfit(fit: Fit): string {
  return `the model does not fit: ${inGib(fit.missingBytes)} are missing (weights ${inGib(fit.weightsBytes)}, engine ${inGib(fit.overheadBytes)}, KV cache ${inGib(fit.kvCacheBytes)}, a quarter of the memory, of which one sequence of ${fit.context} tokens takes ${inGib(fit.sequenceBytes)}; the pod has ${inGib(fit.memoryBytes)}); more resources.memory, or a smaller engine.maxModelLen`;
}

const text = (value: ArgumentValue | undefined) => (typeof value === "string" ? value : undefined);

/** A count as vLLM reads it: `8192`, `8k` (thousands), `8K` (1024s). */
function count(value: ArgumentValue | undefined): number | undefined {
  const [, digits, suffix = ""] = /^(\d+(?:\.\d+)?)([kmgKMG]?)$/.exec(String(value ?? "")) ?? [];
  const factors: Record<string, number> = { "": 1, k: 1e3, m: 1e6, g: 1e9, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };
  return digits === undefined ? undefined : Math.floor(Number(digits) * (factors[suffix] ?? 1));
}
