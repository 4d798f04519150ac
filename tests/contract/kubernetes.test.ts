import assert from "node:assert/strict";
import { test } from "node:test";
import { isSecret, type Properties, type PropertyValue, plain, secret } from "../../lab/standins/plugin/values.ts";
import { urnOf } from "./harness.ts";
import {
  apiKey,
  deployment,
  disruptionBudget,
  scaler,
  service,
  serviceAccount,
  settings,
  types,
} from "./kubernetes/manifests.ts";
import { field } from "./kubernetes/resource.ts";
import { contract } from "./kubernetes/setup.ts";

contract("objects", (it) => {
  test("is the version that the program's SDK asks for", async () => {
    assert.equal(await it().plugin.version(), "4.34.2");
  });

  test("creates each kind, then sees no change", async () => {
    const { cluster, resource } = it();
    const namespace = await cluster.namespace();
    const programs: [string, Properties][] = [
      [types.serviceAccount, serviceAccount(namespace)],
      [types.scaler, scaler(namespace, 20)],
      [types.disruptionBudget, disruptionBudget(namespace)],
      [types.secret, apiKey(namespace, secret("sk-1"))],
      [types.configMap, settings(namespace, { a: "1" })],
      [types.deployment, deployment(namespace, { replicas: 2 })],
      [types.service, service(namespace)],
    ];
    await Promise.all(
      programs.map(async ([type, program]) => {
        const object = resource(type, "chat");
        const created = await object.run(program);
        assert.equal(created.step, "create", type);
        assert.equal(object.stored?.id, `${namespace}/${field(created.outputs, "metadata", "name")}`);
        assert.match(String(created.outputs.__fieldManager), /^pulumi-kubernetes-[0-9a-f]{8}$/, type);
        assert.equal(created.outputs.__initialApiVersion, program.apiVersion);
        assert.deepEqual(field(created.outputs, "metadata", "labels"), field(program, "metadata", "labels"), type);
        const again = await object.run(program);
        assert.deepEqual([again.step, again.diff?.detailedDiff], ["same", {}], type);
        assert.ok(await object.refresh());
        assert.equal((await object.run(program)).step, "same", `${type} after a refresh`);
        await object.destroy();
        assert.equal(
          await cluster.find({ ...program, metadata: field(created.outputs, "metadata") } as never),
          undefined,
        );
      }),
    );
  });

  test("creates a namespace and waits until it is gone", async () => {
    const { cluster, resource } = it();
    const object = resource(types.namespace, "team");
    const { outputs } = await object.run({ apiVersion: "v1", kind: "Namespace" });
    const name = String(field(outputs, "metadata", "name"));
    assert.match(name, /^team-[0-9a-f]{8}$/);
    assert.equal(object.stored?.id, name);
    assert.equal(field(object.stored?.inputs, "metadata", "namespace"), undefined);
    await resource(types.configMap, "inside").run(settings(name, { a: "1" }));
    await object.destroy();
    assert.equal(await cluster.find({ apiVersion: "v1", kind: "Namespace", metadata: { name } }), undefined);
  });

  test("names what the program leaves without a name, and keeps that name", async () => {
    const { cluster, plugin, resource } = it();
    const namespace = await cluster.namespace();
    const object = resource(types.configMap, "settings");
    const program = settings(namespace, { a: "1" });
    const checked = await plugin.check(object.urn, program);
    assert.deepEqual(await plugin.check(object.urn, program), checked, "the same seed gives the same name");
    const metadata = checked.inputs.metadata as Properties;
    assert.match(String(metadata.name), /^settings-[0-9a-f]{8}$/);
    assert.deepEqual(metadata, {
      name: metadata.name,
      namespace,
      annotations: { "pulumi.com/autonamed": "true" },
    });
    await object.run(program);
    const first = object.stored?.id;
    await object.run({ ...program, metadata: { namespace, labels: { a: "b" } } });
    assert.equal(object.stored?.id, first);
  });

  test("puts an object without a namespace into the configured one", async () => {
    const { cluster, another } = it();
    const namespace = await cluster.namespace();
    const configuration = { kubeconfig: cluster.kubeconfig, context: "lab", namespace };
    const plugin = await another(configuration);
    const { inputs } = await plugin.check(urnOf(types.configMap, "a"), {
      data: { a: "1" },
      apiVersion: "v1",
      kind: "ConfigMap",
    });
    assert.equal(field(inputs, "metadata", "namespace"), namespace);
    const other = await plugin.check(urnOf(types.namespace, "a"), {
      apiVersion: "v1",
      kind: "Namespace",
    });
    assert.equal(field(other.inputs, "metadata", "namespace"), undefined);
  });

  test("does not take the same thing written otherwise for a change", async () => {
    const { cluster, plugin, resource } = it();
    const namespace = await cluster.namespace();
    const object = resource(types.deployment, "chat");
    const program = deployment(namespace, { replicas: 1 });
    await object.run(program);
    const pod = field(object.stored?.inputs, "spec", "template", "spec");
    assert.deepEqual(field(pod as Properties, "containers", 0, "resources"), {
      requests: { cpu: "10m", memory: "1Mi" },
      limits: { memory: "4Gi" },
    });
    assert.equal(field(pod as Properties, "volumes", 0, "emptyDir", "sizeLimit"), "2Gi");
    const { inputs } = await plugin.check(object.urn, program, object.stored?.inputs);
    assert.deepEqual(inputs, object.stored?.inputs);
  });

  test("keeps secrets secret", async () => {
    const { cluster, plugin, resource } = it();
    const namespace = await cluster.namespace();
    const encoded = Buffer.from("sk-1").toString("base64");
    const key = resource(types.secret, "key");
    await key.run(apiKey(namespace, secret("sk-1")));
    const { inputs, outputs } = key.stored ?? assert.fail();
    for (const data of [inputs.data, outputs.data, (outputs.__inputs as Properties).data]) {
      assert.ok(isSecret(data));
      assert.deepEqual(plain(data as PropertyValue), { apiKey: encoded });
    }
    assert.equal(inputs.stringData, undefined);
    assert.equal(outputs.stringData, undefined);

    // Not marked by the program, and still secret.
    const plainKey = await plugin.check(key.urn, { ...apiKey(namespace, "sk-1"), stringData: { apiKey: "sk-1" } });
    assert.ok(isSecret(plainKey.inputs.data));

    // A secret elsewhere keeps its mark, and takes the list that it is in with it.
    const server = resource(types.deployment, "chat");
    await server.run(deployment(namespace, { replicas: 0, secretName: secret("key-1") }));
    const pod = ["spec", "template", "spec"].reduce<Properties>(
      (outputs, step) => outputs[step] as Properties,
      server.stored?.outputs ?? {},
    );
    assert.ok(isSecret(pod.containers));
    assert.ok(!isSecret(pod.tolerations));
    assert.doesNotMatch(JSON.stringify(pod.volumes), /4dabf18193072939515e22adb298388d/);
  });

  test("refuses to create what exists, and leaves it alone", async () => {
    const { cluster, resource } = it();
    const namespace = await cluster.namespace();
    await cluster.create({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { namespace, name: "taken" },
      data: { a: "theirs" },
    });
    const map = resource(types.configMap, "map");
    await assert.rejects(map.run(settings(namespace, { a: "ours" }, "taken")), (error: Error) => {
      assert.match(
        error.message,
        /was not successfully created by the Kubernetes API server: configmaps "taken" already exists/,
      );
      assert.match(error.message, /The resource already exists in the cluster\./);
      return true;
    });
    assert.equal(map.stored, undefined);
    const live = await cluster.read({ apiVersion: "v1", kind: "ConfigMap", metadata: { namespace, name: "taken" } });
    assert.deepEqual(live.data, { a: "theirs" });
  });

  test("sees in a refresh that an object is gone, and deletes what is gone already", async () => {
    const { cluster, plugin, resource } = it();
    const namespace = await cluster.namespace();
    const map = resource(types.configMap, "map");
    await map.run(settings(namespace, { a: "1" }, "map"));
    const { id, outputs } = map.stored ?? assert.fail();
    await cluster.delete({ apiVersion: "v1", kind: "ConfigMap", metadata: { namespace, name: "map" } });
    assert.equal(await map.refresh(), false);
    await plugin.delete(map.urn, id, outputs);
  });

  test("sees in a refresh what somebody changed in our fields, and nothing else", async () => {
    const { cluster, resource } = it();
    const namespace = await cluster.namespace();
    const program = disruptionBudget(namespace);
    const budget = resource(types.disruptionBudget, "chat");
    await budget.run(program);
    const reference = { apiVersion: "policy/v1", kind: "PodDisruptionBudget", metadata: { namespace, name: "chat" } };
    await cluster.patch({ ...reference, metadata: { ...reference.metadata, labels: { theirs: "1" } } as never });
    await budget.refresh();
    assert.equal((await budget.run(program)).step, "same", "a label beside ours is not ours");
    assert.equal(field(budget.stored?.inputs, "metadata", "labels"), undefined);

    await cluster.patch({ ...reference, spec: { maxUnavailable: 3 } });
    assert.equal((await budget.run(program)).step, "same", "without a refresh it is not seen");
    await budget.refresh();
    assert.equal(field(budget.stored?.inputs, "spec", "maxUnavailable"), 3);
    const preview = await budget.preview(program).catch((error: Error) => error);
    assert.ok(preview);
  });

  test("writes quantities as the server does", async () => {
    const { plugin } = it();
    const quantities = {
      "0": "0",
      "0.5": "500m",
      "0.0001": "100u",
      "1.25": "1250m",
      "1000m": "1",
      "1500m": "1500m",
      "1024Mi": "1Gi",
      "1500Mi": "1500Mi",
      "1.5Gi": "1536Mi",
      "0.5Ki": "512",
      "100k": "100k",
      "1000k": "1M",
      "5000000": "5M",
      "1024": "1024",
      "2e3": "2e3",
      "12e6": "12e6",
    };
    const limits = Object.fromEntries(Object.keys(quantities).map((text, i) => [`contract.test/${i}`, text]));
    const containers = [{ name: "a", image: "a", resources: { limits: { ...limits, "nvidia.com/gpu": 8 } } }];
    const metadata = { name: "a", namespace: "default" };
    const pod = { apiVersion: "v1", kind: "Pod", metadata, spec: { containers } };
    const { inputs } = await plugin.check(urnOf("kubernetes:core/v1:Pod", "a"), pod);
    const expected = Object.fromEntries(Object.values(quantities).map((text, i) => [`contract.test/${i}`, text]));
    const found = field(inputs, "spec", "containers", 0, "resources", "limits");
    assert.deepEqual(found, { ...expected, "nvidia.com/gpu": "8" });
  });
});
