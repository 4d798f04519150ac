import assert from "node:assert/strict";
import { test } from "node:test";
import { deadlineSeconds, draining, standing } from "../../../components/rollout/standing.ts";
import { deployment, pod, type Rollout, replicaSet } from "./objects.ts";

/** Whether a rollout is complete, goes on, or is stuck, by what the cluster says at one moment. */

const both = (available: number) => [replicaSet("1", 0), replicaSet("2", available)];
const state = (given: Rollout, sets = both(2)) => standing({ deployment: deployment(given), replicaSets: sets }).state;

test("complete: the present generation is observed, its ReplicaSet is available, no pod of another is left", () => {
  assert.equal(state({}), "complete");
  // Each of the three, and the condition's own word, missing.
  assert.equal(state({ observed: 1 }), "rolling");
  assert.equal(state({ reason: "ReplicaSetUpdated" }), "rolling");
  assert.equal(state({ replicas: 3, updated: 2 }), "rolling");
  assert.equal(state({ status: "Unknown" }), "rolling");
});

test("a Deployment that no controller has seen goes on, without a status too", () => {
  const { status: _, ...fresh } = deployment({ generation: 1 });
  assert.equal(standing({ deployment: fresh, replicaSets: [] }).state, "rolling");
  assert.equal(standing({ deployment: { ...fresh, status: {} }, replicaSets: [] }).state, "rolling");
  assert.equal(
    standing({ deployment: { ...fresh, status: { observedGeneration: 1 } }, replicaSets: [] }).state,
    "rolling",
  );
});

test("what happens to a complete rollout later does not count against it", () => {
  // A scaler asks for more than there is; a node was lost; both, and quota makes no pod.
  assert.equal(state({ wanted: 9, replicas: 9 }, both(2)), "complete");
  assert.equal(state({}, both(1)), "complete");
  assert.equal(state({}, both(0)), "complete");
  assert.equal(state({ wanted: 9, replicas: 2 }, both(0)), "complete");
});

test("the way back to an earlier ReplicaSet: the condition of the one before proves nothing, ready pods do", () => {
  const before = { message: `ReplicaSet "chat-old" has successfully progressed.` };
  assert.equal(state(before, both(0)), "rolling");
  assert.equal(state(before, both(1)), "rolling");
  assert.equal(state(before, both(2)), "complete");
  assert.equal(state({ ...before, replicas: 0, updated: 0 }, both(0)), "rolling");
  assert.equal(state({ message: "" }, both(1)), "rolling");
});

test("where ReplicaSets may not be read the condition stands alone", () => {
  assert.equal(state({ message: `ReplicaSet "chat-old" has successfully progressed.` }, []), "complete");
});

test("the ReplicaSet is the one of the Deployment's revision", () => {
  const seen = (revision: string) =>
    standing({ deployment: deployment({ revision }), replicaSets: [replicaSet("1", 7), replicaSet("2", 1)] });
  assert.deepEqual(seen("2"), { state: "complete", wanted: 2, available: 1, old: 0, hash: "new" });
  assert.equal(seen("1").available, 7);
  assert.equal(seen("1").hash, "old");
  assert.equal(seen("3").available, 0);
  assert.equal(seen("3").hash, undefined);
});

const timedOut = { reason: "ProgressDeadlineExceeded", replicas: 3, updated: 1 };

test("stuck: Kubernetes gave the rollout up after it was applied", () => {
  assert.equal(state({ ...timedOut, since: 1101 }), "stuck");
  assert.equal(state({ ...timedOut, since: 1101, observed: 1 }), "rolling");
  assert.equal(state({ paused: true, reason: "DeploymentPaused", status: "Unknown" }), "stuck");
  assert.equal(state({ paused: true }), "complete");
});

test("a verdict from before the last change is not about it", () => {
  assert.equal(state({ ...timedOut, since: 999, applied: 1000 }), "rolling");
  assert.equal(state({ ...timedOut, since: 1000, applied: 1000 }), "rolling");
  assert.equal(state({ ...timedOut, since: 1001, applied: 1000 }), "stuck");
});

test("the deadline is the Deployment's, or else Kubernetes' own", () => {
  assert.deepEqual([deadlineSeconds(deployment()), deadlineSeconds(deployment({ deadline: undefined }))], [100, 600]);
});

test("old pods that are being stopped: those of another template, and no others", () => {
  const pods = [
    pod("old-ends", undefined, { grace: 30 }, "old"),
    pod("old-runs", undefined, undefined, "old"),
    pod("new-ends", undefined, { grace: 30 }),
    pod("new-runs"),
  ];
  assert.deepEqual(
    draining(pods, "new").map(({ metadata }) => metadata?.name),
    ["old-ends"],
  );
});
