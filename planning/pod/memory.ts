import { gib, mib } from "../../catalogue/units.ts";
import { onCpu, onGpu, sharedMemory, streamerBuffer } from "../../catalogue/vllm/hostMemory.ts";

const units: Readonly<Record<string, number>> = { Mi: mib, Gi: gib, Ti: 2 ** 40 };

/** What lies in a pod's memory, or in its `/dev/shm`. */
export interface MemoryPart {
  part:
    | "engine"
    | "workers"
    | "libraries"
    | "weights"
    | "page cache"
    | "/dev/shm"
    | "queues"
    | "KV offloading"
    | "offloaded weights"
    | "pinned rounding"
    | "input cache"
    | "tensor arena"
    | "grammar cache"
    | "streamer"
    | "KV cache"
    | "rest";
  bytes: number;
}

/** A setting that takes memory which is not in any figure, and why. */
export interface Unreckoned {
  setting: string;
  reason: string;
}

/** The same, and how much it may be: where that much is free, it goes without saying. */
export interface Perhaps extends Unreckoned {
  bytes: number;
}

/** What an engine's flags and variables make it keep in the host's memory. */
export interface HostDemand {
  /** Each GPU has a process of its own, beside the engine's. */
  workers: boolean;
  /** In `/dev/shm`. */
  shared: MemoryPart[];
  /** Beside it. */
  held: MemoryPart[];
  unreckoned: Unreckoned[];
  perhaps: Perhaps[];
}

/** What a model's shape tells of the memory of its host, in bytes. */
export interface HostNeeds {
  /** The weights of one GPU with none of them offloaded; on a CPU all. */
  weights?: number;
  /** The largest tensor that is known: what loads them holds it whole. */
  tensor?: number;
  /** On a CPU: one sequence of the whole context in the KV cache. */
  sequence?: number;
}

/** How a pod's memory is parted. Volumes in memory count against the pod's limit, so they are planned with it. */
export interface PodMemory {
  /** Request and limit, a Kubernetes quantity. */
  limit: string;
  /** Size of `/dev/shm`, a Kubernetes quantity. */
  shm: string;
  /** `RUNAI_STREAMER_MEMORY_LIMIT` in bytes, where the pod streams: each process that reads has a buffer of that size. */
  streamerBytes?: number;
  /** `VLLM_CPU_KVCACHE_SPACE` in GiB, where the pod has no GPU. */
  kvCacheGib?: number;
  /** All of the limit by what lies in it; the last is what is left. */
  parts: MemoryPart[];
  /** All of `/dev/shm` likewise. */
  shared: MemoryPart[];
  unreckoned: Unreckoned[];
}

/** What a pod's memory is parted by. */
export interface MemoryInput {
  /** A Kubernetes quantity. */
  limit: string;
  gpus: number;
  streamed: boolean;
  needs: HostNeeds;
  demand: HostDemand;
  /** The user's own size of `/dev/shm`, a Kubernetes quantity. */
  shm?: string;
  /** The user's own space for the KV cache on a CPU. */
  kvCacheGib?: number;
}

/** The least memory that would do, in bytes, and what it consists of. */
export interface LeastMemory {
  bytes: number;
  parts: MemoryPart[];
}

/** A Kubernetes memory quantity (`24Gi`, `512Mi`, `1.5Ti`) in bytes. */
export function memoryBytes(quantity: string): number {
  const [, amount, unit] = /^([\d.]+)(Mi|Gi|Ti)$/.exec(quantity) ?? [];
  return Number(amount) * (units[unit ?? ""] ?? Number.NaN);
}

/** Bytes as the least Kubernetes quantity that holds them, in Gi where that is whole, else in Mi. */
export const quantityOf = (bytes: number): string =>
  bytes % gib === 0 ? `${bytes / gib}Gi` : `${Math.ceil(bytes / mib)}Mi`;

const sum = (parts: readonly MemoryPart[]) => parts.reduce((total, { bytes }) => total + bytes, 0);

/** Bytes that lie in `/dev/shm` at the least: vLLM does not start where its files have no room there. */
export const leastShared = ({ demand }: MemoryInput): number => sum(demand.shared);

/** Size of `/dev/shm` in bytes where the user gives none: what lies in it beside what any pod has of it. */
function sharedBytes({ gpus, demand }: MemoryInput): number {
  const [queues, others] = [demand.shared.filter(isQueues), demand.shared.filter((part) => !isQueues(part))];
  const least = Math.max(sharedMemory.least, gpus * sharedMemory.perGpu, 2 * sum(queues));
  return Math.ceil((least + sum(others)) / mib) * mib;
}

const isQueues = ({ part }: MemoryPart) => part === "queues";

/** What the engine keeps in memory while it runs, but for the KV cache of a CPU. */
function standing(input: MemoryInput): MemoryPart[] {
  const { gpus, streamed, needs, demand, shm } = input;
  // A size reserves nothing: what may lie in it counts. On a CPU that is next to nothing (0.1 MB measured).
  const planned = gpus > 0 ? sharedBytes(input) : leastShared(input);
  const counted = Math.min(planned, shm === undefined ? Infinity : memoryBytes(shm));
  const shared: MemoryPart[] = counted > 0 ? [{ part: "/dev/shm", bytes: counted }] : [];
  if (gpus > 0)
    return [
      { part: "engine", bytes: (demand.workers ? 2 : 1) * onGpu.server },
      { part: "workers", bytes: gpus * (onGpu.worker + (gpus > 1 ? onGpu.together : 0)) },
      ...shared,
      ...demand.held,
    ];
  const { weights = 0 } = needs;
  return [
    { part: "engine", bytes: onCpu.engine },
    { part: "libraries", bytes: onCpu.libraries },
    ...(weights > 0 ? [{ part: "weights", bytes: onCpu.weights * weights } as const] : []),
    // The container that first reads the files is charged for them: the engine's, where the node has forgotten them.
    ...(weights > 0 && !streamed ? [{ part: "page cache", bytes: weights } as const] : []),
    ...shared,
    ...demand.held,
  ];
}

/** The buffer of each process that reads weights. */
const leastBuffer = ({ needs }: MemoryInput) => Math.max(streamerBuffer.least, needs.tensor ?? 0);

/** What streaming takes at the least: a buffer each, and where there is one, what it unpacks (several unpack on their GPUs). */
const leastToLoad = (input: MemoryInput) =>
  input.streamed ? leastBuffer(input) * (input.gpus > 1 ? input.gpus : 2) : 0;

const inWhole = (bytes: number) => Math.ceil(bytes / gib);
const leastKvGib = ({ needs }: MemoryInput) => Math.max(1, inWhole(needs.sequence ?? 0));

/** The least memory of a pod. The space for a KV cache on a CPU is the user's, or the least that serves. */
export function leastMemory(input: MemoryInput): LeastMemory {
  const kvGib = input.kvCacheGib ?? leastKvGib(input);
  const parts: MemoryPart[] = [
    ...standing(input),
    ...(input.streamed ? [{ part: "streamer", bytes: leastToLoad(input) } as const] : []),
    ...(input.gpus === 0 ? [{ part: "KV cache", bytes: kvGib * gib } as const] : []),
  ];
  return { bytes: sum(parts), parts };
}

/** Parts a pod's memory; nothing where it is less than `leastMemory`. */
export function podMemory(input: MemoryInput): PodMemory | undefined {
  const { limit, gpus, streamed, demand } = input;
  const all = memoryBytes(limit);
  if (!(all >= leastMemory(input).bytes)) return undefined;
  const kept = standing(input);
  const kvGib = gpus > 0 ? 0 : (input.kvCacheGib ?? kvCacheGib(all, sum(kept), input));
  const processes = Math.max(1, gpus);
  // What is left while it serves: the buffers in which weights are read are free by then.
  const free = all - sum(kept) - kvGib * gib;
  // Half of it: the other half holds what is unpacked, and is the margin of all figures here.
  const half = free / 2 / processes;
  const streamerBytes = Math.floor(Math.max(leastBuffer(input), Math.min(streamerBuffer.most, half)));
  const parts: MemoryPart[] = [
    ...kept,
    ...(streamed ? [{ part: "streamer", bytes: processes * streamerBytes } as const] : []),
    ...(gpus === 0 ? [{ part: "KV cache", bytes: kvGib * gib } as const] : []),
  ];
  const shm = input.shm ?? quantityOf(sharedBytes(input));
  const told = demand.perhaps.filter(({ bytes }) => bytes > free);
  return {
    limit,
    shm,
    ...(streamed ? { streamerBytes } : {}),
    ...(gpus === 0 ? { kvCacheGib: kvGib } : {}),
    parts: whole(parts, all),
    shared: whole(demand.shared, memoryBytes(shm)),
    unreckoned: [...demand.unreckoned, ...told.map(({ setting, reason }) => ({ setting, reason }))],
  };
}

/** On a CPU what is left, in whole GiB: at most a quarter of the memory, and at least what one sequence needs. */
function kvCacheGib(all: number, kept: number, input: MemoryInput): number {
  const left = Math.floor((all - kept - leastToLoad(input)) / gib);
  const least = leastKvGib(input);
  return Math.min(left, Math.max(least, Math.floor(all / gib / 4)));
}

/** Parts in whole bytes, and what is left of them. */
function whole(parts: readonly MemoryPart[], all: number): MemoryPart[] {
  const rounded = parts.map(({ part, bytes }) => ({ part, bytes: Math.ceil(bytes) }));
  return [...rounded, { part: "rest", bytes: Math.max(0, Math.floor(all) - sum(rounded)) }];
}
