import { defaultUtilization } from "../../catalogue/vllm/memory.ts";
import type { EffectiveModel } from "../../config/settings.ts";
import { Asked } from "../engine/vllm/asked.ts";
import type { ArgumentValue } from "../engine/vllm/flagValue.ts";
import { numberOf } from "../engine/vllm/numbers.ts";
import { contextLimit } from "../engine/vllm/relations/context.ts";
import { parallelSizes } from "../pod/gpu.ts";
import { batchInput, type ModelShape } from "./batch.ts";
import type { FitInput } from "./memory.ts";

/** What the fit of a model is reckoned from. */
export function fitInput(model: EffectiveModel, given: ModelShape): FitInput {
  const { engine } = model;
  const { tensor, pipeline } = parallelSizes(model);
  return {
    ...batchInput(model),
    shape: asServed(model, given),
    tensorParallelSize: tensor,
    pipelineParallelSize: pipeline,
    gpuMemoryUtilization: engine.gpuMemoryUtilization ?? defaultUtilization,
    ...formatsOf(model),
    cpuOffloadGib: Math.max(0, numberOf(engine.args["cpu-offload-gb"]) ?? 0),
    enforceEager: engine.args["enforce-eager"] === true,
  };
}

/** The formats that flags ask for. */
export const formatsOf = ({ engine }: EffectiveModel): Pick<FitInput, "dtype" | "kvCacheDtype"> => ({
  dtype: text(engine.args.dtype),
  kvCacheDtype: text(engine.args["kv-cache-dtype"]),
});

const text = (value: ArgumentValue | undefined) => (typeof value === "string" ? value : undefined);

/** The shape with what the engine is told to make of it. */
function asServed(model: EffectiveModel, given: ModelShape): ModelShape {
  const { args } = model.engine;
  const limit = contextLimit(new Asked(model), given.contextLength ?? Infinity);
  const shape = Number.isFinite(limit) ? { ...given, contextLength: limit } : given;
  // Without the hybrid KV cache manager all layers keep the whole context (docs of vLLM 0.32, `SchedulerConfig`).
  const { slidingWindow, ...rest } = shape;
  const windowed = args["disable-hybrid-kv-cache-manager"] === true ? rest : shape;
  // vLLM can quantise to 8 bits while it loads.
  const quantized = shape.quantization === undefined && args.quantization === "fp8";
  return quantized ? { ...windowed, quantization: "fp8", weightBytes: undefined } : windowed;
}

/** KV caches whose size is one value of 8 or 16 bits for each of a head: the others pack them, with scales of their own. */
const plainCache = /^(auto|bfloat16|float16|fp8|fp8_e4m3|fp8_e5m2|fp8_inc|(fp8|int8)_per_token_head)$/;

/**
 * The flag, if one stands there, that changes what weights and KV cache take by more than is known here. Others only
 * move what is outside the GPU (`kv-offloading-size`), or do nothing without one of these (`max-loras`).
 */
export function unreckoned({ engine, shape }: EffectiveModel): string | undefined {
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
