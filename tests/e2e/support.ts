import assert from "node:assert/strict";
import type { Tree } from "../../config/tree.ts";
import type { Finished } from "../../lab/project.ts";
import type { Step } from "../../workspace/events.ts";

/** Short times, so that a failed rollout is told in a test's time; the real ones are asserted in `tests/planning`. */
export const quick: Tree = {
  "vllm:provisioning": { seconds: 5 },
  "vllm:startup": { seconds: 10 },
  "vllm:drain": { seconds: 35 },
};

/** Sets this run's namespaces and folders apart from any other's. */
export const unique = `${Date.now().toString(36)}${process.pid.toString(36)}`;

/** Every step that is more than reading a resource or finding it as it is. */
export const touched = ({ steps }: Pick<Finished, "steps">): Step[] =>
  steps.filter(({ operation }) => !["same", "read", "read-discard"].includes(operation));

/** What an operation changed or would change: operation and resource, sorted; a mere look is no change. */
export const changed = (finished: Finished): string[] =>
  touched(finished)
    .filter(({ operation }) => operation !== "refresh")
    .map(({ operation, name }) => `${operation} ${name}`)
    .sort();

/** Fails with everything that Pulumi said. */
export const succeeded = (finished: Finished): void => assert.equal(finished.code, 0, finished.output);
