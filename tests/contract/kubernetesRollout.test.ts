import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Properties, PropertyValue } from "../../lab/standins/plugin/values.ts";
import type { Live, TestCluster } from "./kubernetes/cluster.ts";
import { failure } from "./kubernetes/failure.ts";
import { deployment, server, service, types } from "./kubernetes/manifests.ts";
import { contract } from "./kubernetes/setup.ts";

/** While `work` runs, the pods of a namespace get the status of pods that are placed and cannot start. */
async function whilePodsFail<Result>(cluster: TestCluster, namespace: string, work: Promise<Result>): Promise<Result> {
  let isDone = false;
  const done = () => {
    isDone = true;
  };
  work.then(done, done);
  while (!isDone) {
    for (const pod of await cluster.list("v1", "Pod", namespace)) await cluster.patchStatus(pod, cannotStart(pod));
    await sleep(200);
  }
  return work;
}

function cannotStart(pod: Live): unknown {
  const { image } = pod.spec.containers[0];
  const waiting = { reason: "ImagePullBackOff", message: `Back-off pulling image "${image}"` };
  const lastTransitionTime = new Date().toISOString();
  return {
    podIP: "10.244.7.7",
    podIPs: [{ ip: "10.244.7.7" }],
    conditions: [
      { type: "PodScheduled", status: "True", lastTransitionTime },
      { type: "Initialized", status: "True", lastTransitionTime },
      {
        type: "Ready",
        status: "False",
        reason: "ContainersNotReady",
        message: "containers with unready status: [vllm]",
        lastTransitionTime,
      },
    ],
    containerStatuses: [{ name: "vllm", ready: false, image, imageID: "", restartCount: 0, state: { waiting } }],
  };
}

contract("rollouts", (it) => {
  test("waits until a Deployment's pods are ready, all those of the newest revision", async () => {
    const { another, cluster, resource } = it();
    const namespace = await cluster.namespace();
    const object = resource(types.deployment, "chat");
    const { outputs } = await object.run(deployment(namespace, { replicas: 3 }));
    const { status } = outputs as { status: Properties };
    assert.deepEqual([status.readyReplicas, status.availableReplicas], [3, 3]);
    object.plugin = await another();
    await object.run(deployment(namespace, { replicas: 3, args: ["--model"] }));
    const live = await cluster.read(server(namespace));
    assert.equal(live.status.updatedReplicas, 3);
    assert.equal(live.status.observedGeneration, live.metadata.generation);
  });

  test("waits for as many pods as a scaler asks for", async () => {
    const { another, cluster, resource } = it();
    const namespace = await cluster.namespace();
    const object = resource(types.deployment, "chat");
    const ignoreChanges = ["spec.replicas"];
    await object.run(deployment(namespace, { replicas: 1 }));
    await cluster.scale(namespace, "chat", 4);
    object.plugin = await another();
    await object.run(deployment(namespace, { replicas: 1, args: ["--model"] }), { ignoreChanges });
    assert.equal((await cluster.read(server(namespace))).status.updatedReplicas, 4);
  });

  test("takes a Deployment of no pods for ready", async () => {
    const { cluster, resource } = it();
    const object = resource(types.deployment, "chat");
    assert.equal((await object.run(deployment(await cluster.namespace(), { replicas: 0 }))).step, "create");
  });

  test("gives up in the given time, keeps the object with its reasons, and tries again", async () => {
    const { cluster, resource } = it();
    const namespace = await cluster.namespace();
    const object = resource(types.deployment, "chat");
    const stuck = deployment(namespace, { replicas: 1, unschedulable: true });
    const { message, reasons, seconds } = await failure(object.run(stuck, { timeoutSeconds: 4 }));
    assert.ok(seconds >= 3 && seconds < 10, `${seconds} s`);
    assert.equal(
      message,
      `resource "${object.urn}" was successfully created, but the Kubernetes API server reported that it failed to ` +
        "fully initialize or become live: 'chat' timed out waiting to be Ready",
    );
    assert.deepEqual(reasons, [
      message,
      "[MinimumReplicasUnavailable] Deployment does not have minimum availability.",
      "Minimum number of live Pods was not attained",
    ]);
    assert.equal(object.stored?.id, `${namespace}/chat`);
    assert.ok(object.stored?.outputs.__fieldManager);

    const again = await failure(object.run(stuck, { timeoutSeconds: 2 }));
    assert.equal(
      again.message,
      `the Kubernetes API server reported that "${namespace}/chat" failed to fully initialize or become live: ` +
        "'chat' timed out waiting to be Ready",
    );
    const good = await object.run(deployment(namespace, { replicas: 1 }), { timeoutSeconds: 30 });
    assert.equal(good.step, "update");
    assert.deepEqual(object.stored?.initErrors, []);
  });

  test("says that a change does not roll out, and rolls the next one out", async () => {
    const { another, cluster, resource } = it();
    const namespace = await cluster.namespace();
    const object = resource(types.deployment, "chat");
    await object.run(deployment(namespace, { replicas: 2, deadline: 2 }));
    // A plugin that has watched Deployments of this namespace before may take the old revision for the new one:
    // the real one does so about every second time.
    object.plugin = await another();
    const stuck = deployment(namespace, { replicas: 2, deadline: 2, unschedulable: true });
    const { reasons } = await failure(object.run(stuck, { timeoutSeconds: 6 }));
    const live = await cluster.read(server(namespace));
    const { message } = live.status.conditions.find(({ type }: { type: string }) => type === "Progressing");
    assert.deepEqual(reasons.slice(1), [
      `[ProgressDeadlineExceeded] ${message}`,
      "Minimum number of Pods to consider the application live was not attained",
    ]);
    assert.match(message, /ReplicaSet "chat-[0-9a-z]+" has timed out progressing\./);
    assert.equal(live.status.availableReplicas, 2, "the old ones serve on");

    assert.equal(await object.refresh(), true);
    assert.deepEqual(object.stored?.initErrors.slice(0, 1), ["Resource 'chat' was created but failed to initialize"]);
    await object.run(deployment(namespace, { replicas: 2, deadline: 2 }));
    assert.deepEqual(object.stored?.initErrors, []);
  });

  test("says why a pod that has a node does not start", async () => {
    const { cluster, resource } = it();
    const namespace = await cluster.namespace();
    const object = resource(types.deployment, "chat");
    const stuck = deployment(namespace, { replicas: 1, unattended: true, image: "docker.io/vllm/none:1" });
    const { reasons } = await whilePodsFail(cluster, namespace, failure(object.run(stuck, { timeoutSeconds: 5 })));
    const [{ metadata }] = await cluster.list("v1", "Pod", namespace);
    assert.deepEqual(reasons.slice(3), [
      `[Pod ${namespace}/${metadata.name}]: containers with unready status: [vllm][ImagePullBackOff] Back-off pulling image "docker.io/vllm/none:1"`,
    ]);
  });

  test("takes its time from the annotation where the program gives none, and none where it is not to wait", async () => {
    const { cluster, resource } = it();
    const namespace = await cluster.namespace();
    const object = resource(types.deployment, "chat");
    const choice = { replicas: 1, unschedulable: true };
    const limited = deployment(namespace, { ...choice, annotations: { "pulumi.com/timeoutSeconds": "2" } });
    assert.ok((await failure(object.run(limited))).seconds < 8);
    await object.destroy();
    const hurried = deployment(namespace, { ...choice, annotations: { "pulumi.com/skipAwait": "true" } });
    assert.equal((await object.run(hurried)).step, "create");
    await object.refresh();
    assert.deepEqual(object.stored?.initErrors, []);
  });

  test("waits until a Service's pods are ready", async () => {
    const { cluster, resource } = it();
    const namespace = await cluster.namespace();
    const front = resource(types.service, "chat");
    const { outputs } = (
      await Promise.all([
        front.run(service(namespace), { timeoutSeconds: 60 }),
        resource(types.deployment, "chat").run(deployment(namespace, { replicas: 1 })),
      ])
    )[0];
    assert.match(String((outputs.spec as Properties).clusterIP), /^10\./);
    await front.refresh();
    assert.deepEqual(front.stored?.initErrors, []);
  });

  test("gives a Service up whose pods never become ready", async () => {
    const { cluster, resource } = it();
    const namespace = await cluster.namespace();
    const front = resource(types.service, "chat");
    const annotations = { "pulumi.com/skipAwait": "true" };
    await resource(types.deployment, "chat").run(deployment(namespace, { replicas: 1, unattended: true, annotations }));
    const run = failure(front.run(service(namespace), { timeoutSeconds: 14 }));
    const { message, reasons } = await whilePodsFail(cluster, namespace, run);
    assert.match(message, /'chat' timed out waiting to be Ready$/);
    assert.deepEqual(reasons.slice(1), [
      "Service does not target any Pods. Selected Pods may not be ready, or field '.spec.selector' may not match labels on any Pods",
    ]);
  });

  test("takes a Service that finds no pods at all for ready", async () => {
    const { cluster, resource } = it();
    const front = resource(types.service, "chat");
    const run = await front.run(service(await cluster.namespace()), { timeoutSeconds: 30 });
    assert.equal(run.step, "create");
  });

  test("does not wait for pods behind a Service without a selector or an address", async () => {
    const { cluster, resource } = it();
    const namespace = await cluster.namespace();
    const specs: { [field: string]: PropertyValue }[] = [
      { clusterIP: "None" },
      { selector: {} },
      { selector: {}, ports: [], type: "ExternalName", externalName: "models.example.com" },
    ];
    for (const spec of specs) {
      const front = resource(types.service, "chat");
      await front.run(service(namespace, spec), { timeoutSeconds: 5 });
      await front.destroy();
    }
  });

  test("waits for a deletion, as long as it was told", async () => {
    const { cluster, resource } = it();
    const namespace = await cluster.namespace();
    const map = resource(types.configMap, "map");
    const metadata = { namespace, name: "map", finalizers: ["contract.test/hold"] };
    await map.run({ apiVersion: "v1", kind: "ConfigMap", metadata });
    const { message } = await failure(map.destroy(2));
    assert.match(message, /timed out waiting for the condition/);
    await cluster.patch({ apiVersion: "v1", kind: "ConfigMap", metadata: { ...metadata, finalizers: null } } as never);
    await cluster.until(
      "the end",
      async () => !(await cluster.find({ apiVersion: "v1", kind: "ConfigMap", metadata })),
    );
    await map.destroy();
  });

  test("stops waiting when the user cancels, and keeps what is there", async () => {
    const { another, cluster, resource } = it();
    const namespace = await cluster.namespace();
    const plugin = await another();
    const object = resource(types.deployment, "chat", plugin);
    const stuck = failure(object.run(deployment(namespace, { replicas: 1, unschedulable: true })));
    await cluster.until("the object", () => cluster.find(server(namespace)));
    await sleep(1000);
    await plugin.cancel();
    const { message, seconds } = await stuck;
    assert.ok(seconds < 8, `${seconds} s`);
    assert.match(message, /Resource operation was cancelled for "chat"$/);
    assert.equal(object.stored?.id, `${namespace}/chat`);
  });

  test("deletes a Deployment with its pods", async () => {
    const { cluster, resource } = it();
    const namespace = await cluster.namespace();
    const object = resource(types.deployment, "chat");
    await object.run(deployment(namespace, { replicas: 2 }));
    await object.destroy();
    assert.deepEqual(await cluster.list("apps/v1", "ReplicaSet", namespace), []);
    assert.equal(await cluster.find(server(namespace)), undefined);
  });

  test("creates what is inside a namespace that is made at the same time", async () => {
    const { cluster, resource } = it();
    const namespace = await cluster.namespace();
    const name = `${namespace}-late`;
    const map = resource(types.configMap, "map").run({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { namespace: name },
    });
    await sleep(500);
    const late = resource(types.namespace, "late");
    await late.run({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
    assert.equal((await map).step, "create");
    await late.destroy();
  });
});
