import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { apply, kubectl } from "../../lab/kubectl.ts";
import type { Lab } from "../../lab/state.ts";

/** A Kubernetes object as kubectl prints it. */
// biome-ignore lint/suspicious/noExplicitAny: tests read arbitrary fields of it
export type KubernetesObject = any;

/** The cluster of the lab, by kubectl. */
export class Cluster {
  readonly #lab: Lab;

  constructor(lab: Lab) {
    this.#lab = lab;
  }

  kubectl(...args: string[]): Promise<string> {
    return kubectl(this.#lab, args, AbortSignal.timeout(60_000));
  }

  /** Sets the requests that wait in each pod of a model, as the scaler will read them. */
  async setWaiting(model: string, waiting: number): Promise<void> {
    const body = JSON.stringify({ waiting });
    const response = await fetch(`${this.#lab.metricsControl}/models/${model}`, { method: "PUT", body });
    assert.ok(response.ok, await response.text());
  }

  async list(namespace: string, kind: string): Promise<KubernetesObject[]> {
    return JSON.parse(await this.kubectl("get", kind, "--namespace", namespace, "--output", "json")).items;
  }

  async get(namespace: string, kind: string, name: string): Promise<KubernetesObject> {
    return JSON.parse(await this.kubectl("get", kind, name, "--namespace", namespace, "--output", "json"));
  }

  /** Names of the objects of those kinds, as `kind/name`, sorted; what Kubernetes itself adds to a namespace left out. */
  async names(namespace: string, kinds: string[]): Promise<string[]> {
    const out = await this.kubectl("get", kinds.join(","), "--namespace", namespace, "--output", "name");
    const own = ["configmap/kube-root-ca.crt", "serviceaccount/default"];
    return out
      .split("\n")
      .filter((name) => name && !own.includes(name))
      .sort();
  }

  /** Makes objects, or changes them to these. */
  apply(...objects: object[]): Promise<void> {
    return apply(this.#lab, objects, AbortSignal.timeout(60_000));
  }

  /** A namespace as a platform team makes it, with the strictest Pod Security level. */
  async createNamespace(name: string): Promise<void> {
    await this.kubectl("create", "namespace", name);
    await this.kubectl("label", "namespace", name, "pod-security.kubernetes.io/enforce=restricted");
  }

  /** Ready pods of a model that are not being deleted. */
  async readyPods(namespace: string): Promise<KubernetesObject[]> {
    const pods = await this.list(namespace, "pods");
    return pods.filter(
      (pod) =>
        !pod.metadata.deletionTimestamp &&
        pod.status.conditions?.some((one: KubernetesObject) => one.type === "Ready" && one.status === "True"),
    );
  }

  /** Polls until the reading equals what is expected, and fails with the last reading after `seconds`. */
  async eventually<T>(read: () => Promise<T>, expected: T, seconds = 60): Promise<void> {
    const deadline = performance.now() + seconds * 1000;
    for (;;) {
      const value = await read();
      try {
        assert.deepEqual(value, expected);
        return;
      } catch (error) {
        if (performance.now() > deadline) throw error;
        await sleep(250);
      }
    }
  }
}
