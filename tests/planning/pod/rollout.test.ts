import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Rollout, rollout } from "../../../planning/pod/rollout.ts";

const surging = (surge: number, waves: number): Rollout => ({
  strategy: "RollingUpdate",
  surge,
  unavailable: 0,
  waves,
  downtime: false,
});
const oneByOne = (waves: number, downtime = false): Rollout => ({
  strategy: "RollingUpdate",
  surge: 0,
  unavailable: 1,
  waves,
  downtime,
});
const recreate: Rollout = { strategy: "Recreate", surge: 0, unavailable: 1, waves: 1, downtime: true };

/** Smallest and largest replica count, room for pods, and what follows. */
const table: readonly [number, number, number, Rollout][] = [
  // a single replica: with room it surges, without it is replaced in place
  [1, 1, 0, recreate],
  [1, 1, 1, surging(1, 1)],
  [1, 1, 9, surging(1, 1)],
  [1, 1, Number.POSITIVE_INFINITY, surging(1, 1)],
  // several, fixed: without room one by one
  [2, 2, 0, oneByOne(2)],
  [20, 20, 0, oneByOne(20)],
  // with room: at least one, at most what there is room for, and never all at a time
  [2, 2, 1, surging(1, 2)],
  [2, 2, 9, surging(1, 2)],
  [3, 3, 9, surging(2, 2)],
  [7, 7, 6, surging(6, 2)],
  [7, 7, 7, surging(6, 2)],
  [7, 7, 9, surging(6, 2)],
  [8, 8, 9, surging(7, 2)],
  [8, 8, 2, surging(2, 4)],
  [8, 8, 1, surging(1, 8)],
  [20, 20, 5, surging(5, 4)],
  [20, 20, 6, surging(6, 4)],
  // where room costs nothing: a quarter at a time, at least one
  [2, 2, Number.POSITIVE_INFINITY, surging(1, 2)],
  [7, 7, Number.POSITIVE_INFINITY, surging(1, 7)],
  [8, 8, Number.POSITIVE_INFINITY, surging(2, 4)],
  [20, 20, Number.POSITIVE_INFINITY, surging(5, 4)],
  [8, 20, Number.POSITIVE_INFINITY, surging(2, 10)],
  // waves are rounded up
  [9, 9, 2, surging(2, 5)],
  // scaled: steps by the smallest count, waves by the largest
  [2, 20, 9, surging(1, 20)],
  [4, 20, 2, surging(2, 10)],
  [4, 20, 9, surging(3, 7)],
  [8, 20, 2, surging(2, 10)],
  [8, 21, 2, surging(2, 11)],
  // scaled from one without room: there may be only one when it is replaced
  [1, 4, 0, oneByOne(4, true)],
  [2, 4, 0, oneByOne(4)],
  [1, 4, 1, surging(1, 4)],
];
for (const [min, max, room, expected] of table)
  test(`${min} to ${max} replicas, room for ${room}: ${expected.strategy}, ${expected.surge} up, ${expected.unavailable} down`, () =>
    assert.deepEqual(rollout(min, max, room), expected));

const bounds = fc
  .tuple(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 0, max: 1000 }))
  .map(([min, more]) => [min, min + more] as const);
const room = fc.oneof(fc.integer({ min: 0, max: 50 }), fc.constant(Number.POSITIVE_INFINITY));

test("for all counts and rooms", () => {
  fc.assert(
    fc.property(bounds, room, ([min, max], room) => {
      const { strategy, surge, unavailable, waves, downtime } = rollout(min, max, room);
      assert.ok(surge <= room, "never more pods than there is room for");
      assert.ok(surge + unavailable >= 1, "it moves");
      assert.ok(Number.isInteger(surge) && Number.isInteger(unavailable) && Number.isInteger(waves));
      if (min > 1) assert.ok(surge < min, "never all at a time");
      if (min === 1) assert.ok(surge <= 1, "one by one");
      if (room === Number.POSITIVE_INFINITY) assert.equal(surge, Math.max(1, Math.floor(min / 4)), "a quarter");
      else if (room >= 1 && min > 1) assert.equal(surge, Math.min(room, min - 1), "all the room there is");
      assert.ok(unavailable <= 1);
      if (strategy === "RollingUpdate" && min > 1) assert.ok(unavailable < min, "never all");
      assert.equal(waves, Math.ceil(max / (surge + unavailable)));
      assert.equal(strategy === "Recreate", max === 1 && room === 0);
      assert.equal(downtime, min === 1 && room === 0);
      if (room >= 1) assert.equal(unavailable, 0, "with room nothing goes before its successor is there");
    }),
  );
});

test("more room never takes more waves, and never brings downtime", () => {
  fc.assert(
    fc.property(bounds, fc.integer({ min: 0, max: 50 }), ([min, max], room) => {
      const [less, more] = [rollout(min, max, room), rollout(min, max, room + 1)];
      assert.ok(more.waves <= less.waves);
      assert.equal(more.downtime, false);
    }),
  );
});
