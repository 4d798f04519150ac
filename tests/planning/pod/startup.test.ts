import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { hostShare } from "../../../planning/pod/gpu.ts";
import { type Load, startupSeconds, startupTooShort } from "../../../planning/pod/startup.ts";
import { type Start, starts } from "../../data/starts.ts";
import { modelOf, variantOf } from "../given.ts";

const gpu: Load = { bytes: 24e9, networkGbps: 2.5, gpus: 1, cpus: 3, streamed: true };
const cpu: Load = { bytes: 1.5e9, networkGbps: 2.5, gpus: 0, cpus: 2, streamed: false };

test("on a GPU: load at three quarters of the line, the engine by weights and GPUs, a margin", () => {
  // 24e9 / (2.5e9 / 8 × 0.75) = 102.4 s; 360 s and 1 s a gigabyte; × 1.5
  assert.equal(startupSeconds(gpu), Math.ceil((102.4 + 360 + 24) * 1.5));
  assert.equal(startupSeconds({ ...gpu, networkGbps: 100 }), Math.ceil((2.56 + 360 + 24) * 1.5));
  assert.equal(startupSeconds({ ...gpu, gpus: 2 }), Math.ceil((102.4 + 360 + 24 + 60) * 1.5));
  assert.equal(startupSeconds({ ...gpu, gpus: 8 }), startupSeconds({ ...gpu, gpus: 2 }));
});

test("a copy is at most as fast as the disk that it goes to, whatever the line", () => {
  // 24e9 / (125 × 2^20) = 183.1 s
  assert.equal(startupSeconds({ ...gpu, streamed: false }), Math.ceil((183.11 + 384) * 1.5));
  assert.equal(
    startupSeconds({ ...gpu, streamed: false, networkGbps: 100 }),
    startupSeconds({ ...gpu, streamed: false }),
  );
  // 1 Gbit/s is 125 MB/s
  assert.equal(startupSeconds({ ...gpu, streamed: false, networkGbps: 1 }), Math.ceil((192 + 384) * 1.5));
});

test("on a CPU: what was measured over the CPUs asked for, of which more than one are no help", () => {
  // 11.4 s of disk, 150 + 30 CPU seconds
  assert.equal(startupSeconds(cpu), Math.ceil((11.44 + 180) * 1.5));
  assert.equal(startupSeconds({ ...cpu, cpus: 1 }), startupSeconds(cpu));
  assert.equal(startupSeconds({ ...cpu, cpus: 0.5 }), Math.ceil((11.44 + 360) * 1.5));
  // Less than a quarter is no longer than that: nodes have idle CPUs, and a start that hangs is to be seen.
  assert.equal(startupSeconds({ ...cpu, cpus: 0.25 }), Math.ceil((11.44 + 720) * 1.5));
  for (const cpus of [0.001, 0.1, 0.249])
    assert.equal(startupSeconds({ ...cpu, cpus }), startupSeconds({ ...cpu, cpus: 0.25 }));
  // The shape of Qwen3-0.6B took 144 s on an idle machine, and 318 s where it had to share its CPUs with as much again.
  assert.ok(startupSeconds(cpu) > 144 && startupSeconds(cpu) <= 3 * 144);
  assert.ok(startupSeconds({ ...cpu, cpus: 0.5 }) > 318);
});

/** Published starts say nothing of the network: the EC2 instance's own is taken. */
const estimate = ({ gigabytes, like: [count, product] }: Start): number =>
  startupSeconds({
    ...{ bytes: gigabytes * 1e9, gpus: count, cpus: 4, streamed: true },
    networkGbps: hostShare(product, count).networkGbps,
  });

const median = (all: readonly number[]): number => {
  const sorted = [...all].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
};

for (const [setup, rows] of Object.entries(starts)) {
  const all = rows.map(({ seconds }) => seconds);
  for (const row of rows)
    test(`${setup}: ${row.model} on ${row.on}: above the slowest, and at most three times the typical`, () => {
      const reckoned = estimate(row);
      assert.ok(reckoned > Math.max(...all), `${reckoned} s, ${Math.max(...all)} s the slowest`);
      assert.ok(reckoned <= Math.max(3 * median(all), ...all), `${reckoned} s, ${median(all)} s the typical`);
    });
}

test("there are enough published starts, and each names its source", () => {
  const rows = Object.values(starts).flat();
  assert.ok(rows.length >= 10);
  for (const { source, load = 0, seconds } of rows) {
    assert.match(source, /^https:\/\/\S+/);
    assert.ok(load < seconds);
  }
});

test("more bytes, a slower line, fewer CPUs never start faster", () => {
  const load = fc.record({
    bytes: fc.integer({ min: 0, max: 2e12 }),
    networkGbps: fc.double({ min: 0.1, max: 400, noNaN: true }),
    gpus: fc.constantFrom(0, 1, 2, 8),
    cpus: fc.double({ min: 0.001, max: 200, noNaN: true }),
    streamed: fc.boolean(),
  });
  fc.assert(
    fc.property(load, fc.integer({ min: 1, max: 1e12 }), (load, more) => {
      assert.ok(startupSeconds({ ...load, bytes: load.bytes + more }) >= startupSeconds(load));
      assert.ok(startupSeconds({ ...load, networkGbps: load.networkGbps * 2 }) <= startupSeconds(load));
      assert.ok(startupSeconds({ ...load, cpus: load.cpus * 2 }) <= startupSeconds(load));
      if (load.gpus > 0) assert.ok(startupSeconds({ ...load, gpus: 8 }) >= startupSeconds(load));
    }),
  );
});

test("the model's size moves the plan: DeepSeek-R1 has twice the time of an 8B, and none of them less than before it is ready", () => {
  const of = (weightBytes: number, product: string, count: number) => {
    const shape = {
      weightBytes,
      layers: 61,
      hiddenSize: 7168,
      attentionHeads: 128,
      latentSize: 576,
      contextLength: 4096,
    };
    return variantOf({ shape: { ...shape, quantization: "fp8" }, gpu: { product, count } }).budgets.startup;
  };
  const [small, large] = [of(8e9, "H200", 1), of(688_586_727_753, "H200", 8)];
  assert.ok(large > 2 * small && large > 1200, `${small} s, ${large} s`);
});

test("less than one CPU makes a start longer, and the CPUs are those of the plan", () => {
  const startup = (cpu: string) => variantOf({ gpu: { count: 0 }, resources: { cpu, memory: "16Gi" } }).budgets.startup;
  assert.equal(startup("4"), startup("1"));
  assert.equal(startup("1000m"), startup("1"));
  assert.ok(startup("500m") > startup("1"));
  assert.equal(startup("0.5"), startup("500m"));
  assert.equal(startup("1m"), startup("250m"));
});

test("a startup.seconds below the reckoning is a fact of the plan, and counts", () => {
  const { budgets, facts } = variantOf({ startup: { seconds: 10 } });
  const { budgets: plain, facts: none } = variantOf({});
  assert.equal(budgets.startup, 10);
  assert.deepEqual(facts.startupTooShort, { seconds: 10, estimate: plain.startup });
  assert.equal("startupTooShort" in none, false);
  const enough = variantOf({ startup: { seconds: plain.startup } });
  assert.equal("startupTooShort" in enough.facts, false);
  assert.deepEqual(modelOf({ startup: { seconds: plain.startup - 1 } }).variants[0].facts.startupTooShort, {
    seconds: plain.startup - 1,
    estimate: plain.startup,
  });
  assert.equal(startupTooShort(undefined, gpu), undefined);
});
