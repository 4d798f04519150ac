import assert from "node:assert/strict";
import { merge } from "../../config/layers/merge.ts";
import type { Tree } from "../../config/tree.ts";
import { Project } from "../../lab/project.ts";
import type { Lab } from "../../lab/state.ts";
import { Cluster } from "./cluster.ts";
import { errors, readable } from "./process.ts";
import { quick, succeeded } from "./support.ts";

/** A stack of several models whose rollouts are looked at, with a kubernetes plugin that says success too early. */
export class Rollouts {
  readonly cluster: Cluster;
  readonly namespace: string;
  readonly #project: Project;
  readonly #models: Tree;

  private constructor(cluster: Cluster, namespace: string, project: Project, models: Tree) {
    this.cluster = cluster;
    this.namespace = namespace;
    this.#project = project;
    this.#models = models;
  }

  /** Stages a stack of those models, in a namespace of its own. Nothing is deployed yet. */
  static async stage(lab: Lab, namespace: string, models: Tree): Promise<Rollouts> {
    const cluster = new Cluster(lab);
    await cluster.createNamespace(namespace);
    const project = await Project.stage(lab, namespace, undefined, { successTooEarly: true });
    return new Rollouts(cluster, namespace, project, models);
  }

  /** Runs `up` with those further settings of models. */
  async up(models: Tree = {}) {
    const namespace = { "vllm:namespace": { name: this.namespace } };
    const all = merge({ "vllm:models": this.#models }, { "vllm:models": models });
    await this.#project.stack("test", { ...quick, ...namespace, "vllm:model": null, ...all });
    const begin = performance.now();
    const finished = await this.#project.pulumi(["up", "--yes", "--skip-preview", "--stack", "test"]);
    return { ...finished, seconds: (performance.now() - begin) / 1000 };
  }

  /** Fails where an `up` does; how long it took. */
  async rollsOut(models: Tree = {}): Promise<{ seconds: number }> {
    const finished = await this.up(models);
    succeeded(finished);
    return finished;
  }

  /** Fails where an `up` does not fail for exactly those models; what it says of each, and how long it took. */
  async fails(names: readonly string[], models: Tree = {}): Promise<{ said: Record<string, string>; seconds: number }> {
    const finished = await this.up(models);
    assert.notEqual(finished.code, 0, finished.output);
    readable(finished.output);
    const told = errors(finished);
    const short = names.map((name) => `the rollout of model ${name} is not complete`);
    assert.deepEqual(told.filter((text) => !text.startsWith("model ")).sort(), short.sort(), finished.output);
    const said = Object.fromEntries(
      told.filter((text) => text.startsWith("model ")).map((text) => [/^model (\S+):/.exec(text)?.[1] ?? "", text]),
    );
    assert.deepEqual(Object.keys(said).sort(), [...names].sort(), finished.output);
    return { said, seconds: finished.seconds };
  }

  async deployment(model: string) {
    return this.cluster.get(this.namespace, "deployment", model);
  }

  /** Ready pods of a model. */
  async ready(model: string): Promise<number> {
    const pods = await this.cluster.readyPods(this.namespace);
    return pods.filter(({ metadata }) => metadata.labels["app.kubernetes.io/instance"] === model).length;
  }

  async destroy(): Promise<void> {
    succeeded(await this.#project.pulumi(["destroy", "--yes", "--stack", "test"]));
    await this.cluster.kubectl("delete", "namespace", this.namespace, "--wait=false");
  }
}
