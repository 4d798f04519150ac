import assert from "node:assert/strict";
import { test } from "node:test";
import type { CoreV1Event, V1Deployment, V1Pod } from "@kubernetes/client-node";
import type { RolloutReader } from "../../../components/rollout/reader.ts";
import { type Planned, verify } from "../../../components/rollout/verify.ts";
import { applied, at, deployment, placed, pod, type Rollout, replicaSet, unscheduled } from "./objects.ts";

/** A verification from its first look to its end, on a clock that jumps. */

/** What the cluster says at a time: of the Deployment, its ready new pods, its pods; or that it does not answer. */
interface Moment extends Rollout {
  available?: number;
  pods?: V1Pod[];
  fails?: Error;
  gone?: true;
  /** As many pods as its ReplicaSet is to have, where these are not the Deployment's. */
  scaled?: number;
}

const rolling = { reason: "ReplicaSetUpdated", replicas: 3, updated: 1 };
const noRoom = "0/22 nodes are available: 3 Insufficient nvidia.com/gpu.";

/** Runs a verification over what the cluster says at each second; `undefined` as verdict is success. */
async function run(says: (seconds: number) => Moment, planned: Partial<Planned> = {}) {
  let seconds = 0;
  const said: string[] = [];
  const asked = { looks: 0, pods: 0, logs: [] as string[] };
  const now = () => says(seconds);
  const reader: RolloutReader = {
    observe: async () => {
      asked.looks++;
      const { fails, gone, scaled, available = 0, ...given } = now();
      if (fails) throw fails;
      return gone
        ? undefined
        : {
            deployment: deployment(given),
            replicaSets: [replicaSet("2", available, undefined, scaled ?? given.wanted)],
          };
    },
    pods: async (_: V1Deployment) => {
      asked.pods++;
      return now().pods ?? [];
    },
    warnings: async (): Promise<CoreV1Event[]> => [],
    log: async (name, container, previous) => {
      asked.logs.push(`${name} ${container} ${previous}`);
      return "ValueError: no room for the KV cache\n";
    },
  };
  const clock = {
    now: () => seconds * 1000,
    sleep: async (milliseconds: number) => {
      assert.ok(milliseconds > 0 && milliseconds <= 3000);
      seconds += milliseconds / 1000;
      assert.ok(seconds < 100_000, "it ends");
    },
  };
  const say = (text: string) => said.at(-1) !== text && said.push(text);
  const verdict = await verify(reader, clock, { turns: 0, ...planned }, say);
  return { verdict, seconds, said, asked };
}

test("a rollout that is complete is so at the first look, and nothing is said", async () => {
  const { verdict, seconds, said, asked } = await run(() => ({ available: 2 }));
  assert.deepEqual([verdict, seconds, said, asked.looks, asked.pods], [undefined, 0, [], 1, 1]);
});

test("one that goes on is waited for, wave after wave, far beyond its deadline", async () => {
  // A pod becomes ready every 90 s, of 20; the deadline is 100 s.
  const wave = (seconds: number) => Math.min(20, Math.floor(seconds / 90));
  const { verdict, seconds, said } = await run((seconds) => {
    const available = wave(seconds);
    return available === 20
      ? { wanted: 20, available }
      : { ...rolling, wanted: 20, replicas: 21, updated: available + 1, available };
  });
  assert.equal(verdict, undefined);
  assert.ok(seconds >= 1800 && seconds <= 1803, String(seconds));
  assert.equal(said[0], "0 of 20 new pods ready, 20 old left");
  assert.equal(said.at(-1), "19 of 20 new pods ready, 1 old left");
});

test("one that Kubernetes gives up ends then, with what its pods say", async () => {
  const pods = [pod("chat-new-1", unscheduled(noRoom)), pod("chat-old-1", unscheduled("not asked"), undefined, "old")];
  const { verdict, seconds, said } = await run((seconds) =>
    seconds < 100 ? { ...rolling, pods } : { ...rolling, reason: "ProgressDeadlineExceeded", since: 1100, pods },
  );
  assert.ok(seconds >= 100 && seconds <= 103, String(seconds));
  assert.equal(verdict?.because, "its rollout is stuck: no further pod became ready in 100 s");
  assert.deepEqual(verdict?.standing, { state: "stuck", wanted: 2, available: 0, old: 2, oldReady: 3, hash: "new" });
  assert.deepEqual(
    verdict?.reasons.map(({ pods, text }) => [pods, text]),
    [[1, `no node takes it: ${noRoom}`]],
  );
  assert.deepEqual(said, [
    "0 of 2 new pods ready, 2 old left",
    `0 of 2 new pods ready, 2 old left; 1 pod: no node takes it: ${noRoom}`,
  ]);
});

test("a stuck one that is looked at again is told at once", async () => {
  const { verdict, seconds } = await run(() => ({ ...rolling, reason: "ProgressDeadlineExceeded", since: 1100 }));
  assert.match(verdict?.because ?? "", /stuck/);
  assert.equal(seconds, 0);
});

test("where Kubernetes starts its deadline anew because a scaler adds old pods, this one's stands", async () => {
  const { verdict, seconds } = await run((seconds) => ({
    ...rolling,
    replicas: 3 + Math.floor(seconds / 20),
    since: 1e5,
  }));
  assert.match(verdict?.because ?? "", /no further pod became ready in 100 s/);
  assert.ok(seconds > 130 && seconds <= 133, String(seconds));
});

test("old pods that go are progress, those that come back are not", async () => {
  // One goes at 120 s; at 200 s a scaler brings it back; then nothing.
  const old = (seconds: number) => (seconds < 120 ? 3 : seconds < 200 ? 2 : 3);
  const { seconds } = await run((seconds) => ({ ...rolling, replicas: old(seconds), updated: 0 }));
  assert.ok(seconds > 250 && seconds <= 255, String(seconds));
});

test("a log is read where a container ended, of the run that ended", async () => {
  const crash = {
    lastState: { terminated: { exitCode: 1 } },
    state: { waiting: { reason: "CrashLoopBackOff" } },
    restartCount: 3,
  };
  const pods = [pod("chat-new-1", placed([crash])), pod("chat-new-2", placed([crash]))];
  const { verdict, asked } = await run(() => ({ ...rolling, reason: "ProgressDeadlineExceeded", since: 1100, pods }));
  assert.deepEqual(asked.logs, ["chat-new-1 vllm true"]);
  assert.equal(verdict?.reasons[0]?.lines, "ValueError: no room for the KV cache\n");
});

const ending = (count: number, grace = 60) =>
  Array.from({ length: count }, (_, index) => pod(`chat-old-${index}`, undefined, { grace }, "old"));

test("old pods that are being stopped are waited for", async () => {
  const { verdict, seconds, said } = await run((seconds) => ({ pods: seconds < 40 ? ending(2) : [] }));
  assert.equal(verdict, undefined);
  assert.ok(seconds >= 40 && seconds <= 43, String(seconds));
  assert.deepEqual(said, ["all new pods ready, 2 old ending"]);
});

test("but not beyond their grace period: their node may be lost", async () => {
  const { verdict, seconds } = await run(() => ({ pods: ending(1) }));
  assert.equal(verdict, undefined);
  assert.ok(seconds > 75 && seconds <= 78, String(seconds));
});

test("new pods that are being stopped, by a scaler, are not waited for", async () => {
  const { verdict, seconds } = await run(() => ({ pods: [pod("chat-new-9", undefined, { grace: 60 })] }));
  assert.deepEqual([verdict, seconds], [undefined, 0]);
});

test("a fixed count that was raised is waited for, and given up in the same time; a scaler's is not", async () => {
  const late = pod("chat-new-3", unscheduled(noRoom));
  Object.assign(late.metadata ?? {}, { creationTimestamp: at(applied) });
  const raised = { wanted: 3, replicas: 3, available: 2, since: applied - 50, pods: [late] };
  const stuck = await run(() => raised, { count: 3 });
  assert.match(stuck.verdict?.because ?? "", /no further pod became ready in 100 s/);
  assert.deepEqual(
    stuck.verdict?.reasons.map(({ text }) => text),
    [`no node takes it: ${noRoom}`],
  );
  assert.ok(stuck.seconds > 130 && stuck.seconds <= 133, String(stuck.seconds));
  const inTime = await run((seconds) => (seconds < 40 ? raised : { ...raised, pods: [], available: 3 }), { count: 3 });
  assert.equal(inTime.verdict, undefined);
  assert.ok(inTime.seconds >= 40 && inTime.seconds <= 43, String(inTime.seconds));
  assert.deepEqual((await run(() => raised)).verdict, undefined);
});

test("a paused rollout is told at once, with how it goes on", async () => {
  const { verdict, seconds } = await run(() => ({ ...rolling, paused: true }));
  assert.equal(seconds, 0);
  assert.equal(verdict?.because, "its rollout is paused: kubectl rollout resume deployment/chat --namespace inference");
});

test("a Deployment that somebody deleted is told at once", async () => {
  const { verdict, seconds } = await run(() => ({ gone: true }));
  assert.deepEqual(verdict, { because: "its Deployment is gone: `pulumi up --refresh` makes it again", reasons: [] });
  assert.equal(seconds, 0);
});

test("an API server that is away for a while is waited for, however often", async () => {
  const { verdict } = await run((seconds) => {
    if (seconds % 120 > 10 && seconds < 600) return { fails: new Error("fetch failed") };
    const available = Math.floor(seconds / 60);
    return seconds < 600 ? { ...rolling, wanted: 20, replicas: 21, updated: available + 1, available } : {};
  });
  assert.equal(verdict, undefined);
});

test("one that stays away is not; what is behind the failure is told", async () => {
  const away = new TypeError("fetch failed", { cause: new Error("connect ECONNREFUSED 10.0.0.1:443") });
  const told = "the cluster does not tell how its rollout stands: connect ECONNREFUSED 10.0.0.1:443";
  const later = await run((seconds) => (seconds < 10 ? rolling : { fails: away }));
  assert.deepEqual(later.verdict, { because: told, reasons: [] });
  assert.ok(later.seconds > 127 && later.seconds <= 134, String(later.seconds));
  const never = await run(() => ({ fails: away }));
  assert.deepEqual(never.verdict, { because: told, reasons: [] });
  assert.ok(never.seconds > 120 && never.seconds <= 124, String(never.seconds));
});

test("one that refuses the first look is told at once, by its own word; a later refusal may pass", async () => {
  const refusal = (body: unknown) => Object.assign(new Error("HTTP-Code: 403\nMessage: Unknown"), { code: 403, body });
  const status = JSON.stringify({ kind: "Status", message: 'deployments.apps "chat" is forbidden' });
  const told = async (body: unknown) => {
    const { verdict, seconds } = await run(() => ({ fails: refusal(body) }));
    assert.equal(seconds, 0);
    return verdict?.because;
  };
  const because = "the cluster does not tell how its rollout stands:";
  assert.equal(await told(status), `${because} deployments.apps "chat" is forbidden`);
  for (const body of [undefined, "", "null", "{}", "<html>"])
    assert.equal(await told(body), `${because} HTTP-Code: 403`, String(body));
  const passing = (seconds: number) =>
    seconds > 5 && seconds < 50 ? { fails: refusal(status) } : seconds < 60 ? rolling : {};
  assert.equal((await run(passing)).verdict, undefined);
});

test("before the controller has seen the change nothing is progress, and nothing is held against it later", async () => {
  // Three old ready pods at first; then the new ones, a wave each 90 s.
  const { verdict } = await run((seconds) => {
    if (seconds < 5) return { observed: 1, wanted: 4, replicas: 4, updated: 4, available: 4 };
    const available = Math.floor(seconds / 90);
    return available < 4 ? { ...rolling, wanted: 4, replicas: 5, updated: available + 1, available } : { wanted: 4 };
  });
  assert.equal(verdict, undefined);
  const { seconds } = await run(() => ({ observed: 1 }));
  assert.ok(seconds > 130 && seconds <= 133, `a controller that never looks: ${seconds}`);
});

test("ready pods that are lost may come back, but not again and again", async () => {
  const of = (available: number) => ({ ...rolling, wanted: 4, replicas: 5, updated: 4, available });
  const once = (seconds: number) =>
    seconds < 50 ? of(2) : seconds < 95 ? of(1) : seconds < 180 ? of(2) : { wanted: 4 };
  assert.equal((await run(once)).verdict, undefined);
  const forever = await run((seconds) => of(seconds % 40 < 20 ? 2 : 1));
  assert.match(forever.verdict?.because ?? "", /stuck/);
  assert.ok(forever.seconds < 400, String(forever.seconds));
});

test("the others' turns are for pods that wait for a node", async () => {
  const waiting = { ...rolling, deadline: 100, pods: [pod("chat-new-1", unscheduled(noRoom))] };
  const crash = { ...waiting, pods: [pod("chat-new-1", placed([{ state: { running: { startedAt: at(0) } } }]))] };
  const turns = { turns: 60 };
  const crashed = await run(() => crash, turns);
  assert.match(crashed.verdict?.because ?? "", /no further pod became ready in 40 s/);
  assert.ok(crashed.seconds > 70 && crashed.seconds <= 73, String(crashed.seconds));
  const waited = await run(() => waiting, turns);
  assert.match(waited.verdict?.because ?? "", /no further pod became ready in 100 s/);
  assert.ok(waited.seconds > 130 && waited.seconds <= 133, String(waited.seconds));
  // Once it has its node, it has its own time from then on.
  const placedLate = await run((seconds) => (seconds < 50 ? waiting : crash), turns);
  assert.ok(placedLate.seconds > 108 && placedLate.seconds <= 123, String(placedLate.seconds));
});

test("a pod of `Recreate` that does not end keeps the new one from coming, and is named", async () => {
  const old = pod("chat-old-1", undefined, { grace: 60 });
  Object.assign(old, { spec: { nodeName: "lost-1", containers: [] } });
  // Its ReplicaSet, scaled to none, is the newest that there is.
  const { verdict } = await run(() => ({ wanted: 1, replicas: 0, scaled: 0, pods: [old] }));
  assert.match(verdict?.because ?? "", /stuck/);
  assert.deepEqual(verdict?.reasons, [
    {
      pods: 1,
      text: "a pod does not end, and the new one waits for it: chat-old-1, on node lost-1",
      advice: "Its node may be lost: delete the node, or the pod with --force.",
    },
  ]);
});
