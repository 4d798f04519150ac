import assert from "node:assert/strict";
import { test } from "node:test";
import { type Properties, secret, unknown } from "../../lab/standins/plugin/values.ts";
import { apiKey, deployment, disruptionBudget, service, settings, types } from "./kubernetes/manifests.ts";
import { field } from "./kubernetes/resource.ts";
import { contract } from "./kubernetes/setup.ts";

const update = { kind: "update", inputDiff: false };

contract("changes", (it) => {
  test("reports each changed field by its path, and changes it", async () => {
    const { cluster, resource } = it();
    const namespace = await cluster.namespace();
    const object = resource(types.deployment, "chat");
    await object.run(deployment(namespace, { replicas: 1 }));
    const container = "spec.template.spec.containers[0]";
    const changes: [Parameters<typeof deployment>[1], { [path: string]: unknown }][] = [
      [{ replicas: 2 }, { "spec.replicas": update }],
      [{ replicas: 2, image: "docker.io/vllm/vllm-openai:v0.33.0" }, { [`${container}.image`]: update }],
      [
        { replicas: 2, args: ["--model", "s3://models/chat/r2/", "--max-num-seqs=8"] },
        {
          [`${container}.image`]: update,
          [`${container}.args[1]`]: update,
          [`${container}.args[2]`]: { kind: "add", inputDiff: false },
        },
      ],
      [
        { replicas: 2, args: ["--model"] },
        {
          [`${container}.args[1]`]: { kind: "delete", inputDiff: true },
          [`${container}.args[2]`]: { kind: "delete", inputDiff: true },
        },
      ],
      [
        { replicas: 2, args: ["--model"], secretName: "key-2" },
        { [`${container}.env[0].valueFrom.secretKeyRef.name`]: update },
      ],
      [
        { replicas: 2, args: ["--model"], secretName: "key-2", annotations: { "a.b/c": "1" } },
        { "metadata.annotations": { kind: "add", inputDiff: false } },
      ],
      [
        { replicas: 2, args: ["--model"], secretName: "key-2", annotations: { "a.b/c": "2" } },
        { 'metadata.annotations["a.b/c"]': update },
      ],
      [
        { replicas: 2, args: ["--model"], secretName: "key-2" },
        { "metadata.annotations": { kind: "delete", inputDiff: true } },
      ],
    ];
    for (const [choice, expected] of changes) {
      const program = deployment(namespace, choice);
      const preview = await object.preview(program);
      assert.deepEqual([preview.step, preview.diff?.detailedDiff], ["update", expected]);
      assert.deepEqual([preview.diff?.replaces, preview.diff?.deleteBeforeReplace], [[], false]);
      const run = await object.run(program);
      assert.deepEqual([run.step, run.diff?.detailedDiff], ["update", expected]);
      assert.equal((await object.run(program)).step, "same");
    }
    const live = await cluster.read({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { namespace, name: "chat" },
    });
    assert.deepEqual(live.spec.template.spec.containers[0].args, ["--model"]);
    assert.equal(live.metadata.annotations["a.b/c"], undefined, "a field that the program drops is dropped");
  });

  test("replaces an auto-named object before it deletes the old one, when its data changes", async () => {
    const { cluster, resource } = it();
    const namespace = await cluster.namespace();
    const key = resource(types.secret, "key");
    await key.run(apiKey(namespace, secret("sk-1")));
    const before = field(key.stored?.outputs, "metadata", "name");
    const run = await key.run(apiKey(namespace, secret("sk-2")));
    assert.deepEqual([run.step, run.diff?.deleteBeforeReplace], ["replace", false]);
    assert.deepEqual(run.diff?.detailedDiff, { "data.apiKey": { kind: "update-replace", inputDiff: false } });
    assert.deepEqual(run.diff?.replaces, ["data.apiKey"]);
    const after = field(key.stored?.outputs, "metadata", "name");
    assert.match(String(after), /^key-[0-9a-f]{8}$/);
    assert.notEqual(after, before);
    const left = await cluster.list("v1", "Secret", namespace);
    assert.deepEqual(
      left.map(({ metadata }) => metadata.name),
      [after],
    );
  });

  test("deletes an object with a fixed name before it replaces it", async () => {
    const { cluster, resource } = it();
    const namespace = await cluster.namespace();
    const map = resource(types.configMap, "map");
    await map.run(settings(namespace, { a: "1" }, "fixed"));
    const run = await map.run(settings(namespace, { a: "2", b: "3" }, "fixed"));
    assert.deepEqual([run.step, run.diff?.deleteBeforeReplace], ["replace", true]);
    assert.deepEqual(run.diff?.detailedDiff, {
      "data.a": { kind: "update-replace", inputDiff: false },
      "data.b": { kind: "add-replace", inputDiff: false },
    });
    const renamed = await map.run(settings(namespace, { a: "2", b: "3" }, "other"));
    assert.deepEqual([renamed.step, renamed.diff?.deleteBeforeReplace], ["replace", false]);
    assert.deepEqual(renamed.diff?.replaces, ["metadata.name"]);
  });

  test("replaces a Deployment whose selector changes, and a Service whose cluster IP does", async () => {
    const { cluster, plugin, resource } = it();
    const namespace = await cluster.namespace();
    const server = resource(types.deployment, "chat");
    await server.run(deployment(namespace, { replicas: 0 }));
    const program = JSON.parse(JSON.stringify(deployment(namespace, { replicas: 0 }))) as Properties & {
      spec: { selector: { matchLabels: Properties } };
    };
    program.spec.selector.matchLabels["app.kubernetes.io/component"] = "main";
    const stored = server.stored ?? assert.fail();
    const { inputs } = await plugin.check(server.urn, program, stored.inputs);
    const diff = await plugin.diff(server.urn, stored.id, stored, inputs);
    const path = 'spec.selector.matchLabels["app.kubernetes.io/component"]';
    assert.deepEqual(diff.detailedDiff, { [path]: { kind: "add-replace", inputDiff: false } });
    assert.deepEqual([diff.replaces, diff.deleteBeforeReplace], [[path], true]);

    const front = resource(types.service, "chat");
    await front.run(service(namespace, { clusterIP: "None" }));
    const { inputs: news } = await plugin.check(
      front.urn,
      service(namespace, { clusterIP: "None", type: "ClusterIP" }),
      front.stored?.inputs,
    );
    assert.deepEqual((await plugin.diff(front.urn, "", front.stored ?? assert.fail(), news)).replaces, []);
    const { inputs: other } = await plugin.check(
      front.urn,
      service(namespace, { clusterIP: "10.0.0.77" }),
      front.stored?.inputs,
    );
    assert.deepEqual((await plugin.diff(front.urn, "", front.stored ?? assert.fail(), other)).replaces, [
      "spec.clusterIP",
    ]);
  });

  test("previews with the server's answer, with unknowns, and without the namespace", async () => {
    const { cluster, plugin, resource } = it();
    const namespace = await cluster.namespace();
    const server = resource(types.deployment, "chat");
    const { outputs } = await server.preview(deployment(namespace, { replicas: 2 }));
    assert.equal(field(outputs, "spec", "template", "spec", "dnsPolicy"), "ClusterFirst", "a default of the server's");
    assert.equal(outputs.status, undefined);
    assert.deepEqual(await cluster.list("apps/v1", "Deployment", namespace), []);

    const program = deployment(namespace, { replicas: 2, secretName: unknown });
    const unsure = await server.preview(program);
    assert.equal(field(unsure.outputs, "spec", "template", "spec", "dnsPolicy"), undefined);
    assert.equal(
      field(unsure.outputs, "spec", "template", "spec", "containers", 0, "env", 0, "valueFrom", "secretKeyRef", "name"),
      unknown,
    );

    await server.run(deployment(namespace, { replicas: 0 }));
    const changed = await server.preview(deployment(namespace, { replicas: 0, secretName: unknown }));
    assert.equal(changed.step, "update");
    // With an unknown anywhere, quantities that are not in the server's own form show as changes as well.
    const container = "spec.template.spec.containers[0]";
    assert.deepEqual(changed.diff?.detailedDiff, {
      [`${container}.env[0].valueFrom.secretKeyRef.name`]: update,
      [`${container}.resources.limits.memory`]: update,
      [`${container}.resources.requests.cpu`]: update,
      [`${container}.resources.requests.memory`]: update,
      "spec.template.spec.volumes[0].emptyDir.sizeLimit": update,
    });

    const missing = resource(types.configMap, "map");
    const there = await missing.preview(settings("contract-not-yet", { a: "1" }));
    assert.equal(field(there.outputs, "metadata", "namespace"), "contract-not-yet");
    assert.equal(field(there.outputs, "metadata", "uid"), undefined);
    assert.ok(plugin);
  });

  test("tells what the server refuses, in the preview too", async () => {
    const { cluster, resource } = it();
    const namespace = await cluster.namespace();
    const server = resource(types.deployment, "chat");
    const wrong = { ...deployment(namespace), metadata: { namespace, name: "Not_A_Name" } };
    const refused =
      /was not successfully created by the Kubernetes API server: Deployment\.apps "Not_A_Name" is invalid: metadata\.name: Invalid value: "Not_A_Name"/;
    await assert.rejects(server.preview(wrong), refused);
    await assert.rejects(server.run(wrong), refused);
    assert.equal(server.stored, undefined);
  });

  test("has its own way with a field that the server does not know", async () => {
    const { cluster, resource, isStandIn } = it();
    const namespace = await cluster.namespace();
    const budget = resource(types.disruptionBudget, "chat");
    const program = disruptionBudget(namespace);
    const wrong = { ...program, spec: { ...(program.spec as Properties), maxUnavailble: 1 } } as Properties;
    if (isStandIn) {
      // Stricter than the real plugin, so that the lab finds it.
      const unknownField = /strict decoding error: unknown field "spec\.maxUnavailble"/;
      await assert.rejects(budget.preview(wrong), unknownField);
      await assert.rejects(budget.run(wrong), unknownField);
      await budget.run(program);
      await assert.rejects(budget.run(wrong), /\.spec\.maxUnavailble: field not declared in schema/);
      return;
    }
    await budget.run(wrong);
    assert.equal(field(budget.stored?.inputs, "spec", "maxUnavailble"), undefined, "it is dropped without a word");
    assert.equal((await budget.run(program)).step, "same");
  });

  test("passes what the cluster has no definition for through a preview", async () => {
    const { cluster, resource } = it();
    const namespace = await cluster.namespace();
    const thing = resource("kubernetes:contract.test/v1:Thing", "thing");
    const program = {
      apiVersion: "contract.test/v1",
      kind: "Thing",
      metadata: { name: "a", namespace },
      spec: { b: 1 },
    };
    assert.deepEqual((await thing.preview(program)).outputs, program);
  });
});
