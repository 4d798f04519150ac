import assert from "node:assert/strict";
import { test } from "node:test";
import { failure } from "./kubernetes/failure.ts";
import { deployment, server, types } from "./kubernetes/manifests.ts";
import { field } from "./kubernetes/resource.ts";
import { contract } from "./kubernetes/setup.ts";

contract("success too early", (it) => {
  test("is said of a stuck rollout by a stand-in that was told to, at a creation and at a change", async () => {
    const { another, cluster, resource, isStandIn } = it();
    const namespace = await cluster.namespace();
    const object = resource(types.deployment, "chat", await another(undefined, { LAB_SUCCESS_TOO_EARLY: "true" }));
    const stuck = (replicas: number) => deployment(namespace, { replicas, unschedulable: true });
    if (!isStandIn) {
      assert.ok((await failure(object.run(stuck(1), { timeoutSeconds: 2 }))).seconds >= 1, "it knows no such switch");
      return;
    }
    for (const replicas of [1, 2]) {
      const { step, outputs } = await object.run(stuck(replicas), { timeoutSeconds: 30 });
      assert.deepEqual([step, object.stored?.initErrors], [replicas === 1 ? "create" : "update", []]);
      assert.equal(field(outputs, "spec", "replicas"), replicas);
      assert.equal((await cluster.read(server(namespace))).status.readyReplicas, undefined);
    }
    // What else it does is as it was: a refresh tells the truth, and what is no expression is refused.
    await object.refresh();
    assert.deepEqual(object.stored?.initErrors.slice(0, 1), ["Resource 'chat' was created but failed to initialize"]);
    const wrong = deployment(namespace, { annotations: { "pulumi.com/waitFor": "{.metadata.uid}" } });
    await failure(object.run(wrong));
    for (const told of [undefined, "", "false", "1"]) {
      object.plugin = await another(undefined, { LAB_SUCCESS_TOO_EARLY: told });
      await failure(object.run(stuck(1), { timeoutSeconds: 1 }));
    }
    await object.destroy();
    await failure(object.run(stuck(1), { timeoutSeconds: 1 }));
  });

  test("holds for an expression to wait for as well, and for nothing but Deployments", async () => {
    const { another, cluster, resource, isStandIn } = it();
    if (!isStandIn) return;
    const namespace = await cluster.namespace();
    const plugin = await another(undefined, { LAB_SUCCESS_TOO_EARLY: "true" });
    const annotations = { "pulumi.com/waitFor": "jsonpath={.status.none}" };
    const object = resource(types.deployment, "chat", plugin);
    await object.run(deployment(namespace, { replicas: 1, unschedulable: true, annotations }));
    const map = { apiVersion: "v1", kind: "ConfigMap", metadata: { namespace, name: "map", annotations } };
    await failure(resource(types.configMap, "map", plugin).run(map, { timeoutSeconds: 1 }));
  });
});
