import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { gpuProducts } from "../../../catalogue/gpus.ts";
import { hostShare } from "../../../planning/pod/gpu.ts";
import { leastMemory, memoryBytes, podMemory } from "../../../planning/pod/memory.ts";

const gib = 2 ** 30;

test("memory quantities in bytes", () => {
  assert.equal(memoryBytes("512Mi"), 512 * 2 ** 20);
  assert.equal(memoryBytes("24Gi"), 24 * gib);
  assert.equal(memoryBytes("1.5Ti"), 1.5 * 1024 * gib);
  assert.ok(Number.isNaN(memoryBytes("24G")));
});

test("a pod's memory, parted", () => {
  assert.deepEqual(podMemory("12Gi", 1, true), { limit: "12Gi", shm: "2Gi", streamerBytes: 3.5 * gib });
  assert.deepEqual(podMemory("12Gi", 1, false), { limit: "12Gi", shm: "2Gi" });
  assert.deepEqual(podMemory("12Gi", 0, true), { limit: "12Gi", shm: "2Gi", streamerBytes: 3.5 * gib, kvCacheGib: 3 });
  assert.deepEqual(podMemory("7Gi", 0, false), { limit: "7Gi", shm: "2Gi", kvCacheGib: 1 });
  assert.deepEqual(podMemory("192Gi", 4, true), { limit: "192Gi", shm: "4Gi", streamerBytes: 40e9 });
});

test("the least memory is taken, a MiB less is not", () => {
  for (const [count, least] of [
    [0, 6],
    [1, 6],
    [2, 6],
    [3, 7],
    [8, 12],
  ] as const) {
    assert.equal(leastMemory(count), `${least}Gi`);
    assert.equal(podMemory(`${least}Gi`, count, true)?.streamerBytes, gib / 2);
    for (const streamed of [true, false]) assert.equal(podMemory(`${least * 1024 - 1}Mi`, count, streamed), undefined);
  }
});

test("the parts of a pod's memory, and 3 GiB for the engine, stay below its limit", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2048 }), fc.integer({ min: 0, max: 8 }), (gibs, count) => {
      const memory = podMemory(`${gibs}Gi`, count, true);
      if (!memory) return assert.ok(gibs < Number.parseInt(leastMemory(count), 10));
      const { streamerBytes = Number.NaN } = memory;
      assert.ok(streamerBytes <= 40e9);
      assert.ok(Number.isInteger(streamerBytes));
      assert.ok(memoryBytes(memory.shm) >= Math.max(2, count) * gib);
      assert.ok(memoryBytes(memory.shm) + streamerBytes + 3 * gib <= memoryBytes(memory.limit));
    }),
  );
});

test("with what a pod gets by default there is memory for every product and count", () => {
  for (const product of gpuProducts)
    for (let count = 1; count <= 8; count++)
      assert.ok(
        podMemory(`${Math.floor(hostShare(product, count).memoryGib * 0.75)}Gi`, count, true),
        `${count} ${product}`,
      );
});
