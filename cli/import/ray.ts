import { memoryBytes, quantityOf } from "../../planning/pod/memory.ts";
import type { Model } from "./model.ts";
import type { Place } from "./place.ts";
import { memoryOf } from "./resources.ts";

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

/** What a pod asks for, by the block of Kubernetes where there is one, else by the chart's short keys. */
function asks(owner: Place, what: "cpu" | "memory"): { request: Place; limit: Place } {
  const block = owner.at("resources");
  if (!block.empty) return { request: block.at("requests", what), limit: block.at("limits", what) };
  const name = what === "cpu" ? "CPU" : "Memory";
  return { request: owner.at(`request${name}`), limit: owner.at(`limit${name}`) };
}

/** The pods of a Ray cluster as the one that takes their place: what they ask for in sum, and one replica. */
export function rayPod(model: Model, spec: Place, gpus: number) {
  const { book } = model;
  const head = spec.at("raySpec", "headNode");
  const count = spec.at("replicaCount");
  const workers = count.number ?? 1;
  const inSum = (what: "cpu" | "memory", read: (text: string) => number, write: (sum: number) => string) => {
    const [one, all] = [asks(head, what), asks(spec, what)];
    // CPU has no limit here, and memory's counts where there is one.
    const chosen = [one, all].map(({ request, limit }) => {
      const first = what === "memory" ? limit : request;
      const [taken, left] = first.empty ? [first === limit ? request : limit, first] : [first, first === limit ? request : limit];
      if (!left.empty)
        book.drop(left, what === "cpu" ? "has no counterpart: CPU is requested and has no limit" : `gives way to ${taken.path}`);
      return taken;
    });
    const [ofHead = 0, ofWorker = 0] = chosen.map((place) => (place.empty ? 0 : read(place.text ?? "")));
    const sum = ofHead + workers * ofWorker;
    const isSum = Number.isFinite(sum) && sum > 0;
    for (const place of chosen)
      model.set(place, `resources.${what}`, isSum ? write(sum) : place.value, isSum ? "all pods of the Ray cluster" : undefined);
  };
  inSum("cpu", cpus, (sum) => (Number.isInteger(sum) ? String(sum) : `${Math.ceil(sum * 1000)}m`));
  inSum(
    "memory",
    (text) => memoryBytes(memoryOf(text)),
    (bytes) => quantityOf(bytes),
  );
  const note = "all that the engine shares the model over, in one pod";
  const places = [head, spec].flatMap((owner) => [
    owner.at("requestGPU"),
    owner.at("resources", "requests", "nvidia.com/gpu"),
    owner.at("resources", "limits", "nvidia.com/gpu"),
  ]);
  const said = places.filter((place) => !place.empty);
  if (said.length === 0) model.absent(spec.at("requestGPU"), "gpu.count", gpus, note);
  for (const place of said) model.set(place, "gpu.count", gpus, note);
  model.same(spec.at("requestGPUType"), "gpu.count", "GPUs of NVIDIA");
  model.set(count, "replicas", 1, "the workers of one Ray cluster, which is one server");
  model.same(spec.at("raySpec", "enabled"), "gpu.count", note);
  for (const owner of [head, spec]) {
    book.drop(owner.at("initContainer"), "has no counterpart: a pod has one container");
    for (const part of ["requests", "limits"])
      for (const place of owner.at("resources", part).children)
        if (!book.told(place)) book.drop(place, "has no counterpart: a pod asks for CPU, memory and GPUs");
  }
  for (const place of head.children)
    if (!book.told(place) && place.key !== "resources") book.drop(place, "is the head's of a Ray cluster, and there is none");
}

/** CPUs of a Kubernetes quantity. */
function cpus(text: string): number {
  const [, amount, milli] = /^(\d+(?:\.\d+)?)(m?)$/.exec(text) ?? [];
  return amount === undefined ? Number.NaN : Number(amount) / (milli ? 1000 : 1);
}
