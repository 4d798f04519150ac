import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  afterOthers,
  type Budgets,
  budgets,
  type Load,
  startupSeconds,
  waveSeconds,
} from "../../../planning/pod/budgets.ts";

const gpu: Load = { bytes: 24e9, networkGbps: 2.5, gpu: true, streamed: true };
const cpu: Load = { bytes: 8e9, networkGbps: 2.5, gpu: false, streamed: false };

test("start-up is load and engine with a margin: the GPU streams at three quarters of the line", () => {
  // 24e9 / (2.5e9 / 8 * 0.75) = 102.4 s; + 417 s engine; × 1.5
  assert.equal(startupSeconds(gpu), Math.ceil((102.4 + 417) * 1.5));
  assert.equal(startupSeconds(gpu), 780);
  assert.equal(startupSeconds({ ...gpu, networkGbps: 100 }), 630);
});

test("a copy is at most as fast as the disk that it goes to, whatever the line, on a GPU too", () => {
  // 8e9 / (125 × 2^20) = 61.04 s; + 160 s engine; × 1.5
  assert.equal(startupSeconds(cpu), 332);
  assert.equal(startupSeconds({ ...cpu, networkGbps: 100 }), 332);
  // 1 Gbit/s is 125 MB/s: 64 s
  assert.equal(startupSeconds({ ...cpu, networkGbps: 1 }), 336);
  // 24e9 / (125 × 2^20) = 183.1 s; + 417 s engine; × 1.5
  assert.equal(startupSeconds({ ...gpu, streamed: false }), 901);
});

test("all times of a server, on a GPU and on a CPU", () => {
  assert.deepEqual(budgets({ load: gpu, waves: 3, drainSeconds: 75 }), {
    provisioning: 780,
    startup: 780,
    drain: { total: 75, preStop: 15, shutdownTimeout: 45 },
    turns: 0,
    progressDeadline: 780 + 780 + 75 + 60,
    rollout: 3 * (780 + 780 + 75) + 120,
    deletion: 375,
  } satisfies Budgets);
  assert.deepEqual(budgets({ load: cpu, waves: 1, drainSeconds: 35 }), {
    provisioning: 480,
    startup: 332,
    drain: { total: 35, preStop: 15, shutdownTimeout: 5 },
    turns: 0,
    progressDeadline: 480 + 332 + 35 + 60,
    rollout: 480 + 332 + 35 + 120,
    deletion: 335,
  } satisfies Budgets);
});

test("the user's own numbers win, and everything that hangs on them follows", () => {
  const own = budgets({ load: gpu, waves: 2, provisioningSeconds: 100, startupSeconds: 200, drainSeconds: 300 });
  assert.deepEqual(own, {
    provisioning: 100,
    startup: 200,
    drain: { total: 300, preStop: 15, shutdownTimeout: 270 },
    turns: 0,
    progressDeadline: 660,
    rollout: 2 * 600 + 120,
    deletion: 600,
  } satisfies Budgets);
});

test("the turns of others are added to what waits for them, and to nothing else", () => {
  const own = budgets({ load: gpu, waves: 2, provisioningSeconds: 100, startupSeconds: 200, drainSeconds: 300 });
  const before = structuredClone(own);
  assert.equal(waveSeconds(own), 600);
  assert.deepEqual(afterOthers(own, 4000), { ...own, turns: 4000, progressDeadline: 4660, rollout: 5320 });
  assert.deepEqual(afterOthers(own, 0), own);
  assert.deepEqual(own, before, "what is given stays as it is");
});

const load = fc.record({
  bytes: fc.integer({ min: 0, max: 2e12 }),
  networkGbps: fc.double({ min: 0.1, max: 400, noNaN: true }),
  gpu: fc.boolean(),
  streamed: fc.boolean(),
});
const seconds = fc.option(fc.integer({ min: 1, max: 14_400 }), { nil: undefined });

test("the relations between the times hold for every server", () => {
  fc.assert(
    fc.property(
      fc.record({
        load,
        waves: fc.integer({ min: 1, max: 1000 }),
        provisioningSeconds: seconds,
        startupSeconds: seconds,
        drainSeconds: fc.integer({ min: 35, max: 3600 }),
      }),
      (input) => {
        const { provisioning, startup, drain, turns, progressDeadline, rollout, deletion } = budgets(input);
        assert.equal(turns, 0, "by itself");
        assert.equal(progressDeadline, provisioning + startup + drain.total + 60, "a new pod may wait for an old one");
        assert.ok(rollout > input.waves * (provisioning + startup + drain.total));
        assert.equal(rollout - progressDeadline, (input.waves - 1) * (provisioning + startup + drain.total) + 60);
        assert.equal(drain.preStop + drain.shutdownTimeout + 15, drain.total);
        assert.ok(drain.shutdownTimeout >= 5);
        assert.ok(deletion > drain.total);
        for (const time of [provisioning, startup, progressDeadline, rollout, deletion, drain.shutdownTimeout])
          assert.ok(Number.isInteger(time) && time > 0);
        if (input.provisioningSeconds) assert.equal(provisioning, input.provisioningSeconds);
        if (input.startupSeconds) assert.equal(startup, input.startupSeconds);
        else assert.equal(startup, startupSeconds(input.load));
      },
    ),
  );
});

test("more bytes and a slower line never start faster", () => {
  fc.assert(
    fc.property(load, fc.integer({ min: 1, max: 1e12 }), (load, more) => {
      assert.ok(startupSeconds({ ...load, bytes: load.bytes + more }) >= startupSeconds(load));
      assert.ok(startupSeconds({ ...load, networkGbps: load.networkGbps * 2 }) <= startupSeconds(load));
    }),
  );
});
