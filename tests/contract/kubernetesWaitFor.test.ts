import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { failure } from "./kubernetes/failure.ts";
import { type DeploymentChoice, deployment, server, types } from "./kubernetes/manifests.ts";
import { field } from "./kubernetes/resource.ts";
import { contract } from "./kubernetes/setup.ts";

/** Seen by the controller, whatever becomes of its pods. */
const seen = "jsonpath={.metadata.uid}";

function waitingFor(namespace: string, waitFor: string, choice: DeploymentChoice = {}) {
  return deployment(namespace, { replicas: 1, ...choice, annotations: { "pulumi.com/waitFor": waitFor } });
}

contract("waitFor", (it) => {
  test("creates and changes what never becomes ready at once, and stores what the change made", async () => {
    const { cluster, resource } = it();
    const namespace = await cluster.namespace();
    const object = resource(types.deployment, "chat");
    const start = Date.now();
    // By one plugin, which has watched Deployments of this namespace before.
    for (const generation of [1, 2, 3, 4, 5, 6]) {
      const image = `docker.io/vllm/vllm-openai:v0.${generation}.0`;
      const run = await object.run(waitingFor(namespace, seen, { image, unschedulable: true }));
      assert.equal(run.step, generation === 1 ? "create" : "update");
      assert.deepEqual(object.stored?.initErrors, []);
      assert.equal(field(run.outputs, "metadata", "generation"), generation);
      assert.equal(field(run.outputs, "spec", "template", "spec", "containers", 0, "image"), image);
      const observed = field(run.outputs, "status", "observedGeneration");
      assert.ok(observed === generation || (generation === 1 && observed === undefined), `observed: ${observed}`);
    }
    assert.ok(Date.now() - start < 30_000, `${Date.now() - start} ms`);
    assert.equal((await cluster.read(server(namespace))).status.readyReplicas, undefined);
  });

  test("leaves a refresh as it is: it says that nothing is ready, and the next run tries again", async () => {
    const { cluster, resource } = it();
    const namespace = await cluster.namespace();
    const object = resource(types.deployment, "chat");
    const program = waitingFor(namespace, seen, { unschedulable: true });
    await object.run(program);
    await cluster.until(
      "the controller",
      async () => (await cluster.read(server(namespace))).status.observedGeneration,
    );
    assert.equal(await object.refresh(), true);
    assert.deepEqual(object.stored?.initErrors.slice(0, 1), ["Resource 'chat' was created but failed to initialize"]);
    const run = await object.run(program);
    assert.deepEqual([run.step, run.diff?.detailedDiff, object.stored?.initErrors], ["update", {}, []]);
    assert.equal((await object.run(program)).step, "same");
  });

  test("waits until all that is asked for holds, at its value", async () => {
    const { cluster, resource } = it();
    const object = resource(types.deployment, "chat");
    const both = JSON.stringify([seen, "jsonpath={ $.status.readyReplicas }=2"]);
    const { outputs } = await object.run(waitingFor(await cluster.namespace(), both, { replicas: 2 }));
    assert.equal(field(outputs, "status", "readyReplicas"), 2);
  });

  test("gives up in the given time, at a creation and at a change", async () => {
    const { cluster, resource } = it();
    const namespace = await cluster.namespace();
    const object = resource(types.deployment, "chat");
    for (const image of ["docker.io/vllm/none:1", "docker.io/vllm/none:2"]) {
      const stuck = waitingFor(namespace, "jsonpath={.status.readyReplicas}", { image, unschedulable: true });
      const { message, reasons, seconds } = await failure(object.run(stuck, { timeoutSeconds: 2 }));
      assert.ok(seconds >= 1 && seconds < 10, `${seconds} s`);
      assert.match(message, /failed to fully initialize or become live: timed out waiting for the condition$/);
      assert.deepEqual(reasons, [message]);
      assert.equal(field(object.stored?.outputs, "spec", "template", "spec", "containers", 0, "image"), image);
    }
  });

  test("stops waiting when the user cancels", async () => {
    const { another, cluster, resource } = it();
    const namespace = await cluster.namespace();
    const plugin = await another();
    const object = resource(types.deployment, "chat", plugin);
    const stuck = failure(object.run(waitingFor(namespace, "jsonpath={.status.none}")));
    await cluster.until("the object", () => cluster.find(server(namespace)));
    await sleep(1000);
    await plugin.cancel();
    assert.match((await stuck).message, /context canceled$/);
    assert.equal(object.stored?.id, `${namespace}/chat`);
  });

  test("waits for a deletion all the same, where skipAwait does not", async () => {
    const { cluster, resource } = it();
    for (const [annotation, waits] of [
      ["pulumi.com/waitFor", true],
      ["pulumi.com/skipAwait", false],
    ] as const) {
      const namespace = await cluster.namespace();
      const object = resource(types.deployment, "chat");
      await object.run(deployment(namespace, { replicas: 1, annotations: { [annotation]: waits ? seen : "true" } }));
      const pod = await cluster.until("the pod", async () => (await cluster.list("v1", "Pod", namespace))[0]);
      const { name } = pod.metadata;
      const held = { apiVersion: "v1", kind: "Pod", metadata: { namespace, name, finalizers: ["contract.test/hold"] } };
      await cluster.patch(held);
      if (waits) assert.match((await failure(object.destroy(3))).message, /timed out waiting for the condition/);
      else await object.destroy(3);
      assert.ok(await cluster.find(server(namespace)), "its pod is held, so it is still there");
      await cluster.patch({ ...held, metadata: { ...held.metadata, finalizers: null } } as never);
      if (waits) await object.destroy(30);
      else await cluster.until("the end", async () => !(await cluster.find(server(namespace))));
      assert.deepEqual(await cluster.list("apps/v1", "ReplicaSet", namespace), []);
    }
  });

  test("refuses what is no expression: a creation leaves nothing in the state, a change its reason", async () => {
    const { cluster, resource, isStandIn } = it();
    const bad = [
      ["{.metadata.uid}", /expected a "jsonpath=" or "condition=" prefix, got "\{\.metadata\.uid\}"$/],
      ["[]", /at least one condition must be specified$/],
      ["jsonpath=.metadata.uid", /\.metadata\.uid/],
      ["jsonpath={.metadata.uid}=", /\{\.metadata\.uid\}=/],
      ["jsonpath={.metadata.uid}=a=b", /\{\.metadata\.uid\}=a=b/],
    ] as const;
    // The real plugin knows more than these.
    const unknown = ["condition=Available", "jsonpath={.status.conditions[*].type}", "jsonpath={.status[?@.a]}"];
    const refused = unknown.map((text) => [text, /stand-in knows jsonpath=\{\.a\.b\} and/] as const);
    for (const [text, reason] of [...bad, ...(isStandIn ? refused : [])]) {
      const namespace = await cluster.namespace();
      const object = resource(types.deployment, "chat");
      await assert.rejects(object.run(waitingFor(namespace, text)), (error: Error) => {
        assert.match(error.message, / was not successfully created by the Kubernetes API server: /);
        assert.match(error.message, reason);
        return true;
      });
      assert.equal(object.stored, undefined);
      await cluster.delete(server(namespace));
      await object.run(waitingFor(namespace, seen, { replicas: 0 }));
      const { message, reasons } = await failure(object.run(waitingFor(namespace, text, { replicas: 0 })));
      assert.match(message, reason);
      assert.deepEqual(reasons, [message]);
    }
  });
});
