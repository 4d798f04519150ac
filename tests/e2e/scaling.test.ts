import assert from "node:assert/strict";
import { test } from "node:test";
import type { Tree } from "../../config/tree.ts";
import { up } from "../../lab/lab.ts";
import { Project } from "../../lab/project.ts";
import { Cluster } from "./cluster.ts";
import { changed, quick, succeeded, unique } from "./support.ts";

const stack = "staging";
const namespace = `e2e-scaling-${unique}`;

test("scaling by waiting requests", async (t) => {
  const lab = await up();
  const cluster = new Cluster(lab);
  const project = await Project.stage(lab, namespace);
  const pulumi = (...args: string[]) => project.pulumi([...args, "--stack", stack]);
  const model = `chat-${unique}`;
  const models = { [model]: { revision: "v1" } };
  const settings = (extra: Tree) =>
    project.stack(stack, { ...quick, "vllm:namespace": { name: namespace }, "vllm:models": models, ...extra });
  const scaled: Tree = { "vllm:replicas": null, "vllm:autoscaling": { min: 2, max: 6, waitingRequests: 5 } };
  const waiting = (value: number) => cluster.setWaiting(model, value);
  const wanted = async () => (await cluster.get(namespace, "deployment", model)).spec.replicas;
  const ready = async () => (await cluster.readyPods(namespace)).filter(named).length;
  const named = (pod: { metadata: { labels: Tree } }) => pod.metadata.labels["app.kubernetes.io/instance"] === model;
  const unchanged = async () => {
    for (const operation of [["preview"], ["refresh", "--yes"], ["up", "--yes"]]) {
      const finished = await pulumi(...operation);
      succeeded(finished);
      assert.deepEqual(changed(finished), [], operation[0]);
    }
  };

  await cluster.createNamespace(namespace);
  await waiting(0);
  await t.test("begins at the minimum", async () => {
    await settings(scaled);
    succeeded(await pulumi("up", "--yes"));
    await cluster.eventually(ready, 2);
  });
  for (const [what, value, replicas] of [
    ["up", 15, 6],
    ["down", 0, 2],
    ["up again", 15, 6],
  ] as const)
    await t.test(`the HPA scales ${what}, and Pulumi sees no change`, async () => {
      await waiting(value);
      await cluster.eventually(wanted, replicas);
      await cluster.eventually(ready, replicas);
      await unchanged();
      assert.equal(await wanted(), replicas);
    });

  await t.test("from scaled to fixed, the scaler goes and the count is the fixed one", async () => {
    await settings({ "vllm:replicas": 3 });
    const finished = await pulumi("up", "--yes");
    succeeded(finished);
    const changes = [`delete vllm-${model}-main-autoscaler`, `update vllm-${model}-main-deployment`];
    assert.deepEqual(changed(finished), changes);
    await cluster.eventually(ready, 3);
    assert.deepEqual(await cluster.names(namespace, ["horizontalpodautoscaler"]), []);
    await unchanged();
    assert.equal(await wanted(), 3);
  });

  await t.test("from fixed to scaled, the count stays until the scaler changes it", async () => {
    await waiting(5);
    await settings(scaled);
    const finished = await pulumi("up", "--yes");
    succeeded(finished);
    const changes = [`create vllm-${model}-main-autoscaler`, `update vllm-${model}-main-deployment`];
    assert.deepEqual(changed(finished), changes);
    assert.equal(await wanted(), 3);
    await waiting(15);
    await cluster.eventually(ready, 6);
    await unchanged();
  });

  await t.test("destroy leaves nothing but the bucket", async () => {
    succeeded(await pulumi("destroy", "--yes", "--exclude-protected"));
    assert.deepEqual(await cluster.names(namespace, ["deployment", "horizontalpodautoscaler", "service"]), []);
  });
});
