import type { ProbeTimes } from "./chartDefaults.ts";
import { gpuCount } from "./gpu.ts";
import type { Asked } from "./hardware.ts";
import type { Model } from "./model.ts";
import type { Place } from "./place.ts";

const units: Readonly<Record<string, number>> = { "": 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12, Ki: 2 ** 10 };

/** A Kubernetes memory quantity in Mi, Gi or Ti; what is in other units is rounded up to Mi. */
export function memoryOf(text: string): string {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(k|M|G|T|Ki)?$/.exec(text) ?? [];
  return amount === undefined ? text : `${Math.ceil((Number(amount) * (units[unit ?? ""] ?? 1)) / 2 ** 20)}Mi`;
}

const becomesLimit = "the limit too, where the values have none";

/** What a pod asks of its node. Memory is requested in full, so its limit counts where there is one. */
export function resources(model: Model, requests: Pick<Place, "at">, limits: Pick<Place, "at">) {
  const { book } = model;
  const cpu = requests.at("cpu");
  const cpuLimit = limits.at("cpu");
  for (const part of [requests, limits])
    for (const place of [part.at("cpu"), part.at("memory")]) if (place.empty) book.noop(place);
  if (cpu.empty && !cpuLimit.empty) model.set(cpuLimit, "resources.cpu");
  else {
    model.set(cpu, "resources.cpu");
    book.drop(cpuLimit, "has no counterpart: CPU is requested and has no limit, because start-up is bound by it");
  }
  const memory = requests.at("memory");
  const limit = limits.at("memory");
  if (limit.empty) model.set(memory, "resources.memory", memoryOf(memory.text ?? ""), becomesLimit);
  else {
    model.set(limit, "resources.memory", memoryOf(limit.text ?? ""));
    if (limit.text === memory.text) model.same(memory, "resources.memory", "request and limit are one figure");
    else book.drop(memory, `gives way to ${limit.path}: memory is requested in full, as one figure`);
  }
}

/** A Kubernetes `resources` block, with its GPUs. */
export function resourceBlock(model: Model, block: Place, asked: Asked) {
  const [requests, limits] = [block.at("requests"), block.at("limits")];
  resources(model, requests, limits);
  gpuCount(model, requests, limits, asked);
  for (const part of [requests, limits])
    if (part.empty) model.book.noop(part);
    else
      for (const other of part.children)
        if (!model.book.told(other)) model.book.drop(other, "has no counterpart: a pod asks for CPU, memory and GPUs");
  model.book.drop(block.at("claims"), "has no counterpart: GPUs come from the device plugin, not from resource claims");
}

/** production-stack's own short keys, where a block of Kubernetes has their place. */
export function shortKeys(model: Model, owner: Place) {
  for (const key of ["requestCPU", "requestMemory", "requestGPU", "requestGPUType", "limitCPU", "limitMemory"])
    model.book.drop(owner.at(key), `gives way to ${owner.at("resources").path}`);
}

/** A startup probe: how long it lets the engine start. `zeros` are what the chart writes for an empty figure or a 0. */
export function startupProbe(model: Model, probe: Place, defaults: ProbeTimes, zeros?: ProbeTimes) {
  const { book } = model;
  if (probe.empty) return book.noop(probe);
  const parts = [
    ["initialDelaySeconds", "delay"],
    ["periodSeconds", "period"],
    ["failureThreshold", "failures"],
  ] as const;
  const written = parts.map(([name]) => probe.at(name)).filter((place) => place.exists);
  const [delay = 0, period = 0, failures = 0] = parts.map(([name, part]) => {
    const place = probe.at(name);
    if (zeros && (place.empty ? place.exists : place.number === 0)) return zeros[part];
    return place.number ?? defaults[part];
  });
  for (const place of written) model.set(place, "startup.seconds", delay + period * failures);
  for (const place of probe.children)
    if (!book.told(place))
      book.drop(place, "has no counterpart: the program probes /health itself, for startup.seconds");
}

/** A liveness or readiness probe. */
export const otherProbe = (model: Model, probe: Place): void =>
  model.book.drop(probe, "has no counterpart: the program has its own, which a saturated engine passes");

/** Labels of a model's objects. */
export function labels(model: Model, place: Place) {
  if (place.empty) return model.book.noop(place);
  for (const label of place.children)
    if (/^(app\.kubernetes\.io|helm\.sh)\//.test(label.key)) model.book.list(label, "is written by the program");
    else model.set(label, ["labels", label.key]);
}

/** A fixed count, or the bounds of a scaler that is on; whether it is. */
export function scaled(model: Model, count: Place, scaler: Place): boolean {
  const { book } = model;
  if (book.switchedOff(scaler) || scaler.empty) {
    model.set(count, "replicas");
    return false;
  }
  book.drop(count, "gives way to autoscaling.min");
  model.same(scaler.at("enabled"), "autoscaling", "is on where it has bounds");
  model.set(scaler.at("minReplicas"), "autoscaling.min");
  model.set(scaler.at("maxReplicas"), "autoscaling.max");
  return true;
}
