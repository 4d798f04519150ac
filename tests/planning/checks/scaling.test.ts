import assert from "node:assert/strict";
import { test } from "node:test";
import type { Tree } from "../../../config/tree.ts";
import { file, kinds, variantOf, wrong } from "../given.ts";

const args = (args: Tree, engine: Tree = {}) => ({ engine: { args, ...engine } });

test("the metrics that autoscaling reads must be there", () => {
  const autoscaling = { min: 1, max: 2 };
  const own = { ...args({ "disable-log-stats": true }), autoscaling };
  assert.deepEqual(wrong(own), [
    `vllm:engine.args.disable-log-stats ${file}: takes away the metrics that autoscaling reads; remove one of them`,
  ]);
  assert.deepEqual(kinds(own), [["conflict", "engine.args.disable-log-stats"]]);
  assert.deepEqual(wrong(args({ "disable-log-stats": true })), []);
});

test("the fewest are no more than the most", () => {
  const own = { autoscaling: { min: 3, max: 2 } };
  assert.deepEqual(wrong(own), [`vllm:autoscaling.min ${file}: is 3, more than autoscaling.max (2)`]);
  assert.deepEqual(kinds(own), [["conflict", "autoscaling.min"]]);
  const { scaling } = variantOf({ autoscaling: { min: 2, max: 2 } });
  assert.deepEqual([scaling.min, scaling.max], [2, 2]);
});

test("where a bound is missing or wrong, nothing more is said of the other", () => {
  assert.deepEqual(wrong({ autoscaling: { min: 3 } }), [
    `vllm:autoscaling.max ${file}: is not set; 'autoscaling' needs both min and max`,
  ]);
  assert.deepEqual(kinds({ autoscaling: { min: 3 } }), [["missing", "autoscaling.max"]]);
  assert.deepEqual(kinds({ autoscaling: { min: 3, max: 0 } }), [["invalid", "autoscaling.max"]]);
});
