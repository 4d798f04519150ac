import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  type HostDemand,
  leastMemory,
  type MemoryInput,
  type MemoryPart,
  memoryBytes,
  podMemory,
  quantityOf,
} from "../../../planning/pod/memory.ts";

const gib = 2 ** 30;
const demand = (more: Partial<HostDemand> = {}): HostDemand => ({
  ...{ workers: false, shared: [], held: [], unreckoned: [], perhaps: [] },
  ...more,
});
const input = (limit: string, gpus: number, streamed: boolean, more: Partial<MemoryInput> = {}): MemoryInput => ({
  ...{ limit, gpus, streamed, needs: {}, demand: demand({ workers: gpus > 1 }) },
  ...more,
});
/** The figures that are handed on, without the account of them. */
const figures = (given: MemoryInput) => {
  const memory = podMemory(given);
  if (!memory) return undefined;
  const { parts: _, shared, unreckoned, ...rest } = memory;
  assert.deepEqual([shared.at(-1)?.part, unreckoned], ["rest", given.demand.unreckoned]);
  return rest;
};

test("memory quantities in bytes, and back", () => {
  assert.equal(memoryBytes("512Mi"), 512 * 2 ** 20);
  assert.equal(memoryBytes("24Gi"), 24 * gib);
  assert.equal(memoryBytes("1.5Ti"), 1.5 * 1024 * gib);
  assert.ok(Number.isNaN(memoryBytes("24G")));
  assert.equal(quantityOf(24 * gib), "24Gi");
  assert.equal(quantityOf(24 * gib + 1), "24577Mi");
});

test("a pod's memory, parted", () => {
  const one = { limit: "12Gi", shm: "2Gi" };
  assert.deepEqual(figures(input("12Gi", 1, true)), { ...one, streamerBytes: 2.5 * gib });
  assert.deepEqual(figures(input("12Gi", 1, false)), one);
  assert.deepEqual(figures(input("12Gi", 0, false)), { ...one, kvCacheGib: 3 });
  const streamerBytes = Math.floor(2.9 * gib);
  assert.deepEqual(figures(input("12Gi", 0, true)), { ...one, streamerBytes, kvCacheGib: 3 });
  assert.deepEqual(figures(input("7Gi", 0, false)), { limit: "7Gi", shm: "2Gi", kvCacheGib: 1 });
  assert.deepEqual(figures(input("1Ti", 1, true)), { limit: "1Ti", shm: "2Gi", streamerBytes: 40e9 });
});

test("each process that reads has a buffer: together they are half of what is left", () => {
  // 144 GiB: engine 2, workers 4 × 5, /dev/shm 4; half of the other 118, over four processes.
  assert.equal(podMemory(input("144Gi", 4, true))?.streamerBytes, (118 / 2 / 4) * gib);
  assert.equal(podMemory(input("576Gi", 8, true))?.streamerBytes, Math.floor((526 / 2 / 8) * gib));
});

test("a buffer holds the largest tensor that is known, or the pod has too little", () => {
  const tensor = 2.8 * gib;
  const needs = { needs: { tensor } };
  assert.equal(leastMemory(input("", 1, true, needs)).bytes, 7 * gib + 2 * tensor);
  assert.equal(leastMemory(input("", 1, false, needs)).bytes, 7 * gib);
  // Several unpack on their GPUs.
  assert.equal(leastMemory(input("", 8, true, needs)).bytes, 50 * gib + 8 * tensor);
  for (const gpus of [1, 2, 8]) {
    const limit = quantityOf(leastMemory(input("", gpus, true, needs)).bytes);
    assert.ok((podMemory(input(limit, gpus, true, needs))?.streamerBytes ?? 0) >= Math.floor(tensor));
  }
});

test("on a CPU the KV cache has what is left, in whole GiB: a quarter at most, and what one sequence needs", () => {
  const space = (limit: string, more: Partial<MemoryInput> = {}) => podMemory(input(limit, 0, false, more))?.kvCacheGib;
  const needs = { weights: 1.4 * gib };
  // 3.2 GiB for the engine and 2.9 × 1.4 for the weights.
  assert.deepEqual(
    ["8Gi", "9Gi", "10Gi", "11Gi", "32Gi"].map((limit) => space(limit, { needs })),
    [undefined, 1, 2, 2, 8],
  );
  assert.equal(space("11Gi", { needs: { ...needs, sequence: 2.1 * gib } }), 3);
  assert.equal(space("10Gi", { needs: { ...needs, sequence: 2.1 * gib } }), undefined);
  assert.equal(space("11Gi", { needs, kvCacheGib: 3 }), 3);
  assert.equal(space("11Gi", { needs, kvCacheGib: 4 }), undefined);
  assert.equal(space("9Gi", { needs: { weights: 3.2 * gib } }), undefined);
});

test("/dev/shm has what lies in it beside its least, or the size that the user says; what may lie in it counts", () => {
  const offloaded = demand({ shared: [{ part: "KV offloading", bytes: 64 * gib }] });
  const parts = (memory: ReturnType<typeof podMemory>, part: MemoryPart["part"]) =>
    memory?.parts.find((one) => one.part === part)?.bytes;
  const big = podMemory(input("128Gi", 1, false, { demand: offloaded }));
  assert.equal(big?.shm, "66Gi");
  assert.equal(parts(big, "/dev/shm"), 66 * gib);
  assert.deepEqual(big?.shared, [
    { part: "KV offloading", bytes: 64 * gib },
    { part: "rest", bytes: 2 * gib },
  ]);
  const own = podMemory(input("128Gi", 1, false, { shm: "100Gi", demand: offloaded }));
  assert.equal(own?.shm, "100Gi");
  assert.equal(parts(own, "/dev/shm"), 66 * gib);
  assert.equal(parts(podMemory(input("128Gi", 1, false, { shm: "65Gi", demand: offloaded })), "/dev/shm"), 65 * gib);
  assert.equal(podMemory(input("9Gi", 1, false, { shm: "5Gi" }))?.shm, "5Gi");
  // On a CPU it is there, and nothing lies in it.
  assert.equal(parts(podMemory(input("8Gi", 0, false)), "/dev/shm"), undefined);
  assert.equal(parts(podMemory(input("8Gi", 0, false, { shm: "3Gi" })), "/dev/shm"), undefined);
});

const bytes = fc.integer({ min: 1, max: 40 * gib });
const maybe = (arbitrary: fc.Arbitrary<number>) => fc.option(arbitrary, { nil: undefined });
const anyInput: fc.Arbitrary<MemoryInput> = fc
  .record({
    gpus: fc.integer({ min: 0, max: 8 }),
    streamed: fc.boolean(),
    limit: fc.integer({ min: 1, max: 600 }).map((size) => `${size}Gi`),
    weights: maybe(bytes),
    tensor: maybe(bytes),
    sequence: maybe(bytes),
    kvCacheGib: maybe(fc.integer({ min: 1, max: 99 })),
    offloaded: fc.constantFrom(0, 0.5, 7),
    held: fc.constantFrom(0, 3),
    shm: fc.constantFrom(undefined, "9Gi", "20Gi"),
  })
  .map(({ gpus, weights, tensor, sequence, kvCacheGib, offloaded, held, shm, ...rest }) => ({
    ...rest,
    gpus,
    needs: JSON.parse(JSON.stringify({ weights, tensor, sequence })),
    demand: demand({
      workers: gpus > 1,
      shared: offloaded > 0 ? [{ part: "KV offloading", bytes: offloaded * gib }] : [],
      held: held > 0 ? [{ part: "offloaded weights", bytes: held * gib }] : [],
    }),
    ...(gpus === 0 && kvCacheGib ? { kvCacheGib } : {}),
    ...(shm ? { shm } : {}),
  }));

test("the parts are the limit, and the least is taken where a MiB less is not", () => {
  const seen = { taken: 0, refused: 0 };
  fc.assert(
    fc.property(anyInput, (given) => {
      const least = leastMemory(given).bytes;
      const memory = podMemory(given);
      assert.equal(memory !== undefined, memoryBytes(given.limit) >= least);
      for (const [limit, taken] of [
        [`${Math.ceil(least / 2 ** 20)}Mi`, true],
        [`${Math.ceil(least / 2 ** 20) - 1}Mi`, false],
      ] as const)
        assert.equal(podMemory({ ...given, limit }) !== undefined, taken);
      seen[memory ? "taken" : "refused"] += 1;
      if (!memory) return;
      const total = (parts: MemoryPart[]) => parts.reduce((sum, part) => sum + part.bytes, 0);
      for (const { bytes: one } of [...memory.parts, ...memory.shared]) assert.ok(Number.isInteger(one) && one >= 0);
      // Each part is rounded up to a byte.
      assert.ok(Math.abs(total(memory.parts) - memoryBytes(memory.limit)) < memory.parts.length);
      assert.ok(Math.abs(total(memory.shared) - memoryBytes(memory.shm)) < 2 ** 20);
      if (given.streamed)
        assert.ok((memory.streamerBytes ?? 0) <= Math.max(40e9, given.needs.tensor ?? 0) && memory.streamerBytes);
    }),
    { numRuns: 2000 },
  );
  for (const [what, count] of Object.entries(seen)) assert.ok(count > 200, `${what}: ${count}`);
});
