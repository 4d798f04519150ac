const units: Readonly<Record<string, number>> = { Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 };

/** How a pod's memory is parted. Volumes in memory count against the pod's limit, so they are planned with it. */
export interface PodMemory {
  /** Request and limit, a Kubernetes quantity. */
  limit: string;
  /** Size of `/dev/shm`, a Kubernetes quantity. */
  shm: string;
  /** `RUNAI_STREAMER_MEMORY_LIMIT` in bytes, where the pod streams: its own default is 40 GB, more than many pods have. */
  streamerBytes?: number;
  /** `VLLM_CPU_KVCACHE_SPACE` in GiB, where the pod has no GPU. */
  kvCacheGib?: number;
}

/** Host memory that the engine itself takes beside buffers: a start on one GPU stays below it. */
export const engineBytes = 3 * 2 ** 30;
/** What the streamer needs at the least. */
const leastStreamerBytes = 2 ** 29;
/** vLLM documents 2 GiB of shared memory for a pod; tensor parallel workers share it, so it grows with the GPUs. */
const shmGib = (gpuCount: number) => Math.max(2, gpuCount);

/** A Kubernetes memory quantity (`24Gi`, `512Mi`, `1.5Ti`) in bytes. */
export function memoryBytes(quantity: string): number {
  const [, amount, unit] = /^([\d.]+)(Mi|Gi|Ti)$/.exec(quantity) ?? [];
  return Number(amount) * (units[unit ?? ""] ?? Number.NaN);
}

/** The least memory of a pod, a Kubernetes quantity. */
export const leastMemory = (gpuCount: number): string =>
  `${(engineBytes + 2 * leastStreamerBytes) / 2 ** 30 + shmGib(gpuCount)}Gi`;

/**
 * Parts a pod's memory; nothing where it is less than `leastMemory`.
 * @param kvCacheGib a CPU pod's space for the KV cache where the user gives one; default a quarter of its memory
 */
export function podMemory(
  limit: string,
  gpuCount: number,
  streamed: boolean,
  kvCacheGib?: number,
): PodMemory | undefined {
  const shm = shmGib(gpuCount);
  const bytes = memoryBytes(limit);
  const streamerBytes = Math.floor(Math.min(40e9, (bytes - engineBytes) / 2 - (shm * 2 ** 30) / 2));
  if (!(streamerBytes >= leastStreamerBytes)) return undefined;
  return {
    limit,
    shm: `${shm}Gi`,
    ...(streamed ? { streamerBytes } : {}),
    // The weights take the rest: a quarter is what a small model leaves.
    ...(gpuCount === 0 ? { kvCacheGib: kvCacheGib ?? Math.max(1, Math.floor(bytes / 2 ** 30 / 4)) } : {}),
  };
}
