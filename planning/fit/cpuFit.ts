import { engineBytes, memoryBytes, type PodMemory } from "../pod/memory.ts";
import { type Fit, uncheckedHint } from "./gpuFit.ts";
import { batch, contextOf, type FitInput, gib, inGib, longestContext, sequenceBytes } from "./memory.ts";
import { undivided, weightsBytes } from "./weights.ts";

/** On a CPU weights, KV cache and engine share the pod's memory. */
export function cpuFit(input: FitInput, memory: PodMemory): Fit | undefined {
  const whole: FitInput = { ...input, ...undivided };
  const weights = weightsBytes(whole);
  const kvCacheBytes = (memory.kvCacheGib ?? 0) * gib;
  const context = contextOf(whole, kvCacheBytes);
  if (context === undefined || weights === undefined) return undefined;
  const memoryOfPod = memoryBytes(memory.limit);
  const overheadBytes = engineBytes + (memory.streamerBytes ?? 0);
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
    ...(input.maxModelLen === "auto" ? { auto: true } : {}),
    sequenceBytes: needed,
    fullSequences: Math.floor(kvCacheBytes / needed),
    maxNumSeqs: batch(whole).sequences,
    longestContext: longestContext(whole, kvCacheBytes, Math.max(context, input.shape.contextLength ?? 0)),
    missingBytes,
  };
}

export function describeCpuMisfit(fit: Fit): string {
  return `the model does not fit: ${inGib(fit.missingBytes)} are missing (weights ${inGib(fit.weightsBytes)}, engine ${inGib(fit.overheadBytes)}, KV cache ${inGib(fit.kvCacheBytes)}, a quarter of the memory, of which one sequence of ${fit.context} tokens takes ${inGib(fit.sequenceBytes)}; the pod has ${inGib(fit.memoryBytes)}); more resources.memory, or a smaller engine.maxModelLen; ${uncheckedHint}`;
}
