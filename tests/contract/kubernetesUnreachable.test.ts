import assert from "node:assert/strict";
import { test } from "node:test";
import { settings, types } from "./kubernetes/manifests.ts";
import { field } from "./kubernetes/resource.ts";
import { contract } from "./kubernetes/setup.ts";

/** A kubeconfig of a cluster where nobody answers. */
const away = JSON.stringify({
  apiVersion: "v1",
  kind: "Config",
  clusters: [{ name: "away", cluster: { server: "https://127.0.0.1:1" } }],
  users: [{ name: "nobody", user: { token: "none" } }],
  contexts: [{ name: "lab", context: { cluster: "away", user: "nobody" } }],
});

const program = settings("default", { a: "1" }, "contract-unreachable");

contract("unreachable clusters", (it) => {
  test("previews without the cluster, and names it when it is needed", async () => {
    const { another, resource } = it();
    const object = resource(types.configMap, "map", await another({ kubeconfig: away, context: "lab" }));
    assert.deepEqual(field((await object.preview(program)).outputs, "data"), { a: "1" });
    await assert.rejects(object.run(program), (error: Error) => {
      assert.match(
        error.message,
        /^configured Kubernetes cluster is unreachable: unable to load schema information from the API server: /,
      );
      assert.match(error.message, /"https:\/\/127\.0\.0\.1:1\/.*dial tcp 127\.0\.0\.1:1: connect: connection refused$/);
      return true;
    });
    assert.equal(object.stored, undefined);
  });

  test("keeps the state of what it cannot reach, unless it is told that the cluster is gone", async () => {
    const { another, cluster, resource } = it();
    const namespace = await cluster.namespace();
    const object = resource(types.configMap, "map");
    await object.run(settings(namespace, { a: "1" }));

    object.plugin = await another({ kubeconfig: away, context: "lab" });
    assert.equal((await object.preview(settings(namespace, { a: "1" }))).step, "same");
    const advice =
      "If the cluster was deleted, you can remove this resource from Pulumi state by rerunning the operation with the " +
      'PULUMI_K8S_DELETE_UNREACHABLE environment variable set to "true"';
    await assert.rejects(object.refresh(), {
      message: `failed to read resource state due to unreachable cluster. ${advice}`,
    });
    await assert.rejects(object.destroy(), {
      message: `configured Kubernetes cluster is unreachable. ${advice}`,
    });

    object.plugin = await another({ kubeconfig: away, context: "lab", deleteUnreachable: "true" });
    assert.equal(await object.refresh(), false);
  });

  test("tells of a context that the kubeconfig does not have, and of a kubeconfig that is none", async () => {
    const { another, resource } = it();
    const elsewhere = await another({ kubeconfig: away, context: "nowhere" });
    await assert.rejects(
      resource(types.configMap, "map", elsewhere).run(program),
      /^Error: configured Kubernetes cluster is unreachable: unable to load Kubernetes client configuration from kubeconfig file\.[\s\S]*context "nowhere" does not exist/,
    );
    const nothing = await another({ kubeconfig: "/nonexistent/kubeconfig", context: "lab" });
    await assert.rejects(
      resource(types.configMap, "map", nothing).run(program),
      /^Error: configured Kubernetes cluster is unreachable: failed to parse kubeconfig data in `kubernetes:config:kubeconfig`- /,
    );
  });
});
