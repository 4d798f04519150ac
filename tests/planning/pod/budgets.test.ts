import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { afterOthers, type Budgets, budgets, waveSeconds } from "../../../planning/pod/budgets.ts";
import { type Load, startupSeconds } from "../../../planning/pod/startup.ts";

const gpu: Load = { bytes: 24e9, networkGbps: 2.5, gpus: 1, cpus: 3, streamed: true };
const cpu: Load = { bytes: 8e9, networkGbps: 2.5, gpus: 0, cpus: 2, streamed: false };

test("all times of a server, on a GPU and on a CPU", () => {
  assert.deepEqual(budgets({ load: gpu, waves: 3, drainSeconds: 75 }), {
    provisioning: 780,
    startup: 730,
    drain: { total: 75, preStop: 15, shutdownTimeout: 45 },
    turns: 0,
    progressDeadline: 780 + 730 + 75 + 60,
    rollout: 3 * (780 + 730 + 75) + 120,
    deletion: 375,
  } satisfies Budgets);
  assert.deepEqual(budgets({ load: cpu, waves: 1, drainSeconds: 35 }), {
    provisioning: 480,
    startup: 557,
    drain: { total: 35, preStop: 15, shutdownTimeout: 5 },
    turns: 0,
    progressDeadline: 480 + 557 + 35 + 60,
    rollout: 480 + 557 + 35 + 120,
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
  gpus: fc.constantFrom(0, 1, 8),
  cpus: fc.constantFrom(0.5, 1, 4),
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
