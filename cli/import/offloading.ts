import type { Model } from "./model.ts";
import type { Place } from "./place.ts";

const sizeFlag = ["engine", "args", "kv-offloading-size"];

/** What of LMCache has no counterpart, by its keys. */
const others: readonly [RegExp, string][] = [
  [/^diskOffloading/, "has no counterpart: no KV cache goes to a disk"],
  [
    /^(enableController|instanceId|controller|worker|p2p)/,
    "is for LMCache's controller, and there is none: no router here knows which pod holds what",
  ],
  [
    /^(nixl|enableNixl|enablePD|kvRole|cudaVisibleDevices)/,
    "hands the KV cache from one server to another, which no server here does",
  ],
];

/**
 * KV cache offloading: LMCache's buffer in memory has a counterpart in vLLM itself, the rest of LMCache has none.
 * The chart's size is one of each worker's, vLLM's is the sum over all of them.
 */
export function lmcache(model: Model, place: Place) {
  const { book } = model;
  if (place.empty) return book.noop(place);
  if (!place.at("enabled").on) return book.drop(place, "is switched off (enabled is not true)");
  const size = place.at("cpuOffloadingBufferSize");
  const gpus = Number(model.written("gpu.count") ?? 1);
  // The template takes what is below 1 for none.
  const gib = Math.trunc(size.number ?? 0);
  if (gib > 0 && gpus > 0) {
    model.set(size, sizeFlag, gib * gpus, gpus > 1 ? `${gib} GiB a GPU` : undefined);
    model.same(place.at("enabled"), sizeFlag.join("."), "vLLM's own offloading");
  } else if (gib > 0) book.list(size, "offloads the KV cache of a GPU, and the pods have none");
  else {
    book.noop(size);
    book.drop(
      place.at("enabled"),
      "offloads nothing without cpuOffloadingBufferSize; engine.args: kv-offloading-size does",
    );
  }
  if (place.at("kvRole").text === "kv_both") book.noop(place.at("kvRole"));
  for (const part of place.children)
    if (!book.told(part)) {
      const [, reason] = others.find(([pattern]) => pattern.test(part.key)) ?? [];
      book.drop(part, reason ?? "is LMCache's; vLLM's own offloading to memory takes its place");
    }
}
