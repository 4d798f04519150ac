import { gib, mib } from "../units.ts";

/** What vLLM takes of a host's memory, in bytes where nothing else is said. */

/**
 * On a CPU, what a pod uses before its KV cache is made, measured with vLLM 0.32 in a memory cgroup, nothing of model
 * and libraries in the page cache before (0.75 and 1.72 billion parameters: 6.95 and 11.44 GiB, these figures come to 7.26 and 12.48).
 * vLLM does not start unless the cgroup's limit less all of it, page cache included, is at least the KV cache
 * (`get_memory_node_info` in vllm/utils/cpu_resource_utils.py, `determine_available_memory` in v1/worker/cpu_worker.py).
 */
export const onCpu = {
  /** Three processes: API server, engine core, worker. */
  engine: 1.75 * gib,
  /** Page cache of the image's libraries and of what the engine writes (1.26 GiB), and what g++ leaves of its memory. */
  libraries: 1.45 * gib,
  /** The weights, and what is repacked of them, as a share of the weights: 1.6 to 1.9. */
  weights: 1.9,
} as const;

/**
 * Beside a GPU. One process that served from one GPU and its API server stayed below 5 GiB (vllm-project/vllm#54237,
 * 0.29; 4 GiB in a pod in #3035). Where GPUs work together, each has a process of its own, and NCCL pins host memory in
 * it: 9.19 MiB a connection, about a hundred of them (NVIDIA/nccl#342; tonyd2wild/DeepSeek-V4.1-Flash-vLLM-DGX-Spark#8).
 */
export const onGpu = {
  /** API server, engine core: each where it is a process without a GPU. */
  server: gib,
  /** A process with a GPU: libraries, CUDA context, pinned buffers, torch.compile. */
  worker: 4 * gib,
  /** NCCL's pinned buffers in each of several. */
  together: gib,
} as const;

/** `/dev/shm`: the documentation of vLLM gives a pod 2 GiB; queues and NCCL's segments grow with the GPUs. */
export const sharedMemory = { least: 2 * gib, perGpu: gib } as const;

/**
 * Files in `/dev/shm` between processes. vLLM's queues have 10 chunks each (`MessageQueue` in
 * vllm/distributed/device_communicators/shm_broadcast.py; who makes them: v1/executor/multiproc_executor.py,
 * distributed/parallel_state.py).
 */
export const queues = {
  /** From the engine core to all workers; its chunk is `VLLM_MQ_MAX_CHUNK_BYTES_MB`, 16 by default. */
  chunks: 10,
  chunkMib: 16,
  /** From each worker back. */
  perWorker: 240 * mib,
  /** Between the workers. */
  group: 24 * mib,
  /** NCCL's, where GPUs do not reach one another: two channels, each way (the segments of NVIDIA/nccl#1518). */
  nccl: 4 * 9_637_888,
} as const;

/**
 * The buffer in which the Run:ai Model Streamer reads, one in each process that reads, and GPUs that share the reading
 * are several (its docs/src/usage.md and env-vars.md; `file_streamer/requests_iterator.py`, which ends where the buffer
 * is smaller than the largest tensor).
 */
export const streamerBuffer = { most: 40e9, least: 512 * mib } as const;

/**
 * What weights in pinned memory take of their size at the most, which hangs on sizes that no shape tells: PyTorch
 * rounds each tensor up to a power of two (ATen/core/CachingHostAllocator.h; measured in vllm-project/vllm#50094).
 * Qwen2.5-7B's take 1.87, Llama-3.1-8B's 1.15.
 */
export const pinnedRounding = 2;

/** A tensor of a layer of a large model: gate and up of Llama-3.3-70B have 0.9 GiB. */
export const largestTensor = gib;

/**
 * `--mm-processor-cache-gb`, in GiB, by default. One API server keeps only the sizes of what the engine core keeps
 * (`LruKeyReplicatedSenderCache` in vllm/multimodal/cache/lru.py), though the flag's help counts both.
 */
export const inputCacheGib = 4;

/** `cpu_bytes_to_use` of the `SimpleCPUOffloadConnector` by default. */
export const simpleOffload = 8 * gib;

/** `--enable-shm-tensor-arena`: 8 slots of 256 MiB (distributed/device_communicators/shm_tensor_arena.py). */
export const tensorArena = 8 * 256 * mib;

/** `VLLM_XGRAMMAR_CACHE_MB` by default, which the engine's share contains. */
export const grammarCacheMib = 512;

/**
 * Kernels that FlashInfer compiles at a start where its cache has none for the GPU: 16 compilers of 5.7 GiB on an RTX PRO
 * 6000 (vllm-project/vllm#54237), and 16 that were ended for want of 61 GiB on an RTX 5090, where 4 of `MAX_JOBS` were
 * enough (flashinfer-ai/flashinfer#3636). `from` is a compute capability.
 */
export const compiledKernels = { from: 10, compilers: 16, each: 5.7 * gib } as const;

/** No machine of EC2 has more memory: u7inh-32tb. In bytes. */
export const mostMemory = 32 * 1024 * gib;

/** The first version that offloads the KV cache to `/dev/shm` in its own size (vllm-project/vllm#50094). */
export const offloadsToSharedMemory = "0.27.0";
