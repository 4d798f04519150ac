import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import {
  AppsV1Api,
  CoreV1Api,
  KubeConfig,
  KubernetesObjectApi,
  PatchStrategy,
  setHeaderOptions,
} from "@kubernetes/client-node";

/** A live object, in whatever shape. */
// biome-ignore lint/suspicious/noExplicitAny: every kind has other fields.
export type Live = any;

interface Reference {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string };
}

/** The cluster as somebody else than the plugin sees and changes it. */
export class TestCluster {
  readonly kubeconfig: string;
  #objects: KubernetesObjectApi;
  #apps: AppsV1Api;
  #core: CoreV1Api;
  #namespaces: string[] = [];

  constructor(kubeconfig: string) {
    this.kubeconfig = kubeconfig;
    const config = new KubeConfig();
    config.loadFromFile(kubeconfig);
    config.setCurrentContext("lab");
    this.#objects = KubernetesObjectApi.makeApiClient(config);
    this.#apps = config.makeApiClient(AppsV1Api);
    this.#core = config.makeApiClient(CoreV1Api);
  }

  /** Makes a namespace for one test; `cleanUp` deletes it. */
  async namespace(): Promise<string> {
    const name = `contract-${randomBytes(4).toString("hex")}`;
    await this.#objects.create({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
    // Pods need the account that a controller makes in every namespace.
    await this.until("the default service account", () =>
      this.find({ apiVersion: "v1", kind: "ServiceAccount", metadata: { namespace: name, name: "default" } }),
    );
    this.#namespaces.push(name);
    return name;
  }

  /** Deletes all namespaces; does not wait until they are gone. */
  async cleanUp(): Promise<void> {
    const gone = this.#namespaces
      .splice(0)
      .map((name) => this.delete({ apiVersion: "v1", kind: "Namespace", metadata: { name } }));
    await Promise.allSettled(gone);
  }

  create(object: Reference & { [field: string]: unknown }): Promise<Live> {
    return this.#objects.create(object as Live);
  }

  read(reference: Reference): Promise<Live> {
    return this.#objects.read(reference as Live);
  }

  /** The object, or nothing. */
  async find(reference: Reference): Promise<Live | undefined> {
    try {
      return await this.read(reference);
    } catch (error) {
      if ((error as { code?: number }).code === 404) return undefined;
      throw error;
    }
  }

  async list(apiVersion: string, kind: string, namespace: string): Promise<Live[]> {
    return (await this.#objects.list(apiVersion, kind, namespace)).items;
  }

  /** Changes fields under another manager's name. */
  async patch(object: Reference & { [field: string]: unknown }, manager = "somebody"): Promise<Live> {
    return this.#objects.patch(object as Live, undefined, undefined, manager, undefined, PatchStrategy.MergePatch);
  }

  /** Gives a pod a status, as its kubelet does. */
  async patchStatus({ metadata: { namespace, name } }: Live, status: unknown): Promise<void> {
    const header = setHeaderOptions("Content-Type", PatchStrategy.StrategicMergePatch);
    await this.#core.patchNamespacedPodStatus({ namespace, name, body: { status } }, header).catch(() => {});
  }

  /** Sets the number of pods by the scale subresource, under the controller manager's name, as the autoscaler does. */
  async scale(namespace: string, name: string, replicas: number): Promise<void> {
    const body = { apiVersion: "autoscaling/v1", kind: "Scale", metadata: { namespace, name }, spec: { replicas } };
    await this.#apps.replaceNamespacedDeploymentScale({
      namespace,
      name,
      body,
      fieldManager: "kube-controller-manager",
    });
  }

  async delete(reference: Reference): Promise<void> {
    await this.#objects.delete(reference as Live);
  }

  /** Asks until there is an answer. */
  async until<Result>(what: string, ask: () => Promise<Result | undefined | false>, seconds = 30): Promise<Result> {
    for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(100)) {
      const result = await ask();
      if (result) return result;
    }
    throw new Error(`waited ${seconds} s in vain for ${what}`);
  }
}
