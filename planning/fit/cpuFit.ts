import { gib } from "../../catalogue/units.ts";
import { type MemoryPart, memoryBytes, type PodMemory } from "../pod/memory.ts";
import { batch } from "./batch.ts";
import { type Fit, uncheckedHint } from "./gpuFit.ts";
import { contextOf, type FitInput, inGib, longestContext, sequenceBytes } from "./memory.ts";
import { undivided, weightsBytes } from "./weights.ts";

/**
 * On a CPU weights, engine and KV cache share the pod's memory, which is parted so that they fit; what is left to see is
 * whether a KV cache of the size that the user says holds a sequence.
 */
export function cpuFit(input: FitInput, memory: PodMemory): Fit | undefined {
  const whole: FitInput = { ...input, ...undivided };
  const weights = weightsBytes(whole);
  const kvCacheBytes = (memory.kvCacheGib ?? 0) * gib;
  const context = contextOf(whole, kvCacheBytes);
  if (context === undefined || weights === undefined) return undefined;
  const memoryOfPod = memoryBytes(memory.limit);
  const bytesOf = (name: MemoryPart["part"]) => memory.parts.find(({ part }) => part === name)?.bytes ?? 0;
  const needed = sequenceBytes(whole, context);
  const missingBytes = Math.max(0, needed - kvCacheBytes);
  return {
    fits: missingBytes === 0,
    product: "none",
    gpus: 0,
    memoryBytes: memoryOfPod,
    usableBytes: memoryOfPod,
    weightsBytes: weights,
    overheadBytes: memoryOfPod - weights - bytesOf("KV cache") - bytesOf("rest"),
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
  const space = Math.ceil(fit.sequenceBytes / gib);
  return `the model does not fit: a KV cache of ${inGib(fit.kvCacheBytes)} does not hold one sequence of ${fit.context} tokens, which takes ${inGib(fit.sequenceBytes)}; at least ${space}, or a smaller engine.maxModelLen; ${uncheckedHint}`;
}
