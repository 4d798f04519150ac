import assert from "node:assert/strict";
import { test } from "node:test";
import type { CoreV1Event, V1Pod } from "@kubernetes/client-node";
import { reasons } from "../../../components/rollout/reasons.ts";
import { deployment, placed, pod, ready, replicaSet, unscheduled, warning } from "./objects.ts";

/** What pods say about why they are not ready, as kubelets and the scheduler write it. */

const seen = { deployment: deployment(), replicaSets: [replicaSet("2", 0)] };
const told = (pods: V1Pod[], warnings: CoreV1Event[] = []) => reasons(seen, pods, warnings);
const texts = (pods: V1Pod[], warnings: CoreV1Event[] = []) =>
  told(pods, warnings).map(({ pods, text }) => [pods, text]);
const waiting = (reason: string, message?: string) => ({
  state: { waiting: { reason, ...(message ? { message } : {}) } },
});
const noRoom = "0/22 nodes are available: 3 Insufficient nvidia.com/gpu.";

test("a pod without a node: the scheduler's words", () => {
  assert.deepEqual(told([pod("a", unscheduled(noRoom))]), [
    {
      pods: 1,
      text: `no node takes it: ${noRoom}`,
      advice:
        "Make room or nodes for it, or correct gpu.product, gpu.labels, resources or scheduling. Nodes that come " +
        "later than provisioning.seconds need more of those.",
    },
  ]);
});

test("an image that cannot be pulled", () => {
  const message = `Back-off pulling image "vllm/vllm-openai:v0.32.0": ErrImagePull: not found`;
  const [reason, ...more] = told([pod("a", placed([waiting("ImagePullBackOff", message)]))]);
  assert.deepEqual(more, []);
  assert.equal(reason?.text, `container vllm has no image vllm/vllm-openai:v0.32.0: ImagePullBackOff: ${message}`);
  assert.equal(reason?.advice, "Correct image.repository, image.tag or image.digest, or image.pullSecrets.");
  assert.equal(reason?.log, undefined);
  for (const other of ["ErrImagePull", "InvalidImageName", "ErrImageNeverPull", "RegistryUnavailable"])
    assert.equal(told([pod("a", placed([waiting(other)]))])[0]?.advice, reason?.advice, other);
});

const ended = (exitCode: number, reason = "Error", message?: string) => ({
  terminated: { exitCode, reason, ...(message ? { message } : {}) },
});

test("a container that ends again and again: how it ended, and whose log to read", () => {
  const crash = { ...waiting("CrashLoopBackOff", "back-off 5m0s"), lastState: ended(1), restartCount: 4 };
  assert.deepEqual(told([pod("a", placed([crash]))]), [
    {
      pods: 1,
      text: "container vllm ends again and again: exit code 1, Error",
      advice: "Its log says why; most often it is an argument in engine.args, or the model in the bucket.",
      log: { pod: "a", container: "vllm", previous: true },
    },
  ]);
  // Between two starts: the run that has just ended is the present one.
  const now = { state: ended(2, "Error", "no such file"), restartCount: 1 };
  const [reason] = told([pod("a", placed([now]))]);
  assert.equal(reason?.text, "container vllm ends again and again: exit code 2, Error: no such file");
  assert.deepEqual(reason?.log, { pod: "a", container: "vllm", previous: false });
  // Running once more, after it ended.
  const again = { state: { running: {} }, lastState: ended(1), restartCount: 1 };
  assert.match(told([pod("a", placed([again]))])[0]?.text ?? "", /ends again and again/);
});

test("a container that used its memory up", () => {
  const [reason] = told([pod("a", placed([{ ...waiting("CrashLoopBackOff"), lastState: ended(137, "OOMKilled") }]))]);
  assert.equal(reason?.text, "container vllm ends again and again: killed because its memory was used up");
  assert.equal(reason?.advice, "Raise resources.memory.");
});

test("the copier before the engine, when it fails and when it is done", () => {
  const copy = { name: "copy", ...waiting("CrashLoopBackOff"), lastState: ended(1), restartCount: 2 };
  const engine = waiting("PodInitializing");
  assert.deepEqual(texts([pod("a", placed([engine], [copy]))]), [
    [1, "container copy ends again and again: exit code 1, Error"],
  ]);
  const done = { name: "copy", state: ended(0, "Completed") };
  const crash = { ...waiting("CrashLoopBackOff"), lastState: ended(1), restartCount: 1 };
  assert.deepEqual(texts([pod("a", placed([crash], [done]))]), [
    [1, "container vllm ends again and again: exit code 1, Error"],
  ]);
});

test("a probe that never passes: its words, and the present log", () => {
  const running = placed([{ state: { running: {} } }]);
  const failed = "Startup probe failed: HTTP probe failed with statuscode: 503";
  const [reason] = told([pod("a", running)], [warning("a", "Unhealthy", failed)]);
  assert.deepEqual(reason, {
    pods: 1,
    text: `container vllm runs and is not ready: ${failed}`,
    advice: "If it only needs longer, raise startup.seconds; else its log says why.",
    log: { pod: "a", container: "vllm", previous: false },
  });
  // Nobody has probed yet, or the events are gone.
  assert.equal(told([pod("a", running)])[0]?.text, "container vllm runs and is not ready");
});

test("a probe's words carry the pod's address: one reason all the same", () => {
  const words = (host: string) =>
    `Startup probe failed: Get "http://${host}/health": dial tcp ${host}: connect: connection refused`;
  const two = ["chat-new-aaaaa", "chat-new-bbbbb"].map((name) => pod(name, placed([{ state: { running: {} } }])));
  const said = (hosts: string[]) =>
    two.map(({ metadata }, index) => warning(metadata?.name ?? "", "Unhealthy", words(hosts[index] ?? "")));
  for (const hosts of [
    ["10.0.3.17:8000", "10.0.4.188:8000"],
    ["[fd00:10::1a]:8000", "[fd00:10::2b:3]:8000"],
  ])
    assert.deepEqual(texts(two, said(hosts)), [[2, `container vllm runs and is not ready: ${words(hosts[0] ?? "")}`]]);
});

test("a start that is too slow is stopped by the kubelet: its probe is told, not a crash", () => {
  const probe = "Startup probe failed: HTTP probe failed with statuscode: 503";
  const killed = (exitCode: number) =>
    pod("a", placed([{ ...waiting("CrashLoopBackOff"), lastState: ended(exitCode), restartCount: 2 }]));
  for (const code of [137, 143])
    assert.deepEqual(told([killed(code)], [warning("a", "Unhealthy", probe)]), [
      {
        pods: 1,
        text: `container vllm is stopped because it does not become ready: ${probe}`,
        advice: "If it only needs longer, raise startup.seconds; else its log says why.",
        log: { pod: "a", container: "vllm", previous: true },
      },
    ]);
  assert.match(told([killed(137)])[0]?.text ?? "", /ends again and again: exit code 137/);
  assert.match(
    told([killed(1)], [warning("a", "Unhealthy", probe)])[0]?.text ?? "",
    /ends again and again: exit code 1/,
  );
});

test("a copier that is not done, and a sidecar that is", () => {
  const copy = { name: "copy-model", state: { running: {} } };
  const engine = waiting("PodInitializing");
  const [reason] = told([pod("a", placed([engine], [copy]))]);
  assert.equal(reason?.text, "container copy-model, which goes before the engine, is not done");
  assert.deepEqual(reason?.log, { pod: "a", container: "copy-model", previous: false });
  const sidecar = { name: "istio-proxy", state: { running: {} }, ready: true };
  const native = { name: "logs", state: { running: {} }, started: true };
  assert.deepEqual(texts([pod("a", placed([sidecar, { state: { running: {} } }], [native]))]), [
    [1, "container vllm runs and is not ready"],
  ]);
});

test("a ReplicaSet that may not be made", () => {
  const message = 'replicasets.apps "chat-new" is forbidden: exceeded quota: few';
  const refused = deployment({ reason: "ReplicaSetCreateError", status: "False", message });
  assert.deepEqual(
    reasons({ deployment: refused, replicaSets: [] }, [], []).map(({ pods, text }) => [pods, text]),
    [[0, `pods are not made: ${message}`]],
  );
  assert.deepEqual(reasons({ ...seen, replicaSets: [] }, [], []), []);
});

test("a volume, a sandbox, a container without what it names", () => {
  const creating = placed([waiting("ContainerCreating")]);
  const mount = warning("a", "FailedMount", `MountVolume.SetUp failed for volume "models"`, 5);
  const place = warning("a", "FailedScheduling", noRoom, 9);
  const [reason] = told([pod("a", creating)], [warning("a", "FailedCreatePodSandBox", "no network"), mount, place]);
  assert.equal(reason?.text, `cannot start: FailedMount: MountVolume.SetUp failed for volume "models"`);
  assert.equal(reason?.advice, "See what Kubernetes says of it: kubectl describe pod a --namespace inference");
  assert.deepEqual(told([pod("a", creating)]), [], "nothing is wrong yet");
  assert.deepEqual(texts([pod("a", placed([waiting("CreateContainerConfigError", `secret "key" not found`)]))]), [
    [1, `container vllm is not started: CreateContainerConfigError: secret "key" not found`],
  ]);
});

test("a pod that was thrown out", () => {
  const evicted = { phase: "Failed", reason: "Evicted", message: "The node was low on resource: memory." };
  assert.deepEqual(texts([pod("a", evicted)]), [[1, "ended: Evicted, The node was low on resource: memory."]]);
  assert.deepEqual(texts([pod("a", { phase: "Failed" })]), [[1, "ended: nothing says why"]]);
});

test("pods that may not be made: the words of who forbids it, before all else", () => {
  const quota = `pods "chat-new-" is forbidden: exceeded quota: gpus`;
  const replicaSets = [replicaSet("2", 0, quota)];
  const found = reasons({ ...seen, replicaSets }, [pod("a", unscheduled(noRoom))], []);
  assert.deepEqual(
    found.map(({ pods, text }) => [pods, text]),
    [
      [0, `pods are not made: ${quota}`],
      [1, `no node takes it: ${noRoom}`],
    ],
  );
  assert.equal(found[0]?.advice, "Raise the quota of the namespace, or correct what it forbids.");
  assert.deepEqual(told([]), []);
});

test("each reason once, those of the most pods first; ready pods and such as end say nothing", () => {
  const crash = (name: string, seconds: number) =>
    pod(name, placed([{ ...waiting("CrashLoopBackOff"), lastState: ended(1, "Error", `${name} after ${seconds}s`) }]));
  assert.deepEqual(
    texts([
      pod("a", unscheduled(noRoom)),
      crash("chat-new-bbbbb", 10),
      crash("chat-new-ccccc", 20),
      pod("d", ready()),
      pod("e", unscheduled("gone"), { grace: 30 }),
    ]),
    [
      [2, "container vllm ends again and again: exit code 1, Error: chat-new-bbbbb after 10s"],
      [1, `no node takes it: ${noRoom}`],
    ],
  );
});
