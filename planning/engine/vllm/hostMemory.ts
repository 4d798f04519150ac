import { gpus } from "../../../catalogue/gpus.ts";
import { gib, mib } from "../../../catalogue/units.ts";
import {
  compiledKernels,
  grammarCacheMib,
  inputCacheGib,
  largestTensor,
  offloadsToSharedMemory,
  pinnedRounding,
  queues,
  tensorArena,
} from "../../../catalogue/vllm/hostMemory.ts";
import type { EffectiveModel } from "../../../config/settings.ts";
import { isTree } from "../../../config/tree.ts";
import { unreckoned as changesFit } from "../../fit/input.ts";
import { productOf } from "../../pod/gpu.ts";
import type { HostDemand, HostNeeds, MemoryPart } from "../../pod/memory.ts";
import { isOn, treeOf } from "./flagValue.ts";
import { offloadedKv } from "./kvOffloading.ts";
import { numberOf } from "./numbers.ts";
import { compareVersions } from "./version.ts";

/** Flags whose memory does not follow from the settings: the values that take some, and what lies there. */
const unknown: Readonly<Record<string, { when?: RegExp; reason: string }>> = {
  "aux-output-config": { reason: "the outputs that it keeps lie in memory" },
  "distributed-executor-backend": { when: /^ray$/, reason: "Ray's object store lies in /dev/shm" },
  "ec-manager-config": { reason: "its cache of encoder outputs may lie in memory" },
  "ec-transfer-config": { reason: "its connector's buffers may lie in memory" },
  "enable-lora": { reason: "adapters lie in memory, as many as max-cpu-loras says" },
  "enable-return-routed-experts": { reason: "the outputs that it keeps lie in memory" },
  "engram-config": { reason: "the model's n-gram tables lie in pinned memory" },
  "mm-tensor-ipc": { when: /^torch_shm$/, reason: "inputs pass through /dev/shm" },
  "profiler-config": { reason: "a profile lies in memory until it is written" },
  "safetensors-load-strategy": { when: /^(eager|torchao)$/, reason: "whole files are read into memory" },
};

/** Flags that only a multimodal model has a use for. */
const multimodal =
  /^(mm-|media-io-kwargs$|limit-mm-per-prompt$|enable-mm-embeds$|interleave-mm-strings$|video-pruning-|skip-mm-profiling$)/;

/** Variables that make NCCL's buffers in the host's memory larger. */
const ncclBuffers = /^NCCL_.*(BUFFSIZE|CHANNELS|CTAS)$/;

/** Whether each GPU has a process of its own, beside the engine core's. */
const hasWorkers = ({ engine, gpu }: EffectiveModel) =>
  gpu.count > 1 || (gpu.count === 1 && engine.args["distributed-executor-backend"] === "mp");

/** What flags and variables make vLLM keep in the host's memory, and what of it nobody can know. */
export function hostDemand(model: EffectiveModel, needs: HostNeeds): HostDemand {
  const { args, env, secretEnv, version } = model.engine;
  const workers = hasWorkers(model);
  const demand: HostDemand = { workers, shared: [], held: [], unreckoned: [], perhaps: [] };
  const { shared, held, unreckoned } = demand;
  const add = (list: MemoryPart[], part: MemoryPart["part"], bytes: number) => {
    if (bytes > 0) list.push({ part, bytes });
  };

  if (workers) {
    const chunkMib = Math.max(queues.chunkMib, numberOf(env.VLLM_MQ_MAX_CHUNK_BYTES_MB) ?? 0);
    const toWorkers = queues.chunks * chunkMib * mib;
    const { count } = model.gpu;
    const together = count > 1 ? queues.group + count * queues.nccl : 0;
    shared.push({ part: "queues", bytes: toWorkers + count * queues.perWorker + together });
    if (isOn(args["enable-shm-tensor-arena"])) shared.push({ part: "tensor arena", bytes: tensorArena });
  }
  const kv = offloadedKv(model);
  add(shared, "KV offloading", kv.shared);
  add(held, "KV offloading", kv.held);
  unreckoned.push(...kv.unreckoned);
  if (kv.shared > 0 && compareVersions(version, offloadsToSharedMemory) < 0) {
    const reason = `before ${offloadsToSharedMemory} offloading may take twice its size, pinned`;
    unreckoned.push({ setting: "engine.version", reason });
  }

  const offloaded = offloadedWeights(model, needs);
  if (offloaded === undefined)
    unreckoned.push({ setting: "engine.args.offload-group-size", reason: "how large the layers are is not known" });
  else {
    add(held, "offloaded weights", offloaded);
    add(held, "pinned rounding", (pinnedRounding - 1) * offloaded);
  }

  inputCache(model, demand);
  add(held, "grammar cache", ((numberOf(env.VLLM_XGRAMMAR_CACHE_MB) ?? 0) - grammarCacheMib) * mib);

  for (const [flag, { when, reason }] of Object.entries(unknown))
    if (isOn(args[flag]) && (when?.test(String(args[flag])) ?? true))
      unreckoned.push({ setting: `engine.args.${flag}`, reason });
  const changing = model.gpu.count === 0 ? changesFit(model) : undefined;
  if (changing !== undefined && !Object.hasOwn(unknown, changing))
    unreckoned.push({ setting: `engine.args.${changing}`, reason: "changes what weights and KV cache take" });
  compilers(model, demand);
  for (const name of Object.keys(env))
    if (workers && ncclBuffers.test(name))
      unreckoned.push({ setting: `engine.env.${name}`, reason: "changes NCCL's buffers in memory" });
  for (const name of Object.keys(secretEnv))
    if (reckonedVariables.has(name) || ncclBuffers.test(name))
      unreckoned.push({
        setting: `engine.secretEnv.${name}`,
        reason: "is secret, so that nothing is reckoned with it",
      });
  return demand;
}

const reckonedVariables = new Set([
  "VLLM_CPU_KVCACHE_SPACE",
  "VLLM_MQ_MAX_CHUNK_BYTES_MB",
  "VLLM_USE_SIMPLE_KV_OFFLOAD",
  "VLLM_XGRAMMAR_CACHE_MB",
]);

/**
 * Bytes of weights in pinned memory before it is rounded, over all GPUs; undefined where they hang on weights that are not known
 * (`create_offloader` in vllm/model_executor/offloader/base.py says which of the two ways it is).
 */
function offloadedWeights({ engine, gpu, shape }: EffectiveModel, { weights }: HostNeeds): number | undefined {
  const { args } = engine;
  const group = numberOf(args["offload-group-size"]) ?? 0;
  const backend = args["offload-backend"] ?? "auto";
  if (gpu.count === 0) return 0;
  if (backend === "prefetch" || (backend === "auto" && group > 0)) {
    if (group <= 0) return 0;
    if (weights === undefined || shape === undefined) return undefined;
    const inGroup = numberOf(args["offload-num-in-group"]) ?? 1;
    const share = Math.min(1, (Math.ceil(shape.layers / group) * inGroup) / shape.layers);
    return gpu.count * weights * share;
  }
  const wanted = (numberOf(args["cpu-offload-gb"]) ?? 0) * gib;
  if (wanted <= 0) return 0;
  // It ends with the tensor that reaches the size (`UVAOffloader`), which is at most a layer.
  const last = weights !== undefined && shape ? weights / shape.layers : largestTensor;
  return gpu.count * Math.min(wanted + last, weights ?? Infinity);
}

/** The cache of a multimodal model's inputs, where the model is known to be one. */
function inputCache({ engine: { args } }: EffectiveModel, { shared, held, perhaps }: HostDemand): void {
  const size = (numberOf(args["mm-processor-cache-gb"]) ?? inputCacheGib) * gib;
  if (size <= 0 || args["language-model-only"] === true) return;
  if (!Object.keys(args).some((flag) => multimodal.test(flag) && isOn(args[flag]) && !allZero(args[flag]))) {
    const reason = `a multimodal model keeps up to ${size / gib} GiB of its inputs in memory; it is counted where this is set`;
    perhaps.push({ setting: "engine.args.mm-processor-cache-gb", reason, bytes: size });
  } else if (args["mm-processor-cache-type"] === "shm") shared.push({ part: "input cache", bytes: size + mib });
  else held.push({ part: "input cache", bytes: size });
}

/** The compilers of kernels, where a GPU may have them at the start: what they take is free again when it serves. */
function compilers(model: EffectiveModel, { perhaps }: HostDemand): void {
  const product = productOf(model);
  if (!product || gpus[product].computeCapability < compiledKernels.from) return;
  const jobs = numberOf(model.engine.env.MAX_JOBS) ?? compiledKernels.compilers;
  const reason = `${product} may have kernels compiled at the start, which takes some 6 GiB a compiler; fewer than ${compiledKernels.compilers} at once need less`;
  perhaps.push({ setting: "engine.env.MAX_JOBS", reason, bytes: jobs * compiledKernels.each });
}

/** Limits of inputs by their kind, each a number or a group with a `count`, that take none of any. */
const allZero = (value: unknown) =>
  Object.values(treeOf(value) ?? { none: 1 }).every((limit) => (isTree(limit) ? limit.count : limit) === 0);
