import { resolveSettings } from "../../config/settings.ts";
import { isStreamed } from "../../planning/engine/vllm/delivery.ts";
import { hostDemand } from "../../planning/engine/vllm/hostMemory.ts";
import { hostNeeds } from "../../planning/fit/hostNeeds.ts";
import { leastMemory, memoryBytes, quantityOf } from "../../planning/pod/memory.ts";
import type { Model } from "./model.ts";
import type { Place } from "./place.ts";

/**
 * Raises a memory request that has no limit to what the server needs at the least, `/dev/shm` with the offloaded KV cache
 * in it included: such a request did not bound the old pod, and here it is the limit. A limit stays as it is.
 */
export function raiseMemory(model: Model, request: Place, limit: Place) {
  const asked = model.written("resources.memory");
  if (!limit.empty || typeof asked !== "string") return;
  const tree = structuredClone(model.book.settings);
  const { settings, problems } = resolveSettings({
    stack: "",
    sources: [{ name: "values", file: "", prefix: "", tree }],
  });
  const own = settings.models.find(({ name }) => name === model.name);
  if (!own || problems.some(({ key }) => /engine\.(args|env)/.test(key))) return;
  const needs = hostNeeds(own);
  const { bytes } = leastMemory({
    ...{ limit: asked, gpus: own.gpu.count, streamed: isStreamed(own), needs, demand: hostDemand(own, needs) },
    ...(own.resources.shm === undefined ? {} : { shm: own.resources.shm }),
  });
  if (!(bytes > memoryBytes(asked))) return;
  model.amend(
    request,
    "resources.memory",
    quantityOf(bytes),
    `raised from ${asked}: it is the limit too, and less is too little for vLLM`,
  );
}
