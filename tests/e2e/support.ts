import assert from "node:assert/strict";
import type { Tree } from "../../config/tree.ts";
import type { Finished } from "../../lab/project.ts";

/** Short times, so that a failed rollout is told in a test's time; the real ones are asserted in `tests/planning`. */
export const quick: Tree = {
  "vllm:provisioning": { seconds: 5 },
  "vllm:startup": { seconds: 10 },
  "vllm:drain": { seconds: 35 },
};

/** Sets this run's namespaces and folders apart from any other's. */
export const unique = `${Date.now().toString(36)}${process.pid.toString(36)}`;

/** What an operation changed or would change: kind of step and resource, sorted; a mere look is no change. */
export const changed = (finished: Finished): string[] =>
  finished.steps
    .map(({ op, name }) => `${op} ${name}`)
    .filter((step) => !step.startsWith("refresh "))
    .sort();

/** Fails with everything that Pulumi said. */
export const succeeded = (finished: Finished): void => assert.equal(finished.code, 0, finished.output);
