import type { EffectiveModel } from "../../config/settings.ts";
import { leastMemory, type PodMemory, podMemory } from "../pod/memory.ts";
import type { Report } from "./report.ts";

/** Parts a pod's memory, or says that it is too little. `limit` is a Kubernetes quantity. */
export function checkMemory(
  { engine, gpu }: EffectiveModel,
  limit: string,
  streamed: boolean,
  report: Report,
): PodMemory | undefined {
  const kvCacheGib = Number(engine.env.VLLM_CPU_KVCACHE_SPACE) || undefined;
  const memory = podMemory(limit, gpu.count, streamed, kvCacheGib);
  const reason = `too little for vLLM and its shared memory; at least ${leastMemory(gpu.count)}`;
  if (!memory) report("resources.memory", { kind: "conflict", found: limit, reason });
  return memory;
}
