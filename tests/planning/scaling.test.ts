import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Tree } from "../../config/tree.ts";
import { variantOf } from "./given.ts";

const scaling = (own: Tree, base: Tree = {}) => variantOf(own, base).scaling;

test("scaling: the user's bounds, five waiting requests by default, and a start at the smallest", () => {
  const { scaling, rollout } = variantOf({ autoscaling: { min: 2, max: 6 } });
  assert.deepEqual(scaling, { kind: "hpa", min: 2, max: 6, waitingRequests: 5 });
  assert.equal(rollout.waves, 6);
});

test("the user's own bound of waiting requests", () =>
  assert.deepEqual(scaling({ autoscaling: { min: 2, max: 6, waitingRequests: 9 } }), {
    kind: "hpa",
    min: 2,
    max: 6,
    waitingRequests: 9,
  }));

test("a fixed count is its own smallest and largest; without one there is one", () => {
  assert.deepEqual(scaling({ replicas: 3 }), { kind: "fixed", min: 3, max: 3 });
  assert.deepEqual(scaling({}), { kind: "fixed", min: 1, max: 1 });
});

test("the later layer says which of the two it is", () => {
  assert.deepEqual(scaling({ replicas: 3 }, { autoscaling: { min: 2, max: 6 } }), { kind: "fixed", min: 3, max: 3 });
  assert.deepEqual(scaling({ autoscaling: { max: 6 } }, { autoscaling: { min: 2, max: 4 } }), {
    kind: "hpa",
    min: 2,
    max: 6,
    waitingRequests: 5,
  });
  assert.equal(scaling({ autoscaling: { min: 2, max: 6 } }, { replicas: 3 }).kind, "hpa");
});

test("GPUs that a variant takes: at the least, while that rolls, and at the most", () => {
  const counts = fc.record({ min: fc.integer({ min: 1, max: 40 }), more: fc.nat({ max: 40 }), spare: fc.nat(9) });
  fc.assert(
    fc.property(counts, fc.constantFrom(0, 1, 4), ({ min, more, spare }, count) => {
      const max = min + more;
      const gpu = { count, spare, product: "L4" };
      const { scaling, rollout, gpus } = variantOf({ gpu, autoscaling: { min, max } });
      assert.deepEqual([scaling.min, scaling.max], [min, max]);
      const { surge } = rollout;
      assert.deepEqual(gpus, { steady: min * count, rolling: (min + surge) * count, max: (max + surge) * count });
    }),
    { numRuns: 50 },
  );
});
