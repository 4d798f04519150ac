import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Tree } from "../../config/tree.ts";
import { LabError } from "../errors.ts";
import { kubectl } from "../kubectl.ts";
import { type Finished, Project } from "../project.ts";
import { publish } from "../publish.ts";
import type { Lab } from "../state.ts";
import { writeTinyModel } from "../tinyModel.ts";
import type { Asked } from "./load.ts";

const stack = "dev";

/** The revisions of it that are published: the same bytes, to be rolled out in turn. */
export const revisions = ["v1", "v2"] as const;

/** The stack dev on nodes that run its pods, in a restricted namespace of its own. */
export class Served {
  readonly namespace: string;
  readonly project: Project;
  readonly #lab: Lab;

  private constructor(lab: Lab, namespace: string, project: Project) {
    this.#lab = lab;
    this.namespace = namespace;
    this.project = project;
  }

  /** Makes the stack's bucket, and publishes a small model in it under each of those names; nothing is served yet. */
  static async stage(lab: Lab, namespace: string, models: readonly string[], signal?: AbortSignal): Promise<Served> {
    const served = new Served(lab, namespace, await Project.stage(lab, namespace, signal));
    await served.kubectl("create", "namespace", namespace);
    await served.kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted");
    const { code, output } = await served.up(Object.fromEntries(models.map((model) => [model, {}])));
    if (code !== 0) throw new LabError(`pulumi up --stack ${stack} failed:\n${output}`);
    const bucket = String((await served.outputs()).modelBucket);
    const folder = join(served.project.folder, "model");
    mkdirSync(folder);
    await writeTinyModel(folder);
    for (const model of models)
      for (const revision of revisions) await publish(lab, folder, { bucket, model, revision });
    return served;
  }

  /** Runs `up` with those settings of models. Times are short: a pod waits 15 s for its Service, and drains for 5 s. */
  async up(models: Tree): Promise<Finished> {
    const settings: Tree = {
      "vllm:namespace": { name: this.namespace, create: false },
      // Read from the bucket by the engine itself: the container that copies asks for half of a small node.
      "vllm:image": { streamer: true },
      "vllm:resources": { cpu: "100m", memory: "6Gi" },
      "vllm:provisioning": { seconds: 5 },
      "vllm:startup": { seconds: 20 },
      "vllm:drain": { seconds: 35 },
      // Without a shape, whose fit would be checked: the one of the repository's own model is another's.
      "vllm:models": { chat: null, ...models },
    };
    await this.project.stack(stack, settings);
    return this.project.pulumi(["up", "--yes", "--skip-preview", "--stack", stack]);
  }

  async outputs(): Promise<Tree> {
    return this.project.outputs(stack);
  }

  /** The served models, as a client asks them. */
  async asked(): Promise<Asked[]> {
    const { models, apiKey } = await this.outputs();
    return Object.entries(models as Record<string, Tree>).map(([name, { endpoint, servedModelName }]) => ({
      name,
      baseURL: String(endpoint),
      apiKey: String(apiKey),
      model: String(servedModelName),
    }));
  }

  async destroy(): Promise<void> {
    await this.project.pulumi(["destroy", "--yes", "--stack", stack]);
    await this.kubectl("delete", "namespace", this.namespace, "--wait=false");
  }

  kubectl(...args: string[]): Promise<string> {
    return kubectl(this.#lab, args);
  }
}

/** Waits until the pods of a namespace that have those labels are as many, all Ready, and none is ending. */
export async function settled(
  lab: Lab,
  namespace: string,
  selector: string,
  pods: number,
  seconds = 180,
): Promise<void> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const listed = await kubectl(lab, ["get", "pods", "-n", namespace, "-l", selector, "-o", "json"]);
    const items = (JSON.parse(listed) as { items: PodState[] }).items;
    const ready = items.filter(({ metadata, status }) => !metadata.deletionTimestamp && isReady(status));
    if (ready.length === pods && items.length === pods) return;
    if (performance.now() > deadline) {
      throw new LabError(
        `${pods} pods of ${selector}: ${ready.length} of ${items.length} are Ready after ${seconds} s`,
      );
    }
    await sleep(500);
  }
}

interface PodState {
  metadata: { deletionTimestamp?: string };
  status: { conditions?: { type: string; status: string }[] };
}

const isReady = ({ conditions = [] }: PodState["status"]): boolean =>
  conditions.some(({ type, status }) => type === "Ready" && status === "True");
