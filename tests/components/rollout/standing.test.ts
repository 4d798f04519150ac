import assert from "node:assert/strict";
import { test } from "node:test";
import type { V1Pod } from "@kubernetes/client-node";
import { deadlineSeconds, draining, missing, standing } from "../../../components/rollout/standing.ts";
import { applied, at, deployment, pod, type Rollout, replicaSet, unscheduled } from "./objects.ts";

/** Whether a rollout is complete, goes on, or is stuck, by what the cluster says at one moment. */

const both = (available: number, wanted = 2) => [replicaSet("1", 0), replicaSet("2", available, undefined, wanted)];
const state = (given: Rollout, sets = both(2)) => standing({ deployment: deployment(given), replicaSets: sets }).state;

test("complete: the present generation is observed, its ReplicaSet is available, no pod of another is left", () => {
  assert.equal(state({}), "complete");
  // Each of the three, and the condition's own word, missing.
  assert.equal(state({ observed: 1 }), "unseen");
  assert.equal(state({ reason: "ReplicaSetUpdated" }), "rolling");
  assert.equal(state({ replicas: 3, updated: 2 }), "rolling");
  assert.equal(state({ status: "Unknown" }), "rolling");
});

test("a Deployment that no controller has seen goes on, without a status too", () => {
  const { status: _, ...fresh } = deployment({ generation: 1 });
  assert.equal(standing({ deployment: fresh, replicaSets: [] }).state, "unseen");
  assert.equal(standing({ deployment: { ...fresh, status: {} }, replicaSets: [] }).state, "unseen");
  assert.equal(
    standing({ deployment: { ...fresh, status: { observedGeneration: 1 } }, replicaSets: [] }).state,
    "rolling",
  );
});

test("what happens to a complete rollout later does not count against it", () => {
  // A scaler asks for more than there is; a node was lost; both, and quota makes no pod.
  assert.equal(state({ wanted: 9, replicas: 9 }, both(2, 9)), "complete");
  assert.equal(state({}, both(1)), "complete");
  assert.equal(state({}, both(0)), "complete");
  assert.equal(state({ wanted: 9, replicas: 2 }, both(0, 9)), "complete");
});

test("the way back to an earlier ReplicaSet: the condition of the one before proves nothing, ready pods do", () => {
  const before = { message: `ReplicaSet "chat-old" has successfully progressed.` };
  assert.equal(state(before, both(0)), "rolling");
  assert.equal(state(before, both(1)), "rolling");
  assert.equal(state(before, both(2)), "complete");
  assert.equal(state({ ...before, replicas: 0, updated: 0 }, both(0)), "rolling");
  assert.equal(state({ message: "" }, both(1)), "rolling");
});

test("while the pods of `Recreate` end there is no new ReplicaSet: the old one, scaled to none, is not the present one", () => {
  const before = {
    revision: "1",
    wanted: 1,
    replicas: 0,
    message: `ReplicaSet "chat-old" has successfully progressed.`,
  };
  const old = (wanted: number) => [replicaSet("1", 0, undefined, wanted)];
  assert.equal(state(before, old(0)), "rolling");
  // The controller has not even scaled it yet.
  assert.equal(state({ ...before, observed: 1 }, old(1)), "unseen");
  assert.equal(state({ ...before, replicas: 1 }, [replicaSet("1", 1, undefined, 1)]), "complete");
  assert.equal(state({}, []), "rolling", "without a ReplicaSet nothing is complete");
});

test("before the controller has seen a change, its counts are those of the old template", () => {
  const seen = {
    deployment: deployment({ observed: 1, replicas: 3, available: 2 }),
    replicaSets: [replicaSet("2", 3)],
  };
  assert.deepEqual(standing(seen), { state: "unseen", wanted: 2, available: 0, old: 3, oldReady: 2, hash: undefined });
});

test("a ReplicaSet that is not the present one yet has no more ready pods than the present template", () => {
  const seen = deployment({ reason: "ReplicaSetUpdated", replicas: 3, updated: 1, available: 3 });
  const { available, old, oldReady } = standing({ deployment: seen, replicaSets: [replicaSet("2", 3)] });
  assert.deepEqual([available, old, oldReady], [1, 2, 2]);
});

test("the ReplicaSet is the one of the Deployment's revision", () => {
  const seen = (revision: string) =>
    standing({ deployment: deployment({ revision }), replicaSets: [replicaSet("1", 7), replicaSet("2", 1)] });
  assert.deepEqual(seen("2"), { state: "complete", wanted: 2, available: 1, old: 0, oldReady: 1, hash: "new" });
  assert.equal(seen("1").available, 2);
  assert.equal(seen("1").hash, "old");
  assert.equal(seen("3").available, 0);
  assert.equal(seen("3").hash, undefined);
});

const timedOut = { reason: "ProgressDeadlineExceeded", replicas: 3, updated: 1 };

test("stuck: Kubernetes gave the rollout up after it was applied", () => {
  assert.equal(state({ ...timedOut, since: 1101 }), "stuck");
  assert.equal(state({ ...timedOut, since: 1101, observed: 1 }), "unseen");
  assert.equal(state({ paused: true, reason: "DeploymentPaused", status: "Unknown" }), "stuck");
});

test("the last change is whoever's, of anything but the status and the scale", () => {
  const changed = (manager: string, operation: string, subresource?: string): Rollout["others"] => [
    { manager, operation, time: at(1200), ...(subresource ? { subresource } : {}) },
  ];
  const given = { ...timedOut, since: 1101 };
  assert.equal(state({ ...given, others: changed("kubectl-rollout", "Update") }), "rolling");
  assert.equal(state({ ...given, others: changed("pulumi-kubernetes", "Update") }), "rolling");
  assert.equal(state({ ...given, others: changed("kube-controller-manager", "Update", "scale") }), "stuck");
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

/** A pod of the present template that was made some seconds after the Deployment was applied. */
const made = (after: number, given: Partial<V1Pod> = { status: unscheduled("0/3") }): V1Pod => {
  const one = pod(`chat-new-${after}`, undefined);
  return { ...one, metadata: { ...one.metadata, creationTimestamp: at(applied + after) }, ...given };
};
/** One that started and has not been ready since some seconds later. */
const unready = (since: number): Partial<V1Pod> => ({
  status: {
    startTime: at(applied + 2),
    conditions: [{ type: "Ready", status: "False", lastTransitionTime: at(applied + 2 + since) }],
  },
});

test("of a fixed count: pods that the last change brought and that were never ready are missing", () => {
  const missed = (pods: V1Pod[], count = 2, given: Rollout = {}) =>
    missing({ deployment: deployment({ since: applied - 1, ...given }), replicaSets: [] }, pods, "new", count);
  assert.equal(missed([made(0, {}), made(1, {})]), 0);
  assert.equal(missed([made(0), made(1, {})]), 1);
  assert.equal(missed([made(0), made(60)]), 2);
  assert.equal(missed([made(0, unready(0)), made(1, unready(5))]), 2);
  // In place of one that was lost, by a scaler's wish, before the change; ready once, and now its node is gone.
  assert.equal(missed([made(61), made(-1), made(0, unready(6))]), 0);
  // Of another template, being stopped, thrown out.
  const stopping = pod("chat-new-9", unscheduled("0/3"), { grace: 30 });
  const [old, going] = [pod("chat-old-1", unscheduled("0/3"), undefined, "old"), stopping];
  for (const one of [old, going]) Object.assign(one.metadata ?? {}, { creationTimestamp: at(applied) });
  assert.equal(missed([old, going, made(0, { status: { phase: "Failed" } })]), 0);
  // Complete after the change: whatever is not ready now was lost later.
  assert.equal(missed([made(0), made(1)], 2, { since: applied }), 0);
});

test("pods of a fixed count that are not even made are missing, those of another count by hand are not", () => {
  const missed = (count: number, replicas: number, wanted = 9) =>
    missing({ deployment: deployment({ wanted, replicas, since: applied - 1 }), replicaSets: [] }, [], "new", count);
  assert.equal(missed(3, 1), 2);
  assert.equal(missed(3, 3), 0);
  assert.equal(missed(3, 8), 0);
  assert.equal(missed(3, 1, 1), 0, "one that was lowered by hand is what it is");
});
