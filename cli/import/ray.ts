import { memoryBytes, quantityOf } from "../../planning/pod/memory.ts";
import type { Model } from "./model.ts";
import type { Place } from "./place.ts";
import { memoryOf, shortKeys } from "./resources.ts";

/** GPUs that one pod can have. */
const most = 8;

/** Whether a model of production-stack is one server over the pods of a Ray cluster: a head, and `replicaCount` workers. */
export const isRay = (spec: Place): boolean => spec.at("raySpec", "enabled").on;

/** Why a Ray cluster is no pod of this program; nothing where one pod can hold its GPUs. `gpus` are what its engine shares the model over. */
export const rayTooLarge = (spec: Place, gpus: number): string | undefined =>
  gpus > most
    ? `is one server on ${gpus} GPUs, over ${pods(spec)} pods of a Ray cluster (${spec.at("raySpec").path}): a model here runs in one pod, which has at most ${most} GPUs, so it is not taken over`
    : undefined;

const pods = (spec: Place) => 1 + (spec.at("replicaCount").number ?? 1);

/** What a pod asks for, by the block of Kubernetes where there is one, else by the chart's short keys: what counts here, and the other. */
function asks(owner: Place, what: "cpu" | "memory"): [counts: Place, other: Place] {
  const block = owner.at("resources");
  const name = what === "cpu" ? "CPU" : "Memory";
  const [request, limit] = block.empty
    ? [owner.at(`request${name}`), owner.at(`limit${name}`)]
    : [block.at("requests", what), block.at("limits", what)];
  // Of CPU it is the request, of memory the limit.
  const pair: [Place, Place] = what === "cpu" ? [request, limit] : [limit, request];
  return pair[0].empty ? [pair[1], pair[0]] : pair;
}

/** The pods of a Ray cluster as the one that takes their place: what they ask for in sum, and one replica. */
export function rayPod(model: Model, spec: Place, gpus: number) {
  const { book } = model;
  const head = spec.at("raySpec", "headNode");
  const count = spec.at("replicaCount");
  const inSum = (what: "cpu" | "memory", read: (text: string) => number, write: (sum: number) => string) => {
    const both = [asks(head, what), asks(spec, what)];
    const [ofHead = 0, ofWorker = 0] = both.map(([place]) => (place.empty ? 0 : read(place.text ?? "")));
    const sum = ofHead + (count.number ?? 1) * ofWorker;
    for (const [counts, other] of both) {
      // What cannot be read is refused as it stands.
      if (sum > 0) model.set(counts, `resources.${what}`, write(sum), "of all pods of the Ray cluster");
      else model.set(counts, `resources.${what}`);
      book.drop(other, `gives way to ${counts.path}: here it is one figure`);
    }
  };
  inSum("cpu", cpus, (sum) => (Number.isInteger(sum) ? String(sum) : `${Math.ceil(sum * 1000)}m`));
  inSum("memory", (text) => memoryBytes(memoryOf(text)), quantityOf);
  const note = "all that the engine shares the model over, in one pod";
  const places = [head, spec].flatMap((owner) =>
    owner.at("resources").empty
      ? [owner.at("requestGPU")]
      : ["requests", "limits"].map((part) => owner.at("resources", part, "nvidia.com/gpu")),
  );
  const said = places.filter((place) => !place.empty);
  if (said.length === 0) model.absent(spec.at("requestGPU"), "gpu.count", gpus, note);
  for (const place of said) model.set(place, "gpu.count", gpus, note);
  if (spec.at("resources").empty) model.same(spec.at("requestGPUType"), "gpu.count", "GPUs of NVIDIA");
  model.set(count, "replicas", 1, "the workers of one Ray cluster, which is one server");
  model.same(spec.at("raySpec", "enabled"), "gpu.count", note);
  const rest = (place: Place, reason: string): void => {
    if (book.told(place)) return;
    if (place.children.length === 0) book.drop(place, reason);
    for (const inner of place.children) rest(inner, reason);
  };
  for (const owner of [head, spec]) {
    if (!owner.at("resources").empty) shortKeys(model, owner);
    rest(owner.at("resources"), "has no counterpart: a pod asks for CPU, memory and GPUs");
  }
  rest(head, "is the head's of a Ray cluster, and there is none");
}

/** CPUs of a Kubernetes quantity. */
function cpus(text: string): number {
  const [, amount, milli] = /^(\d+(?:\.\d+)?)(m?)$/.exec(text) ?? [];
  return amount === undefined ? Number.NaN : Number(amount) / (milli ? 1000 : 1);
}
