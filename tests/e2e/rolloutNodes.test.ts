import assert from "node:assert/strict";
import { test } from "node:test";
import type { Tree } from "../../config/tree.ts";
import { extraNode } from "../../lab/cluster/nodes.ts";
import { podKindLabel, readyAfterLabel } from "../../lab/cluster/podKinds.ts";
import { up } from "../../lab/lab.ts";
import { eventually } from "./process.ts";
import { Rollouts } from "./rollout.ts";
import { unique } from "./support.ts";

/** Rollouts on nodes that have exactly the GPUs of the plan, and that come and go. */

const pool = { "lab.vllm/pool": unique };
const slow = { labels: { [podKindLabel]: "slow", [readyAfterLabel]: "2000" } };
/** A product that no other test uses: its pods would come to these nodes. */
const onPool: Tree = { gpu: { product: "H200", spare: 1 }, scheduling: { nodeSelector: pool }, ...slow };
const gpuNode = (name: string, gpus: number) =>
  extraNode(`${name}-${unique}`, { labels: { "karpenter.k8s.aws/instance-gpu-name": "h200", ...pool }, gpus });

test("three models of two pods roll at once with one spare GPU", async (t) => {
  const lab = await up();
  const models = ["one", "two", "three"];
  const all = (revision: string): Tree =>
    Object.fromEntries(models.map((name) => [name, { ...onPool, revision, replicas: 2 }]));
  const stack = await Rollouts.stage(lab, `e2e-spare-${unique}`, all("v1"));
  const { cluster, namespace } = stack;
  const nodes = [gpuNode("four", 4), gpuNode("three", 3)];
  const names = nodes.map(({ metadata }) => metadata.name);
  const ready = () => Promise.all(models.map((name) => stack.ready(name)));
  /** What the garbage collector does some time after a node went. */
  const lose = async (node: string) => {
    await cluster.kubectl("delete", "node", node);
    const pods = (await cluster.list(namespace, "pods")).filter(({ spec }) => spec.nodeName === node);
    assert.ok(pods.length > 0);
    for (const { metadata } of pods)
      await cluster.kubectl("delete", "pod", metadata.name, "-n", namespace, "--force", "--grace-period=0");
    return pods.length;
  };
  for (const node of nodes) await cluster.apply(node);

  await t.test("all come, and all change, on exactly the GPUs that the plan names", async () => {
    await stack.rollsOut();
    assert.deepEqual(await ready(), [2, 2, 2]);
    for (const model of models) {
      const { strategy, progressDeadlineSeconds } = (await stack.deployment(model)).spec;
      assert.deepEqual(strategy.rollingUpdate, { maxSurge: 1, maxUnavailable: 0 });
      // 5 + 10 + 35 s a wave and a minute, and two waves of each of the two others.
      assert.equal(progressDeadlineSeconds, 110 + 4 * 50);
    }
    await stack.rollsOut(all("v2"));
    assert.deepEqual(await ready(), [2, 2, 2]);
    const pods = await cluster.list(namespace, "pods");
    assert.equal(pods.length, 6, "no pod of the old template is left");
    for (const { spec } of pods) {
      assert.ok(names.includes(spec.nodeName));
      assert.match(spec.containers[0].args[0], /\/v2\/$/);
    }
  });

  await t.test("a node that goes later does not count against what was rolled out", async () => {
    const lost = await lose(names[1] ?? "");
    const { unavailableReplicas = 0 } = (await stack.deployment("one")).status;
    assert.ok(lost > 1 && unavailableReplicas <= 2);
    await eventually(async () => (await ready()).reduce((sum, count) => sum + count) === 4);
    await stack.rollsOut(all("v2"));
    assert.equal(
      (await ready()).reduce((sum, count) => sum + count),
      4,
    );
  });

  await t.test("a node that goes while they roll, and comes back, neither", async () => {
    const [first, second] = nodes;
    assert.ok(first && second);
    await cluster.apply(second);
    await eventually(async () => (await ready()).join() === "2,2,2");
    const rolling = stack.rollsOut(all("v3"));
    await eventually(async () => (await cluster.list(namespace, "pods")).some(isOf("v3")));
    await lose(first.metadata.name);
    await cluster.apply(first);
    await rolling;
    assert.deepEqual(await ready(), [2, 2, 2]);
    assert.ok((await cluster.list(namespace, "pods")).every(isOf("v3")));
  });

  await stack.destroy();
  for (const name of names) await cluster.kubectl("delete", "node", name);
});

const isOf =
  (revision: string) =>
  ({ spec }: { spec: { containers: [{ args: string[] }] } }) =>
    spec.containers[0].args[0]?.endsWith(`/${revision}/`) ?? false;

test("three models wait for one another longer than the own deadline of each", async () => {
  const lab = await up();
  const models = ["one", "two", "three"];
  const minute = { labels: { [podKindLabel]: "slow", [readyAfterLabel]: "60000" } };
  const room = { "lab.vllm/pool": `turns-${unique}` };
  const one = { ...onPool, scheduling: { nodeSelector: room } };
  const all = (extra: Tree): Tree => Object.fromEntries(models.map((name) => [name, { ...one, ...extra }]));
  const stack = await Rollouts.stage(lab, `e2e-turns-${unique}`, all({ labels: {}, revision: "v1" }));
  const labels = { "karpenter.k8s.aws/instance-gpu-name": "h200", ...room };
  const node = extraNode(`turns-${unique}`, { labels, gpus: 4 });
  await stack.cluster.apply(node);
  await stack.rollsOut();
  // Three pods, each ready a minute after it has the one spare GPU; alone, a model has 110 s.
  const { seconds } = await stack.rollsOut(all({ ...minute, revision: "v2" }));
  assert.ok(seconds > 180, `${seconds} s: they did wait for one another`);
  for (const model of models) {
    assert.equal(await stack.ready(model), 1);
    assert.equal((await stack.deployment(model)).spec.progressDeadlineSeconds, 110 + 2 * 50);
  }
  await stack.destroy();
  await stack.cluster.kubectl("delete", "node", node.metadata.name);
});

test("a rollout that is stuck while a scaler adds pods ends in its time", async (t) => {
  const lab = await up();
  const model = `busy-${unique}`;
  const scaled = {
    revision: "v1",
    replicas: null,
    autoscaling: { min: 2, max: 8, waitingRequests: 5 },
    gpu: { product: "A10G" },
  };
  const stack = await Rollouts.stage(lab, `e2e-busy-${unique}`, { [model]: scaled });
  const waiting = (value: number) => stack.cluster.setWaiting(model, value);
  const nowhere = { [model]: { scheduling: { nodeSelector: { "lab.vllm/none": "such" } } } };
  await waiting(0);
  await stack.rollsOut();
  assert.equal(await stack.ready(model), 2);

  await t.test("the pods that it adds to the old ones are no progress", async () => {
    const failing = stack.fails([model], nowhere);
    const condition = async () => {
      const { conditions } = (await stack.deployment(model)).status;
      return conditions.find((one: Tree) => one.type === "Progressing").lastUpdateTime as string;
    };
    await eventually(async () => (await stack.deployment(model)).metadata.generation > 1);
    const before = await condition();
    // Pods that are not ready count as idle ones, so it takes more than the target to be scaled.
    await waiting(15);
    await eventually(async () => (await stack.deployment(model)).spec.replicas > 2);
    await waiting(5);
    const { said, seconds } = await failing;
    assert.ok((await condition()) > before, "Kubernetes has started its deadline anew");
    assert.match(said[model] ?? "", /0 of \d new pods are ready; \d old ones serve on/);
    assert.match(said[model] ?? "", /pods?: no node takes it/);
    const { progressDeadlineSeconds } = (await stack.deployment(model)).spec;
    assert.ok(seconds < progressDeadlineSeconds + 60, `${seconds} s`);
  });

  await t.test("the next up fails too; with the correction it goes through, at the scaler's count", async () => {
    await stack.fails([model], nowhere);
    await stack.rollsOut();
    const { replicas } = (await stack.deployment(model)).spec;
    assert.ok(replicas > 2);
    assert.equal(await stack.ready(model), replicas);
  });

  await t.test("more than there is room for, later, does not count against it", async () => {
    // Pods that the scaler asks for and nobody may make.
    const quota = { hard: { pods: String((await stack.cluster.list(stack.namespace, "pods")).length) } };
    const metadata = { name: "full", namespace: stack.namespace };
    await stack.cluster.apply({ apiVersion: "v1", kind: "ResourceQuota", metadata, spec: quota });
    await waiting(100);
    await eventually(async () => (await stack.deployment(model)).spec.replicas === 8);
    await stack.rollsOut();
    assert.ok((await stack.ready(model)) < 8);
  });

  await stack.destroy();
});
