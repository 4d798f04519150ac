import assert from "node:assert/strict";
import { test } from "node:test";
import type { Tree } from "../../../../config/tree.ts";
import { variantOf, wrong } from "../../given.ts";

const gib = 2 ** 30;
const mib = 2 ** 20;
const roomy = { resources: { memory: "512Gi" } };
const memoryOf = (args: Tree, more: Tree = {}, engine: Tree = {}) =>
  variantOf({ ...roomy, engine: { args, ...engine }, ...more }).pod.memory;
/** What flags add: in `/dev/shm`, and beside it. */
const added = (args: Tree, more: Tree = {}, engine: Tree = {}) => {
  const { parts, shared } = memoryOf(args, more, engine);
  const plain = memoryOf({}, more);
  const known = (all: typeof parts) => all.map(({ part }) => part);
  const own = (all: typeof parts, before: typeof parts) =>
    all.filter(({ part }) => part !== "rest" && part !== "/dev/shm" && !known(before).includes(part));
  return [own(shared, plain.shared), own(parts, plain.parts)];
};
const unreckoned = (args: Tree, more: Tree = {}, engine: Tree = {}) =>
  memoryOf(args, more, engine)
    .unreckoned.map(({ setting }) => setting)
    .filter((setting) => setting !== "engine.args.mm-processor-cache-gb");

test("KV offloading by its connector, in all forms of the group", () => {
  const connector = (name: string, extra: Tree = {}) => ({
    kv_connector: name,
    kv_role: "kv_both",
    kv_connector_extra_config: extra,
  });
  const group = (value: unknown) => added({ "kv-transfer-config": value });
  const kv = (bytes: number) => ({ part: "KV offloading", bytes });
  const offloading = connector("OffloadingConnector", { cpu_bytes_to_use: 10e9 });
  assert.deepEqual(group(offloading), [[kv(10e9)], []]);
  assert.deepEqual(group(JSON.stringify(offloading)), [[kv(10e9)], []]);
  const simple = connector("SimpleCPUOffloadConnector", { cpu_bytes_to_use: 3e9 });
  assert.deepEqual(group(simple), [[], [kv(3e9)]]);
  assert.deepEqual(group(connector("SimpleCPUOffloadConnector")), [[], [kv(8 * gib)]]);
  assert.deepEqual(group(connector("MultiConnector", { connectors: [offloading, simple] })), [[kv(10e9)], [kv(3e9)]]);
  const perRank = connector("SimpleCPUOffloadConnector", { cpu_bytes_to_use_per_rank: gib });
  const four = { gpu: { product: "L4", count: 4 } };
  assert.deepEqual(added({ "kv-transfer-config": perRank }, four), [[], [kv(4 * gib)]]);
  const env = { env: { VLLM_USE_SIMPLE_KV_OFFLOAD: "1" } };
  assert.deepEqual(added({ "kv-offloading-size": 5 }, {}, env), [[], [kv(5 * gib)]]);
  // The flag wins over the group.
  const both = { "kv-offloading-size": 5, "kv-transfer-config": offloading };
  assert.deepEqual(added(both), [[kv(5 * gib)], []]);
  assert.deepEqual(unreckoned(both), ["engine.args.kv-transfer-config"]);
});

test("connectors whose memory nobody knows are said to be in no figure", () => {
  const setting = "engine.args.kv-transfer-config";
  const extra = (more: Tree) => ({ kv_connector: "OffloadingConnector", kv_role: "kv_both", ...more });
  for (const group of [
    { kv_connector: "LMCacheConnectorV1", kv_role: "kv_both" },
    { kv_connector: "NixlConnector", kv_role: "kv_both" },
    extra({
      kv_connector: "SimpleCPUOffloadConnector",
      kv_connector_extra_config: { kv_offload_backend: "disk" },
    }),
    extra({ kv_connector_extra_config: { cpu_bytes_to_use: 1e9, spec_name: "TieringOffloadingSpec" } }),
  ])
    assert.deepEqual(unreckoned({ "kv-transfer-config": group }), [setting], JSON.stringify(group));
  assert.deepEqual(unreckoned({ "kv-offloading-size": 4, "kv-offloading-backend": "lmcache" }), [
    "engine.args.kv-offloading-size",
  ]);
});

test("the cache of a multimodal model's inputs, where the model is known to be one", () => {
  const image = { "limit-mm-per-prompt": { image: 2 } };
  const inputs = (bytes: number) => ({ part: "input cache", bytes });
  assert.deepEqual(added(image), [[], [inputs(4 * gib)]]);
  assert.deepEqual(added({ ...image, "mm-processor-cache-gb": 1.5 }), [[], [inputs(1.5 * gib)]]);
  assert.deepEqual(added({ ...image, "mm-processor-cache-gb": 0 }), [[], []]);
  assert.deepEqual(added({ ...image, "language-model-only": true }), [[], []]);
  const shared = { "mm-processor-cache-type": "shm" };
  assert.deepEqual(added(shared), [[inputs(4 * gib + mib)], []]);
  assert.equal(memoryOf({ ...shared, "mm-processor-cache-gb": 2 }).shm, "4097Mi");
  const reasons = (args: Tree, memory?: string) =>
    memoryOf(args, memory ? { resources: { memory } } : {}).unreckoned.map(({ reason }) => reason);
  const told = "a multimodal model keeps up to 4 GiB of its inputs in memory; it is counted where this is set";
  assert.deepEqual(reasons({}, "10Gi"), [told]);
  for (const none of [{ image: 0 }, '{"image":0}', { image: { count: 0 } }])
    assert.deepEqual(reasons({ "limit-mm-per-prompt": none }, "10Gi"), [told]);
  // Where there is room for it, it goes without saying.
  assert.deepEqual(reasons({}), []);
  for (const args of [image, shared, { "language-model-only": true }]) assert.deepEqual(reasons(args), []);
});

test("layers that are fetched when they are needed lie in the host's memory", () => {
  const shape = { layers: 10, hiddenSize: 64, attentionHeads: 4, weightBytes: 20e9 };
  const engine = { maxModelLen: 64 };
  const flags = { "offload-group-size": 4, "offload-num-in-group": 2 };
  // Three groups of which two layers each are kept: 6 of 10, pinned.
  const offloaded = (bytes: number) => [
    { part: "offloaded weights", bytes },
    { part: "pinned rounding", bytes },
  ];
  assert.deepEqual(added(flags, { shape }, engine), [[], offloaded(12e9)]);
  assert.deepEqual(added({ ...flags, "cpu-offload-gb": 5 }, { shape }, engine), [[], offloaded(12e9)]);
  const uva = { ...flags, "offload-backend": "uva", "cpu-offload-gb": 5 };
  // As much, and the rest of the layer that reaches it.
  assert.deepEqual(added(uva, { shape }, engine)[1], offloaded(5 * gib + 2e9));
  assert.deepEqual(unreckoned(flags), ["engine.args.offload-group-size"]);
});

test("processes of their own, and what lies between them", () => {
  const nccl = 4 * 9_637_888;
  const queues = (size: number, several = 0) => [{ part: "queues", bytes: size * mib + several * nccl }];
  const shared = (more: Tree, args: Tree = {}, engine: Tree = {}) =>
    memoryOf(args, more, engine).shared.filter(({ part }) => part !== "rest");
  assert.deepEqual(shared({}), []);
  assert.deepEqual(shared({ gpu: { product: "L4", count: 2 } }), queues(160 + 24 + 480, 2));
  assert.deepEqual(shared({}, { "distributed-executor-backend": "mp" }), queues(160 + 240));
  const four = { gpu: { product: "L4", count: 4 } };
  assert.deepEqual(shared(four, { "enable-shm-tensor-arena": true }), [
    ...queues(160 + 24 + 960, 4),
    { part: "tensor arena", bytes: 2 * gib },
  ]);
  assert.equal(memoryOf({ "enable-shm-tensor-arena": true }, four).shm, "6Gi");
  const env = { env: { VLLM_MQ_MAX_CHUNK_BYTES_MB: "1024" } };
  assert.deepEqual(shared(four, {}, env), queues(10_240 + 24 + 960, 4));
  assert.equal(memoryOf({}, four, env).shm, "22743Mi");
  assert.deepEqual(added({}, {}, { env: { VLLM_XGRAMMAR_CACHE_MB: "1536" } }), [
    [],
    [{ part: "grammar cache", bytes: gib }],
  ]);
});

test("what else takes memory is said to be in no figure, each", () => {
  const flags: [Tree, Tree?][] = [
    [{ "enable-lora": true }],
    [{ "distributed-executor-backend": "ray" }],
    [{ "ec-transfer-config": { ec_connector: "ECExampleConnector", ec_role: "ec_both" } }],
    [{ "engram-config": { cpu_offload: true } }],
    [{ "enable-return-routed-experts": true }],
    [{ "mm-tensor-ipc": "torch_shm" }],
    [{ "safetensors-load-strategy": "eager" }, { delivery: { kind: "copy" } }],
  ];
  for (const [args, more = {}] of flags)
    assert.deepEqual(unreckoned(args, more), [`engine.args.${Object.keys(args)[0]}`]);
  for (const args of [
    { "enable-lora": false },
    { "distributed-executor-backend": "mp" },
    { "mm-tensor-ipc": "direct_rpc" },
    { "safetensors-load-strategy": "lazy" },
  ])
    assert.deepEqual(unreckoned(args), []);
  const nccl = { env: { NCCL_BUFFSIZE: "16777216", NCCL_DEBUG: "INFO" } };
  assert.deepEqual(unreckoned({}, { gpu: { product: "L4", count: 2 } }, nccl), ["engine.env.NCCL_BUFFSIZE"]);
  assert.deepEqual(unreckoned({}, {}, nccl), []);
  const hidden = { secretEnv: { VLLM_USE_SIMPLE_KV_OFFLOAD: "x", A: "y" } };
  assert.deepEqual(unreckoned({}, {}, hidden), ["engine.secretEnv.VLLM_USE_SIMPLE_KV_OFFLOAD"]);
  const onCpu = { gpu: { count: 0 }, shape: { layers: 2, hiddenSize: 64, attentionHeads: 4, parameters: 1e6 } };
  assert.deepEqual(unreckoned({ "kv-cache-memory-bytes": "1G" }, onCpu, { maxModelLen: 64 }), [
    "engine.args.kv-cache-memory-bytes",
  ]);
});

test("kernels that a Blackwell GPU may have compiled at the start are told where the compilers have no room", () => {
  const on = (product: string, memory?: string, env: Tree = {}) =>
    unreckoned({}, { gpu: { product }, resources: memory === undefined ? {} : { memory } }, { env });
  for (const product of ["L4", "H100", "H200"]) assert.deepEqual(on(product, "32Gi"), []);
  // By default a B200 has room for all of them, an RTX PRO 6000 in its smallest instance has not.
  assert.deepEqual(on("B200"), []);
  for (const product of ["RTX-PRO-6000", "B200"]) {
    assert.deepEqual(on(product, "48Gi"), ["engine.env.MAX_JOBS"]);
    assert.deepEqual(on(product, "256Gi"), []);
    assert.deepEqual(on(product, "48Gi", { MAX_JOBS: "4" }), []);
    assert.deepEqual(on(product, "256Gi", { MAX_JOBS: "64" }), ["engine.env.MAX_JOBS"]);
  }
  assert.deepEqual(on("RTX-PRO-6000"), ["engine.env.MAX_JOBS"]);
});

test("before /dev/shm, offloading could take twice its size", () => {
  const older = { version: "0.26.0", acceptCves: ["CVE-2026-73558"] };
  const flags = { "kv-offloading-size": 2 };
  const own = { ...roomy, engine: { args: flags, ...older } };
  assert.deepEqual(wrong(own), []);
  assert.deepEqual(unreckoned(flags, {}, older), ["engine.version"]);
  assert.deepEqual(unreckoned(flags, {}, { version: "0.27.0" }), []);
});
