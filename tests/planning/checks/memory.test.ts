import assert from "node:assert/strict";
import { test } from "node:test";
import { gpuProducts, gpus } from "../../../catalogue/gpus.ts";
import type { Tree } from "../../../config/tree.ts";
import { hostShare, instancesFor } from "../../../planning/pod/gpu.ts";
import { memoryBytes } from "../../../planning/pod/memory.ts";
import { measuredShapes, measuredStarts } from "../../data/measuredStarts.ts";
import { shapes } from "../../data/modelShapes.ts";
import { file, kinds, variantOf, wrong } from "../given.ts";

const gib = 2 ** 30;
const podOf = (own: Tree) => variantOf(own).pod;
const partOf = (own: Tree, name: string) => podOf(own).memory.parts.find(({ part }) => part === name)?.bytes;
const args = (flags: Tree, more: Tree = {}) => ({ engine: { args: flags, ...more } });
const memory = (size: string) => ({ resources: { memory: size } });

test("what was measured: no start that failed is accepted, and all that are accepted started", () => {
  const verdicts = measuredStarts.map(({ model, limit, kvCacheGib, started }) => {
    const engine = { maxModelLen: 2048, env: { VLLM_CPU_KVCACHE_SPACE: String(kvCacheGib) } };
    const taken = wrong({ gpu: { count: 0 }, shape: measuredShapes[model], engine, ...memory(limit) }).length === 0;
    assert.ok(started || !taken, `${model} in ${limit} did not start`);
    const sameOrLess = (other: (typeof measuredStarts)[number]) =>
      other.model === model && memoryBytes(other.limit) >= memoryBytes(limit) && other.kvCacheGib <= kvCacheGib;
    if (taken) assert.ok(measuredStarts.filter(sameOrLess).every((other) => other.started));
    return taken;
  });
  // Of the two in 8Gi that started and are not taken one was warm; the other had 0.2 GiB left.
  assert.deepEqual(verdicts, [true, true, false, false, false, true, true, false, false, true, true, true, true]);
});

test("a model that leaves no GiB for the KV cache does not fit, and the least that would do is taken", () => {
  const own = { gpu: { count: 0 }, shape: measuredShapes["1.7B"], engine: { maxModelLen: 2048 } };
  const least = "13815Mi";
  assert.deepEqual(wrong({ ...own, ...memory("11Gi") }), [
    `vllm:resources.memory ${file}: the model does not fit: 2.5 GiB are missing (engine 1.8 GiB, libraries 1.4 GiB, weights 6.1 GiB, page cache 3.2 GiB, KV cache 1.0 GiB; the pod has 11.0 GiB); at least ${least}, or a smaller model; without shape the fit is not checked`,
  ]);
  assert.deepEqual(kinds({ ...own, ...memory("11Gi") }), [["fit", "resources.memory"]]);
  assert.equal(podOf({ ...own, ...memory(least) }).memory.kvCacheGib, 1);
  assert.equal(podOf({ ...own, ...memory("13824Mi") }).memory.kvCacheGib, 1);
  assert.deepEqual(kinds({ ...own, ...memory("13814Mi") }), [["fit", "resources.memory"]]);
  // Also where there is no context to check the fit with.
  const { contextLength: _, ...shape } = measuredShapes["1.7B"];
  assert.deepEqual(kinds({ gpu: { count: 0 }, shape, ...memory("13814Mi") }), [["fit", "resources.memory"]]);
});

test("the user's own KV cache on a CPU fits, with a shape or without", () => {
  const space = (value: unknown, more: Tree = {}) => ({
    ...{ gpu: { count: 0 }, ...memory("8Gi"), ...more },
    engine: { maxModelLen: 2048, env: { VLLM_CPU_KVCACHE_SPACE: value } },
  });
  const path = "engine.env.VLLM_CPU_KVCACHE_SPACE";
  assert.deepEqual(wrong(space("16")), [
    `vllm:${path} ${file}: is 16, more than resources.memory has left (engine 1.8 GiB, libraries 1.4 GiB, KV cache 16.0 GiB); at most 4, or resources.memory of at least 19661Mi`,
  ]);
  assert.deepEqual(kinds(space("16")), [["conflict", path]]);
  assert.deepEqual(wrong(space("4")), []);
  assert.deepEqual(kinds(space("5")), [["conflict", path]]);
  const shape = { shape: measuredShapes["0.6B"] };
  assert.deepEqual(kinds(space("2", { ...shape, ...memory("9Gi") })), [["conflict", path]]);
  assert.deepEqual(wrong(space("2", { ...shape, ...memory("10Gi") })), []);
  assert.deepEqual(wrong(space("0")), [`vllm:${path} ${file}: is 0, no space for a KV cache; at least 1, in GiB`]);
  const long = { ...space("1", { ...shape, ...memory("32Gi") }) };
  assert.deepEqual(wrong({ ...long, engine: { ...long.engine, maxModelLen: 40_960 } }), [
    `vllm:${path} ${file}: the model does not fit: a KV cache of 1.0 GiB does not hold one sequence of 40960 tokens, which takes 4.4 GiB; at least 5, or a smaller engine.maxModelLen; without shape the fit is not checked`,
  ]);
  // By default it is as large as that sequence.
  const free = { gpu: { count: 0 }, ...shape, ...memory("16Gi"), engine: { maxModelLen: 40_960 } };
  assert.equal(podOf(free).memory.kvCacheGib, 5);
});

test("KV offloading has its room in /dev/shm and in the pod, or is refused", () => {
  const l40s = { gpu: { product: "L40S" } };
  const offload = args({ "kv-offloading-size": 64 });
  assert.deepEqual(wrong({ ...l40s, ...offload, ...memory("24Gi") }), [
    `vllm:resources.memory ${file}: is 24Gi, too little for vLLM (engine 1.0 GiB, workers 4.0 GiB, /dev/shm 66.0 GiB, streamer 1.0 GiB); at least 72Gi`,
  ]);
  const own = { ...l40s, ...offload, ...memory("72Gi") };
  assert.deepEqual(wrong(own), []);
  assert.equal(podOf(own).memory.shm, "66Gi");
  // The size is one over all GPUs.
  const four = { gpu: { product: "L40S", count: 4 }, ...offload, ...memory("256Gi") };
  assert.equal(podOf(four).memory.shm, "68Gi");
  for (const [value, shm] of [
    ["0.5", "2560Mi"],
    ["1_0", "12Gi"],
    [10.25, "12544Mi"],
  ] as const)
    assert.equal(podOf({ ...args({ "kv-offloading-size": value }), ...memory("64Gi") }).memory.shm, shm);
});

test("a group written as JSON counts as the group does, in vLLM's own words for numbers", () => {
  const offloading = (text: string) => args({ "kv-transfer-config": text });
  const text = (bytes: string) =>
    `{"kv_connector":"OffloadingConnector","kv_role":"kv_both","kv_port":14k,"kv_connector_extra_config":{"cpu_bytes_to_use":${bytes}}}`;
  const [told = "", ...more] = wrong({ gpu: { product: "L4" }, ...offloading(text("400g")), ...memory("12Gi") });
  assert.match(told, /^vllm:resources\.memory .*: is 12Gi, too little for vLLM .*\/dev\/shm 374\.5 GiB/);
  assert.deepEqual(more, []);
  const reason = "must give OffloadingConnector its cpu_bytes_to_use, a whole number above 0";
  for (const bytes of ["0", "-5", '"80g"', "null"])
    assert.deepEqual(
      wrong({ gpu: { product: "L4" }, ...offloading(text(bytes)) }),
      [`vllm:engine.args.kv-transfer-config ${file}: ${reason}`],
      bytes,
    );
});

test("the KV cache of a CPU is read as Python reads it, in every version", () => {
  const told = (value: string, version: string) =>
    wrong({ gpu: { count: 0 }, engine: { version, maxModelLen: 2048, env: { VLLM_CPU_KVCACHE_SPACE: value } } });
  for (const version of ["0.32.0", "0.99.0"]) {
    assert.match(told("1_000", version)[0] ?? "", /: is 1000, more than resources\.memory has left /);
    assert.match(told("4.5", version)[0] ?? "", /must be a whole number/);
    assert.deepEqual(told("1", version), []);
  }
});

test("KV offloading that vLLM refuses", () => {
  const path = "engine.args.kv-offloading-size";
  assert.deepEqual(wrong(args({ "kv-offloading-size": 0 })), [
    `vllm:${path} ${file}: must be more than 0 GiB; to offload nothing, remove it`,
  ]);
  assert.deepEqual(kinds(args({ "kv-offloading-size": -1 })), [["conflict", path]]);
  assert.deepEqual(wrong(args({ "kv-offloading-size": 0, "kv-offloading-backend": "lmcache" })), []);
  assert.deepEqual(wrong({ gpu: { count: 0 }, ...args({ "kv-offloading-size": 1 }) }), [
    `vllm:${path} ${file}: offloads the KV cache of a GPU, and there is none; remove it`,
  ]);
});

test("weights kept in the host's memory are counted there, for each GPU, and what pinning them rounds up", () => {
  const own = {
    ...args({ "cpu-offload-gb": 50 }, { maxModelLen: 4096 }),
    shape: shapes.qwen32b.shape,
    ...memory("12Gi"),
  };
  assert.deepEqual(kinds(own), [["conflict", "resources.memory"]]);
  assert.match(
    wrong(own)[0] ?? "",
    /offloaded weights 51\.0 GiB, pinned rounding 51\.0 GiB, streamer 2\.9 GiB\); at least 114489Mi$/,
  );
  assert.deepEqual(wrong({ ...own, ...memory("114489Mi") }), []);
  // No more than there is of them, and on a CPU none.
  const small = { shape: measuredShapes["0.6B"], ...args({ "cpu-offload-gb": 50 }, { maxModelLen: 2048 }) };
  assert.equal(partOf({ ...small, ...memory("24Gi") }, "offloaded weights"), 2 * 751_600_000);
  assert.equal(partOf({ ...small, ...memory("24Gi") }, "pinned rounding"), 2 * 751_600_000);
  assert.equal(partOf({ ...small, gpu: { count: 0 }, ...memory("24Gi") }, "offloaded weights"), undefined);
  const unknown = { ...args({ "cpu-offload-gb": 3 }), gpu: { product: "L4", count: 4 } };
  assert.equal(partOf(unknown, "offloaded weights"), 4 * 4 * gib);
});

test("each GPU's process is counted", () => {
  const eight = { gpu: { product: "H100", count: 8 } };
  assert.deepEqual(wrong({ ...eight, ...memory("16Gi") }), [
    `vllm:resources.memory ${file}: is 16Gi, too little for vLLM (engine 2.0 GiB, workers 40.0 GiB, /dev/shm 8.0 GiB, streamer 4.0 GiB); at least 54Gi`,
  ]);
  assert.deepEqual(wrong({ ...eight, ...memory("54Gi") }), []);
});

test("/dev/shm is as large as the user says, unless less than what lies in it", () => {
  const shm = (size: string, more: Tree = {}) => ({ resources: { shm: size, memory: "64Gi" }, ...more });
  assert.equal(podOf(shm("8Gi")).memory.shm, "8Gi");
  assert.equal(podOf(shm("512Mi")).memory.shm, "512Mi");
  const offload = args({ "kv-offloading-size": 20 });
  assert.deepEqual(wrong(shm("16Gi", offload)), [
    `vllm:resources.shm ${file}: is 16Gi, less than what lies in it (KV offloading 20.0 GiB); at least 20Gi`,
  ]);
  assert.deepEqual(wrong(shm("20Gi", offload)), []);
  const two = { gpu: { product: "L4", count: 2 } };
  assert.deepEqual(wrong(shm("512Mi", two)), [
    `vllm:resources.shm ${file}: is 512Mi, less than what lies in it (queues 0.7 GiB); at least 738Mi`,
  ]);
  // A size that nothing fills takes nothing.
  assert.deepEqual(wrong({ resources: { shm: "60Gi", memory: "64Gi" } }), []);
  assert.deepEqual(wrong({ gpu: { product: "L4" }, resources: { shm: "8Gi" } }), []);
});

test("what a pod gets by default is enough for every product and count, streamed or copied", () => {
  for (const product of gpuProducts)
    for (let count = 1; count <= 8; count++) {
      if (instancesFor(gpus[product], count).length === 0) continue;
      for (const kind of ["stream", "copy"]) {
        const own = { gpu: { product, count }, delivery: { kind } };
        assert.deepEqual(wrong(own), [], `${count} × ${product}`);
        assert.equal(podOf(own).memory.limit, `${Math.floor(hostShare(product, count).memoryGib * 0.75)}Gi`);
      }
    }
  const largest = { ...shapes.qwen8b.shape, vocabularySize: 262_208 };
  assert.deepEqual(wrong({ shape: largest, engine: { maxModelLen: 2048 } }), []);
});

test("too little memory is told beside a model that does not fit its GPU, and beside a wrong shape", () => {
  const shape = { ...shapes.qwen32b.shape };
  const own = { shape, engine: { maxModelLen: 4096 }, ...memory("4Gi") };
  assert.deepEqual(kinds(own), [
    ["conflict", "resources.memory"],
    ["fit", "gpu.product"],
  ]);
  const odd = { ...own, gpu: { count: 0 }, shape: { ...shape, keyValueHeads: 7 } };
  assert.deepEqual(
    kinds(odd)
      .map(([, path]) => path)
      .sort(),
    ["resources.memory", "shape.keyValueHeads"],
  );
});
