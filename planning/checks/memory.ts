import { gib } from "../../catalogue/units.ts";
import type { EffectiveModel } from "../../config/settings.ts";
import { hostDemand } from "../engine/vllm/hostMemory.ts";
import { offloadingProblem } from "../engine/vllm/kvOffloading.ts";
import { isInteger, numberOf } from "../engine/vllm/numbers.ts";
import { oversized } from "../engine/vllm/sizes.ts";
import { uncheckedHint } from "../fit/gpuFit.ts";
import { hostNeeds } from "../fit/hostNeeds.ts";
import { inGib } from "../fit/memory.ts";
import {
  type LeastMemory,
  leastMemory,
  leastShared,
  type MemoryInput,
  type MemoryPart,
  memoryBytes,
  type PodMemory,
  podMemory,
  quantityOf,
} from "../pod/memory.ts";
import type { Report } from "./report.ts";

const spaceVariable = "VLLM_CPU_KVCACHE_SPACE";

/** Parts a pod's memory, or says what it is too little for. `limit` is a Kubernetes quantity. */
export function checkMemory(
  model: EffectiveModel,
  limit: string,
  streamed: boolean,
  report: Report,
): PodMemory | undefined {
  const { engine, gpu, resources } = model;
  const tooLarge = oversized(model);
  for (const { path, finding } of tooLarge) report(path, finding);
  if (tooLarge.length > 0) return undefined;
  const refused = offloadingProblem(model);
  if (refused) {
    report(`engine.args.${refused.flag}`, { kind: "conflict", reason: refused.reason });
    return undefined;
  }
  const needs = hostNeeds(model);
  const demand = hostDemand(model, needs);
  // Text that is no whole number is told elsewhere, and then nothing is reckoned with it.
  const space = engine.env[spaceVariable] ?? "";
  const kvCacheGib = gpu.count === 0 && isInteger(space) ? numberOf(space) : undefined;
  const input: MemoryInput = {
    ...{ limit, gpus: gpu.count, streamed, needs, demand },
    shm: resources.shm,
    kvCacheGib,
  };
  if (tooLittle(input, report)) return undefined;
  return podMemory(input);
}

/** Says which of the settings is too little, if one is. */
function tooLittle(input: MemoryInput, report: Report): boolean {
  const { limit, gpus, shm, kvCacheGib, demand, needs } = input;
  if (shm !== undefined && memoryBytes(shm) < leastShared(input)) {
    const reason = `less than what lies in it (${listed(demand.shared)}); at least ${quantityOf(leastShared(input))}`;
    report("resources.shm", { kind: "conflict", found: shm, reason }, ["engine", "gpu"]);
    tooLittle({ ...input, shm: quantityOf(leastShared(input)) }, report);
    return true;
  }
  const all = memoryBytes(limit);
  const path = ["engine", "env", spaceVariable];
  if (kvCacheGib !== undefined && kvCacheGib < 1) {
    report(path, { kind: "conflict", found: kvCacheGib, reason: "no space for a KV cache; at least 1, in GiB" });
    return true;
  }
  const [least, asked] = [leastMemory({ ...input, kvCacheGib: undefined }), leastMemory(input)];
  if (asked.bytes <= all) return false;
  if (least.bytes <= all) {
    const left = Math.floor((all - asked.bytes) / gib) + (kvCacheGib ?? 0);
    const reason = `more than resources.memory has left (${listed(asked.parts)}); at most ${left}, or resources.memory of at least ${quantityOf(asked.bytes)}`;
    report(path, { kind: "conflict", found: kvCacheGib, reason }, ["resources", "gpu", "shape"]);
    return true;
  }
  const needed = ["shape", "engine", "gpu", "resources"];
  if (gpus === 0 && needs.weights !== undefined) {
    report("resources.memory", { kind: "fit", reason: misfit(asked, all) }, needed);
    return true;
  }
  const reason = `too little for vLLM (${listed(asked.parts)}); at least ${quantityOf(asked.bytes)}`;
  report("resources.memory", { kind: "conflict", found: limit, reason }, ["engine", "gpu"]);
  return true;
}

const misfit = ({ bytes, parts }: LeastMemory, all: number) =>
  `the model does not fit: ${inGib(bytes - all)} are missing (${listed(parts)}; the pod has ${inGib(all)}); at least ${quantityOf(bytes)}, or a smaller model; ${uncheckedHint}`;

const listed = (parts: readonly MemoryPart[]) => parts.map(({ part, bytes }) => `${part} ${inGib(bytes)}`).join(", ");
