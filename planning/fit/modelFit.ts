import { gpus } from "../../catalogue/gpus.ts";
import { defaultUtilization } from "../../catalogue/vllm/memory.ts";
import type { EffectiveModel } from "../../config/layers/resolve.ts";
import { parallelSizes, type Report } from "../checks/model.ts";
import { type ArgumentValue, readSize } from "../engine/vllm/flagValue.ts";
import { engineBytes, memoryBytes, type PodMemory } from "../pod/memory.ts";
import { formatProblems } from "./capability.ts";
import { checkFit, describeMisfit, type Fit, uncheckedHint } from "./fit.ts";
import {
  divisibilityProblem,
  type FitInput,
  gib,
  inGib,
  type ModelShape,
  sequenceBytes,
  weightsBytes,
} from "./modelMemory.ts";

/** The fit of a model on its GPUs, or on a CPU in its pod's memory; or why it was not checked. */
export type ModelFit = ({ checked: true } & Fit) | { checked: false; reason: string };

const wrong: ModelFit = { checked: false, reason: "the settings are wrong" };

/** Plans the fit of one model; says what is wrong with its shape, and where it does not fit. */
export function modelFit(model: EffectiveModel, memory: PodMemory, report: Report): ModelFit {
  const { gpu, engine } = model;
  const [dtype, kvCacheDtype] = [text(engine.args.dtype), text(engine.args["kv-cache-dtype"])];
  const refused = gpu.count > 0 ? formatProblems({ ...model.shape, dtype, kvCacheDtype }, gpu.product ?? "") : [];
  for (const { path, message } of refused) report(path, message, ["gpu"]);
  if (!model.shape)
    return { checked: false, reason: "shape is not set: the facts of the model's config.json tell whether it fits" };
  const shape = shapeOf(model, report);
  const { tensor, pipeline } = parallelSizes(model);
  if (!shape || !Number.isInteger(tensor) || refused.length > 0) return wrong;
  if (pipeline > shape.layers)
    report(
      "engine.pipelineParallelSize",
      `is ${pipeline}, more stages than the model has layers (shape.layers: ${shape.layers})`,
      ["shape.layers"],
    );

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
  if (heads || pipeline > shape.layers) return wrong;
  const flag = unreckoned(model);
  if (flag)
    return { checked: false, reason: `engine.args.${flag} changes the memory in a way that is not reckoned here` };

  const input: FitInput = {
    shape,
    gpu: { product: gpu.product ?? "", cudaGib: gpus[gpu.product ?? ""]?.cudaGib ?? 0 },
    tensorParallelSize: tensor,
    pipelineParallelSize: pipeline,
    gpuMemoryUtilization: engine.gpuMemoryUtilization ?? defaultUtilization,
    maxModelLen: engine.maxModelLen,
    maxNumSeqs: engine.maxNumSeqs,
    maxNumBatchedTokens: readSize(String(engine.args["max-num-batched-tokens"] ?? "")),
    dtype,
    kvCacheDtype,
    cpuOffloadGib: Number(String(engine.args["cpu-offload-gb"] ?? 0).replaceAll("_", "")),
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

/** KV caches whose size is one value of 8 or 16 bits for each of a head: the others pack them, with scales of their own. */
const plainCache = /^(auto|bfloat16|float16|fp8|fp8_e4m3|fp8_e5m2|fp8_inc|(fp8|int8)_per_token_head)$/;

/**
 * The flag, if one stands there, that changes what weights and KV cache take by more than is known here. Others only
 * move what is outside the GPU (`kv-offloading-size`), or do nothing without one of these (`max-loras`).
 */
function unreckoned({ engine, shape }: EffectiveModel): string | undefined {
  const { args } = engine;
  const is = (flag: string, plain: RegExp) => typeof args[flag] === "object" || !plain.test(String(args[flag] ?? ""));
  const off = /^(|0|false|None)$/;
  const changing: Record<string, boolean> = {
    ...Object.fromEntries(sizing.map((flag) => [flag, is(flag, off)])),
    quantization: shape?.quantization === undefined && is("quantization", /^(|None|fp8)$/),
    // Most formats refuse it; those that take it keep some of the weights in it.
    dtype: (shape?.quantization ?? args.quantization) !== undefined && !is("dtype", /^float(32)?$/),
    "kv-cache-dtype": args["kv-cache-dtype"] !== undefined && is("kv-cache-dtype", plainCache),
    "decode-context-parallel-size": is("decode-context-parallel-size", /^(|1)$/),
    "offload-backend": is("offload-backend", /^(|auto|uva)$/),
  };
  return Object.keys(changing).find((flag) => changing[flag]);
}

const sizing = [
  "kv-cache-memory-bytes",
  "num-gpu-blocks-override",
  "kv-cache-dtype-skip-layers",
  "speculative-config",
  "spec-method",
  "spec-model",
  "enable-lora",
  "quantization-config",
  "cpu-offload-params",
  "offload-group-size",
  "mm-ipc-gpu-memory-gb",
];

/** The shape with what the engine is told to make of it. */
function shapeOf({ shape = {}, engine }: EffectiveModel, report: Report): ModelShape | undefined {
  const missing = (["layers", "hiddenSize", "attentionHeads"] as const).filter((key) => shape[key] === undefined);
  const needs =
    "the fit needs layers, hiddenSize, attentionHeads, and parameters or weightBytes; leave shape out to go without";
  for (const key of missing) report(`shape.${key}`, `is not set; ${needs}`);
  const sized = shape.parameters !== undefined || shape.weightBytes !== undefined;
  if (!sized) report("shape.parameters", `is not set; ${needs}`, ["shape.weightBytes"]);
  const { layers, hiddenSize, attentionHeads, keyValueHeads, headSize, latentSize, slidingWindow } = shape;
  for (const key of ["size", "layers"] as const)
    if (slidingWindow && slidingWindow[key] === undefined)
      report(`shape.slidingWindow.${key}`, "is not set; a window needs its size and the number of its layers");
  if (!sized || layers === undefined || hiddenSize === undefined || attentionHeads === undefined) return undefined;
  const odd: [string, string, string[]][] = [];
  // Attention in vLLM serves each key-value head to a whole number of attention heads.
  if (keyValueHeads !== undefined && attentionHeads % keyValueHeads !== 0)
    odd.push(["keyValueHeads", `is ${keyValueHeads}, which must divide attentionHeads (${attentionHeads})`, []]);
  if (headSize === undefined && latentSize === undefined && hiddenSize % attentionHeads !== 0)
    odd.push([
      "headSize",
      `is not set, and hiddenSize ÷ attentionHeads (${hiddenSize} ÷ ${attentionHeads}) is not whole; correct them, or set headSize to the model's head_dim`,
      ["shape.hiddenSize"],
    ]);
  if (slidingWindow?.layers !== undefined && slidingWindow.layers > layers)
    odd.push(["slidingWindow.layers", `is ${slidingWindow.layers}, more than the model's layers (${layers})`, []]);
  for (const [key, message, needs] of odd)
    report(`shape.${key}`, message, ["shape.layers", "shape.attentionHeads", ...needs]);
  if (odd.length > 0) return undefined;
  // vLLM can quantise to 8 bits while it loads.
  const quantized = shape.quantization ?? (engine.args.quantization === "fp8" ? "fp8" : undefined);
  // Without the hybrid KV cache manager all layers keep the whole context (docs of vLLM 0.32, `SchedulerConfig`).
  const window =
    slidingWindow?.size && slidingWindow.layers && engine.args["disable-hybrid-kv-cache-manager"] !== true
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
  cpuOffloadGib: 0,
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

function describeCpuMisfit(fit: Fit): string {
  return `the model does not fit: ${inGib(fit.missingBytes)} are missing (weights ${inGib(fit.weightsBytes)}, engine ${inGib(fit.overheadBytes)}, KV cache ${inGib(fit.kvCacheBytes)}, a quarter of the memory, of which one sequence of ${fit.context} tokens takes ${inGib(fit.sequenceBytes)}; the pod has ${inGib(fit.memoryBytes)}); more resources.memory, or a smaller engine.maxModelLen; ${uncheckedHint}`;
}

const text = (value: ArgumentValue | undefined) => (typeof value === "string" ? value : undefined);
