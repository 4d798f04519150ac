import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestCluster } from "./kubernetes/cluster.ts";
import { type DeploymentChoice, deployment, types } from "./kubernetes/manifests.ts";
import { field, type Resource } from "./kubernetes/resource.ts";
import { type Contract, contract } from "./kubernetes/setup.ts";

const ignoreChanges = ["spec.replicas"];
const newImage = "docker.io/vllm/vllm-openai:v0.33.0";
const conflict =
  /server-side apply field conflict detected[\s\S]*The resource managed by field manager "pulumi-kubernetes-[0-9a-f]{8}" had an apply conflict: Apply failed with 1 conflict: conflict with "kube-controller-manager" with subresource "scale" using apps\/v1: \.spec\.replicas/;

/** A Deployment of the program, in a namespace of its own, that starts with these settings. */
async function started({ cluster, resource }: Contract, choice: DeploymentChoice, options = {}) {
  const namespace = await cluster.namespace();
  const server = resource(types.deployment, "chat");
  const program = (next: DeploymentChoice) => deployment(namespace, next);
  await server.run(program(choice), options);
  return {
    server,
    program,
    replicas: () => replicas(cluster, namespace),
    scale: (n: number) => scale(cluster, namespace, n),
    settled: () => settled(cluster, namespace),
  };
}

async function replicas(cluster: TestCluster, namespace: string): Promise<number> {
  return (await cluster.read({ apiVersion: "apps/v1", kind: "Deployment", metadata: { namespace, name: "chat" } })).spec
    .replicas;
}

/** What the autoscaler does. */
async function scale(cluster: TestCluster, namespace: string, count: number): Promise<void> {
  await cluster.scale(namespace, "chat", count);
  await settled(cluster, namespace);
}

/** A refresh before this finds a Deployment that is not ready, and the next run would update it. */
async function settled(cluster: TestCluster, namespace: string): Promise<void> {
  const reference = { apiVersion: "apps/v1", kind: "Deployment", metadata: { namespace, name: "chat" } };
  await cluster.until("the rollout", async () => {
    const { metadata, spec, status } = await cluster.read(reference);
    const counts = [status.replicas, status.updatedReplicas, status.readyReplicas, status.availableReplicas];
    return status.observedGeneration === metadata.generation && counts.every((count) => count === spec.replicas);
  });
}

function image(server: Resource): unknown {
  return field(server.stored?.outputs, "spec", "template", "spec", "containers", 0, "image");
}

contract("scaling", (it) => {
  test("a fixed number conflicts with a scaler that has changed it, in the preview too", async () => {
    const { server, program, replicas, scale } = await started(it(), { replicas: 2 });
    await server.run(program({ replicas: 2, args: ["--model"] }));
    await scale(5);
    const next = program({ replicas: 2, image: newImage });
    await assert.rejects(server.preview(next), conflict);
    await assert.rejects(server.run(next), conflict);
    assert.equal(await replicas(), 5);
    assert.notDeepEqual(server.stored?.initErrors, [], "the next run tries again, without a difference");
    await assert.rejects(server.run(next), conflict);
  });

  test("right after the creation only the update finds that conflict", async () => {
    const { server, program, replicas, scale } = await started(it(), { replicas: 2 });
    await scale(5);
    const next = program({ replicas: 2, image: newImage });
    assert.equal((await server.preview(next)).step, "update");
    await assert.rejects(server.run(next), conflict);
    assert.equal(await replicas(), 5);
  });

  test("a number left out after a scaler has changed it stays", async () => {
    const { server, program, replicas, scale } = await started(it(), { replicas: 2 });
    await scale(5);
    await server.preview(program({ image: newImage }));
    await server.run(program({ image: newImage }));
    assert.equal(await replicas(), 5);
    assert.equal(image(server), newImage);
  });

  test("a number left out before a scaler has changed it drops to one", async () => {
    const { server, program, replicas } = await started(it(), { replicas: 4 });
    const { diff } = await server.run(program({}));
    assert.deepEqual(diff?.detailedDiff, { "spec.replicas": { kind: "delete", inputDiff: true } });
    assert.equal(await replicas(), 1);
  });

  for (const start of [2, 4]) {
    test(`an ignored number stays, scaled from ${start} or not`, async () => {
      const { server, program, replicas, scale, settled } = await started(it(), { replicas: start });
      const next = program({ replicas: start, image: newImage });
      await server.preview(next, { ignoreChanges });
      const { diff } = await server.run(next, { ignoreChanges });
      assert.deepEqual(Object.keys(diff?.detailedDiff ?? {}), ["spec.template.spec.containers[0].image"]);
      assert.equal(await replicas(), start);
      await scale(5);
      const after = program({ replicas: start, image: newImage, args: ["--model"] });
      await server.preview(after, { ignoreChanges });
      await server.run(after, { ignoreChanges });
      assert.equal(await replicas(), 5);
      assert.equal((await server.run(after, { ignoreChanges })).step, "same");
      await settled();
      await server.refresh();
      assert.equal((await server.preview(after, { ignoreChanges })).step, "same", "nor after a refresh");
      await server.run(program({ replicas: start }), { ignoreChanges });
      assert.equal(await replicas(), 5);
    });
  }

  test("an ignored number that was scaled right after the creation stays", async () => {
    const { server, program, replicas, scale } = await started(it(), { replicas: 2 }, { ignoreChanges });
    await scale(5);
    await server.preview(program({ replicas: 2, image: newImage }), { ignoreChanges });
    await server.run(program({ replicas: 2, image: newImage }), { ignoreChanges });
    assert.equal(await replicas(), 5);
    assert.equal(image(server), newImage);
  });

  test("a number left out from the start begins at one", async () => {
    const { server, program, replicas, scale } = await started(it(), {});
    assert.equal(await replicas(), 1);
    await scale(5);
    await server.run(program({ image: newImage }));
    assert.equal(await replicas(), 5);
  });

  test("back to a fixed number takes force", async () => {
    const { server, program, replicas, scale } = await started(it(), { replicas: 2 });
    await server.run(program({ replicas: 2, image: newImage }), { ignoreChanges });
    await scale(7);
    await server.run(program({ replicas: 2, args: ["--model"] }), { ignoreChanges });
    assert.equal(await replicas(), 7);
    const fixed = { replicas: 3, args: ["--model"] };
    await assert.rejects(server.preview(program(fixed)), conflict);
    await assert.rejects(server.run(program(fixed)), conflict);
    const forced = program({ ...fixed, annotations: { "pulumi.com/patchForce": "true" } });
    await server.preview(forced);
    await server.run(forced);
    assert.equal(await replicas(), 3);
    assert.equal((await server.run(forced)).step, "same");
    // And on to the scaler again, which finds no rival.
    await scale(6);
    await server.run(forced, { ignoreChanges });
    assert.equal(await replicas(), 6);
  });

  test("the program's two ways, there and back twice: fixed by force, scaled by ignoring", async () => {
    const force = { annotations: { "pulumi.com/patchForce": "true" } };
    const { server, program, replicas, scale, settled } = await started(it(), { replicas: 3, ...force });
    for (const round of [1, 2]) {
      const scaled = program({ replicas: 2, args: ["--model", `s${round}`] });
      await server.preview(scaled, { ignoreChanges });
      await server.run(scaled, { ignoreChanges });
      assert.equal(await replicas(), 3, "the minimum comes from the scaler, not from the switch");
      await scale(6);
      assert.equal((await server.preview(scaled, { ignoreChanges })).step, "same");
      await settled();
      await server.refresh();
      assert.equal((await server.run(scaled, { ignoreChanges })).step, "same");

      const fixed = program({ replicas: 3, args: ["--model", `f${round}`], ...force });
      await server.preview(fixed);
      await server.run(fixed);
      assert.equal(await replicas(), 3);
      assert.equal((await server.run(fixed)).step, "same");
    }
  });

  test("a refresh while pods are still starting keeps the reason, and the next run waits for them", async () => {
    const { cluster, resource } = it();
    const namespace = await cluster.namespace();
    const server = resource(types.deployment, "chat");
    const annotations = { "pulumi.com/skipAwait": "true" };
    await server.run(deployment(namespace, { replicas: 1, unschedulable: true, annotations }));
    const program = deployment(namespace, { replicas: 1, unschedulable: true });
    await server.run(program, { timeoutSeconds: 1 }).catch(() => {});
    await server.refresh();
    assert.equal(server.stored?.initErrors[0], "Resource 'chat' was created but failed to initialize");
    const preview = await server.preview(program);
    assert.deepEqual([preview.step, preview.diff?.detailedDiff], ["update", {}]);
  });

  test("a conflict names the field and the other manager", async () => {
    const { cluster, resource } = it();
    const namespace = await cluster.namespace();
    const server = resource(types.deployment, "chat");
    await server.run(deployment(namespace, { replicas: 0, annotations: { "a.b/c": "1" } }));
    await server.run(deployment(namespace, { replicas: 0, annotations: { "a.b/c": "2" } }));
    const metadata = { namespace, name: "chat", annotations: { "a.b/c": "theirs" } };
    await cluster.patch({ apiVersion: "apps/v1", kind: "Deployment", metadata } as never, "somebody");
    const next = deployment(namespace, { replicas: 0, annotations: { "a.b/c": "3" } });
    const named = /conflict with "somebody" using apps\/v1: \.metadata\.annotations\.a\.b\/c/;
    await assert.rejects(server.preview(next), named);
    await assert.rejects(server.run(next), named);
  });
});
