import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { merge } from "../../config/layers/merge.ts";
import type { Tree } from "../../config/tree.ts";
import type { Lab } from "../../lab/lab.ts";
import { Project } from "../../lab/project.ts";
import { publish } from "../../lab/publish.ts";
import { writeTinyModel } from "../../lab/tinyModel.ts";
import { Cluster } from "../e2e/cluster.ts";
import { succeeded } from "../e2e/support.ts";

const stack = "dev";

/** Of the small model. */
const shape: Tree = { parameters: "1M", layers: 2, hiddenSize: 128, attentionHeads: 2, keyValueHeads: 1, headSize: 64 };

/** The stack dev, on nodes that run its pods, with a small model published as `v1`. */
export class Served {
  readonly lab: Lab;
  readonly cluster: Cluster;
  readonly namespace: string;
  readonly project: Project;
  bucket = "";

  private constructor(lab: Lab, namespace: string, project: Project) {
    this.lab = lab;
    this.cluster = new Cluster(lab);
    this.namespace = namespace;
    this.project = project;
  }

  /** Stages the stack in a restricted namespace of its own, with its bucket and the model in it; nothing is served yet. */
  static async stage(lab: Lab, namespace: string, models: readonly string[] = ["chat"]): Promise<Served> {
    const served = new Served(lab, namespace, await Project.stage(lab, namespace));
    await served.cluster.createNamespace(namespace);
    succeeded(await served.up(Object.fromEntries(models.map((model) => [model, {}]))));
    const { modelBucket } = await served.project.outputs(stack);
    served.bucket = String(modelBucket);
    const folder = join(served.project.folder, "model");
    mkdirSync(folder);
    await writeTinyModel(folder);
    for (const model of models) await publish(lab, folder, { bucket: served.bucket, model, revision: "v1" });
    return served;
  }

  /** Runs `up` with those settings of models. */
  async up(models: Tree) {
    const settings: Tree = {
      "vllm:namespace": { name: this.namespace, create: false },
      // Two pods, and what a rollout adds, are to fit on two small nodes.
      "vllm:resources": { cpu: "500m", memory: "5Gi" },
      "vllm:provisioning": { seconds: 5 },
      "vllm:startup": { seconds: 20 },
      "vllm:drain": { seconds: 35 },
      "vllm:engine": { env: { AWS_ENDPOINT_URL: this.lab.awsForPods ?? "" } },
      "vllm:models": { chat: null },
    };
    const all = Object.entries(models).map(([name, model]) => [name, merge({ shape }, model as Tree)]);
    await this.project.stack(stack, merge(settings, { "vllm:models": Object.fromEntries(all) }));
    return this.project.pulumi(["up", "--yes", "--skip-preview", "--stack", stack]);
  }

  async outputs(): Promise<Tree> {
    return this.project.outputs(stack);
  }

  async destroy(): Promise<void> {
    succeeded(await this.project.pulumi(["destroy", "--yes", "--stack", stack]));
    await this.cluster.kubectl("delete", "namespace", this.namespace, "--wait=false");
  }
}
