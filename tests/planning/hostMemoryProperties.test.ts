import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { gpuProducts, gpus } from "../../catalogue/gpus.ts";
import { deployment } from "../../components/objects/deployment.ts";
import { SettingsError } from "../../config/problems.ts";
import type { Tree } from "../../config/tree.ts";
import type { ModelPlan } from "../../planning/model.ts";
import { instancesFor } from "../../planning/pod/gpu.ts";
import { plan } from "../config/settings.ts";

/**
 * No accepted stack makes vLLM take more /dev/shm or memory than its pod has. What vLLM takes is reckoned here from its
 * own code and from measurements, by the pod's fields alone: nothing of the program's figures is used.
 */

const [mib, gib] = [2 ** 20, 2 ** 30];

/** A dense model by its config.json; its tensors follow. */
interface Model {
  layers: number;
  hidden: number;
  inner: number;
  heads: number;
  kvHeads: number;
  vocabulary: number;
}
const model = (layers: number, hidden: number, inner: number, heads: number, kvHeads: number, vocabulary: number) => ({
  ...{ layers, hidden, inner, heads, kvHeads, vocabulary },
});
const models: readonly Model[] = [
  model(28, 1024, 3072, 16, 8, 151_936), // Qwen3-0.6B
  model(28, 3584, 18_944, 28, 4, 152_064), // Qwen2.5-7B
  model(32, 4096, 14_336, 32, 8, 128_256), // Llama-3.1-8B
  model(64, 5120, 25_600, 64, 8, 151_936), // Qwen3-32B
];
const headSize = 128;

/** Bytes of a layer's tensors on one of `tensor` GPUs, as vLLM joins them: qkv, o, gate and up, down. */
const layerTensors = ({ hidden, inner, heads, kvHeads }: Model, tensor: number) =>
  [(heads + 2 * kvHeads) * headSize, heads * headSize, 2 * inner, inner].map((width) => (width * hidden * 2) / tensor);
const table = ({ vocabulary, hidden }: Model) => vocabulary * hidden * 2;
const weightsOf = (one: Model) =>
  one.layers * layerTensors(one, 1).reduce((sum, bytes) => sum + bytes, 0) + 2 * table(one);

interface Case {
  model: Model;
  /** Whether the settings have the shape. */
  told: boolean;
  own: Tree;
}

const draw = fc.record({
  model: fc.constantFrom(...models),
  told: fc.boolean(),
  product: fc.constantFrom(...gpuProducts),
  count: fc.constantFrom(0, 0, 1, 1, 2, 4, 8),
  kind: fc.constantFrom(undefined, "copy"),
  streamer: fc.boolean(),
  kvSpace: fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined }),
  shm: fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined, freq: 4 }),
  memory: fc.option(fc.integer({ min: 1, max: 900 }), { nil: undefined }),
  offloadGib: fc.option(fc.constantFrom(0.5, 3, 20.25, 64), { nil: undefined }),
  group: fc.option(fc.constantFrom("OffloadingConnector", "SimpleCPUOffloadConnector"), { nil: undefined, freq: 4 }),
  simple: fc.boolean(),
  weightsGib: fc.option(fc.constantFrom(0.1, 1, 5, 30), { nil: undefined }),
  inputs: fc.option(fc.record({ gb: fc.constantFrom(0.5, 2, 6), shm: fc.boolean() }), { nil: undefined }),
  arena: fc.boolean(),
  mp: fc.boolean(),
  chunkMib: fc.option(fc.constantFrom(4, 64, 512), { nil: undefined, freq: 4 }),
});

function caseOf(drawn: typeof draw extends fc.Arbitrary<infer Value> ? Value : never): Case {
  const { model, told, product, kind, streamer, kvSpace, shm, memory, offloadGib, group, inputs } = drawn;
  const count = instancesFor(gpus[product], drawn.count).length > 0 ? drawn.count : 1;
  const extra = { kv_connector: group, kv_role: "kv_both", kv_connector_extra_config: { cpu_bytes_to_use: 7e9 } };
  const args = {
    ...(count > 0 && offloadGib ? { "kv-offloading-size": offloadGib } : {}),
    ...(count > 0 && group && !offloadGib ? { "kv-transfer-config": extra } : {}),
    ...(count > 0 && drawn.weightsGib ? { "cpu-offload-gb": drawn.weightsGib } : {}),
    ...(inputs
      ? { "mm-processor-cache-gb": inputs.gb, ...(inputs.shm ? { "mm-processor-cache-type": "shm" } : {}) }
      : {}),
    ...(drawn.arena && count > 1 ? { "enable-shm-tensor-arena": true } : {}),
    ...(drawn.mp && count === 1 ? { "distributed-executor-backend": "mp" } : {}),
  };
  const env = {
    ...(count === 0 && kvSpace ? { VLLM_CPU_KVCACHE_SPACE: String(kvSpace) } : {}),
    ...(drawn.simple ? { VLLM_USE_SIMPLE_KV_OFFLOAD: "1" } : {}),
    ...(drawn.chunkMib ? { VLLM_MQ_MAX_CHUNK_BYTES_MB: String(drawn.chunkMib) } : {}),
  };
  const { layers, hidden, heads, kvHeads, vocabulary } = model;
  const sizes = { layers, hiddenSize: hidden, attentionHeads: heads, keyValueHeads: kvHeads, headSize };
  const shape = { ...sizes, vocabularySize: vocabulary, weightBytes: weightsOf(model) };
  const resources = { ...(shm ? { shm: `${shm}Gi` } : {}), ...(memory ? { memory: `${memory}Gi` } : {}) };
  return {
    model,
    told,
    own: {
      gpu: { product, count },
      ...(told ? { shape } : {}),
      ...(kind ? { delivery: { kind } } : count === 0 && streamer ? { image: { streamer } } : {}),
      resources,
      engine: { maxModelLen: 1024, args, env },
    },
  };
}

/** Plans a stack; one that is refused for its memory, again with what its message says would do. */
function accepted(own: Tree): ModelPlan | undefined {
  const planned = (more: Tree) => plan({ own: { cluster: { eks: "lab" }, model: "chat", ...own, ...more } }).models[0];
  try {
    return planned({});
  } catch (error) {
    assert.ok(error instanceof SettingsError);
    const least = error.problems
      .filter(({ path }) => path.at(-1) === "memory" || path.at(-1) === "VLLM_CPU_KVCACHE_SPACE")
      .map(({ reason }) => /at least (\d+[MG]i)/.exec(reason ?? "")?.[1])[0];
    if (least === undefined || error.problems.length > 1) return undefined;
    return planned({ resources: { ...(own.resources as Tree), memory: least } });
  }
}

const quantity = (text: string) => {
  const unit = { Mi: mib, Gi: gib, Ti: 2 ** 40 }[text.slice(-2)] ?? Number.NaN;
  return Number.parseFloat(text) * unit;
};

interface Pod {
  shm: number;
  limit: number;
  gpus: number;
  args: string[];
  env: Record<string, string>;
  streamed: boolean;
}

function podOf({ name, labels, variants: [variant] }: ModelPlan): Pod {
  const inputs = { serviceAccount: "a", apiKeySecret: "b", middleware: "m", source: "s3://c/", region: "d" };
  const object = deployment({ model: name, labels, namespace: "n" }, variant, inputs);
  // biome-ignore lint/suspicious/noExplicitAny: the fields of a pod
  const { containers, volumes } = (object as any).spec.template.spec;
  const [{ args, env, resources }] = containers;
  return {
    shm: quantity(volumes.find((one: Tree) => one.name === "shm").emptyDir.sizeLimit),
    limit: quantity(resources.limits.memory),
    gpus: Number(resources.limits["nvidia.com/gpu"] ?? 0),
    args,
    env: Object.fromEntries(env.map((one: Tree) => [one.name, one.value])),
    streamed: args.includes("runai_streamer"),
  };
}

const flag = ({ args }: Pod, name: string) => {
  const at = args.indexOf(`--${name}`);
  return at < 0 ? undefined : args[at + 1];
};

/**
 * Bytes of /dev/shm that vLLM asks for. `check_shm_free_space` wants each file's whole size free when it is made, and
 * NCCL fills its segments of 9,637,888 bytes: for two channels, each way, of each process (NVIDIA/nccl#1518).
 */
function sharedOf(pod: Pod): number {
  const apart = pod.gpus > 1 || flag(pod, "distributed-executor-backend") === "mp";
  const chunk = Number(pod.env.VLLM_MQ_MAX_CHUNK_BYTES_MB ?? 16) * mib;
  // MultiprocExecutor: MessageQueue(…, max_chunk_bytes), and in each worker MessageQueue(1, 1); 10 chunks, 24 MiB.
  const queues = apart && pod.gpus > 0 ? 10 * chunk + pod.gpus * 10 * 24 * mib : 0;
  // GroupCoordinator: create_from_process_group(self.cpu_group, 1 << 22, 6).
  const groups = pod.gpus > 1 ? 6 * 2 ** 22 + pod.gpus * 4 * 9_637_888 : 0;
  // ShmTensorArena: 8 slots of 256 MiB and their flags.
  const arena = pod.args.includes("--enable-shm-tensor-arena") ? 8 * (256 * mib + 1 + pod.gpus) : 0;
  // SingleWriterShmRingBuffer: data_buffer_size and 32 bytes.
  const inputs = flag(pod, "mm-processor-cache-type") === "shm" ? cacheBytes(pod) + 32 : 0;
  return queues + groups + arena + inputs + offloadedOf(pod).shared;
}

const cacheBytes = (pod: Pod) => Number(flag(pod, "mm-processor-cache-gb") ?? 4) * gib;

/** `VllmConfig._post_init_kv_transfer_config`; CPUOffloadingSpec: num_chunks × chunk ≤ cpu_bytes_to_use. */
function offloadedOf(pod: Pod): { shared: number; pinned: number } {
  const size = flag(pod, "kv-offloading-size");
  const group = flag(pod, "kv-transfer-config");
  const bytes = size ? Number(size) * gib : group ? JSON.parse(group).kv_connector_extra_config.cpu_bytes_to_use : 0;
  const simple = size
    ? pod.env.VLLM_USE_SIMPLE_KV_OFFLOAD === "1"
    : group !== undefined && JSON.parse(group).kv_connector === "SimpleCPUOffloadConnector";
  return simple ? { shared: 0, pinned: bytes } : { shared: bytes, pinned: 0 };
}

const powerOf2 = (bytes: number) => 2 ** Math.ceil(Math.log2(bytes));

/** `UVAOffloader._maybe_offload_to_cpu`, and `CachingHostAllocator`, which rounds each pinned tensor up. */
function pinnedWeights(pod: Pod, one: Model): number {
  const wanted = Number(flag(pod, "cpu-offload-gb") ?? 0) * gib;
  let [taken, pinned] = [0, 0];
  for (let layer = 0; layer < one.layers; layer++)
    for (const bytes of layerTensors(one, pod.gpus)) {
      if (taken >= wanted) return pinned;
      taken += bytes;
      pinned += powerOf2(bytes);
    }
  return pinned;
}

/**
 * Host memory of a pod with GPUs. One engine with its API server had 4.6 GiB resident (vllm-project/vllm#54237); each
 * further worker as much at the most. The streamer has its buffer in each process, no larger than what it reads, and
 * where there is one process, a copy of the tensor (`runai_safetensors_weights_iterator`).
 */
function onGpu(pod: Pod, one: Model): number {
  const limit = Number(pod.env.RUNAI_STREAMER_MEMORY_LIMIT ?? 0);
  const buffers = pod.gpus * Math.min(limit, weightsOf(one) / pod.gpus + table(one));
  const copy = pod.streamed && pod.gpus === 1 ? table(one) : 0;
  return pod.gpus * 4.6 * gib + buffers + copy + pod.gpus * pinnedWeights(pod, one);
}

/**
 * What a pod without GPU uses before its KV cache: 2.3 GiB and 2.9 × the weights, with the page cache of their files,
 * and 0.8 GiB of libraries, measured cold. Streamed weights have no page cache; their buffer is there while they come.
 */
function onCpu(pod: Pod, weights: number): number {
  const fixed = 2.3 * gib + 0.8 * gib;
  if (!pod.streamed) return fixed + 2.9 * weights;
  const buffer = Math.min(Number(pod.env.RUNAI_STREAMER_MEMORY_LIMIT), weights);
  return fixed + 1.9 * weights + buffer;
}

test("10,000 accepted stacks, most with the least memory that is taken: none takes more than its pod has", () => {
  const seen = { cpu: 0, gpu: 0, several: 0, shared: 0, pinned: 0, told: 0, streamed: 0 };
  let runs = 0;
  fc.assert(
    fc.property(draw.map(caseOf), ({ model: one, told, own }) => {
      const planned = accepted(own);
      if (!planned) return;
      runs += 1;
      const pod = podOf(planned);
      const shared = sharedOf(pod);
      assert.ok(shared <= pod.shm, `/dev/shm: ${shared / gib} of ${pod.shm / gib} GiB`);
      const offloaded = offloadedOf(pod);
      const inputs = pod.args.some((word) => word.startsWith("--mm-processor-cache-gb"));
      const lru = inputs && flag(pod, "mm-processor-cache-type") !== "shm" ? cacheBytes(pod) : 0;
      // What a shape does not tell nobody can reckon: the plan says that the fit is not checked.
      const engine = pod.gpus > 0 ? onGpu(pod, one) : onCpu(pod, told ? weightsOf(one) : 0);
      const space = pod.gpus > 0 ? 0 : Number(pod.env.VLLM_CPU_KVCACHE_SPACE) * gib;
      const all = engine + shared + offloaded.pinned + lru + space;
      assert.ok(all <= pod.limit, `memory: ${all / gib} of ${pod.limit / gib} GiB`);
      // The streamer ends where its buffer is smaller than a tensor.
      if (pod.streamed && told) assert.ok(Number(pod.env.RUNAI_STREAMER_MEMORY_LIMIT) >= table(one));
      seen[pod.gpus > 0 ? "gpu" : "cpu"] += 1;
      if (pod.gpus > 1) seen.several += 1;
      if (offloaded.shared > 0) seen.shared += 1;
      if (pod.gpus > 0 && pinnedWeights(pod, one) > 0) seen.pinned += 1;
      if (told) seen.told += 1;
      if (pod.streamed) seen.streamed += 1;
    }),
    { numRuns: 12_500, seed: 32 },
  );
  assert.ok(runs >= 10_000, `${runs} accepted`);
  for (const [what, count] of Object.entries(seen)) assert.ok(count > 1000, `${what}: ${count}`);
});
