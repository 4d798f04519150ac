import { LabError } from "../../lab/errors.ts";
import { apply, kubectl } from "../../lab/kubectl.ts";
import type { Asked } from "../../lab/load/load.ts";
import { Served, settled } from "../../lab/load/served.ts";
import type { Lab } from "../../lab/state.ts";
import { type Deployment, objectName, othersObjects, selectorOf, type Variant, variants } from "./variants.ts";

export const namespace = "bench-serve";
export const models = ["a", "b", "c"] as const;
/** Of each model; all of a variant together. */
export const replicas = 2;
export const pods = models.length * replicas;
/** Between two tokens of the engine double. */
export const tokenSeconds = 0.05;

/** The variants' servers on a lab. One variant at a time has pods. */
export class Stage {
  readonly lab: Lab;
  readonly #signal: AbortSignal;
  readonly #asked: Asked[];

  private constructor(lab: Lab, signal: AbortSignal, asked: Asked[]) {
    this.lab = lab;
    this.#signal = signal;
    this.#asked = asked;
  }

  /** Deploys this program's servers by `up`, and makes the others' from them. */
  static async make(lab: Lab, signal: AbortSignal): Promise<Stage> {
    const served = await Served.stage(lab, namespace, models, signal);
    const settings = { revision: "v1", replicas, engine: { env: { DOUBLE_TOKEN_SECONDS: String(tokenSeconds) } } };
    const { code, output } = await served.up(Object.fromEntries(models.map((model) => [model, settings])));
    if (code !== 0) throw new LabError(`the servers could not be deployed:\n${output}`);
    const stage = new Stage(lab, signal, await served.asked());
    const listed = await stage.kubectl("get", "deployments", "--selector", selectorOf("ours"), "--output", "json");
    const { items } = JSON.parse(listed) as { items: Deployment[] };
    const others = variants.filter((variant) => variant !== "ours");
    const objects = others.flatMap((variant) => items.flatMap((ours) => othersObjects(variant, ours)));
    await apply(lab, objects, signal);
    return stage;
  }

  /** How clients ask a variant. */
  asked(variant: Variant): Asked[] {
    if (variant === "ours") return this.#asked;
    return this.#asked.map((asked) => ({
      ...asked,
      baseURL: `http://${objectName(variant, asked.name)}.${namespace}.svc/v1`,
    }));
  }

  /** Takes the pods of all other variants away, and waits until those of this one are ready. */
  async turn(variant: Variant): Promise<void> {
    const others = variants.filter((other) => other !== variant);
    for (const other of others) await this.scale(other, 0);
    for (const other of others) await settled(this.lab, namespace, selectorOf(other), 0);
    await this.scale(variant, replicas);
    await this.settled(variant, pods);
  }

  async scale(variant: Variant, to: number): Promise<void> {
    await this.kubectl("scale", "deployment", "--selector", selectorOf(variant), `--replicas=${to}`);
  }

  /** Waits until a variant has so many pods, all Ready, and none is ending. */
  async settled(variant: Variant, count: number): Promise<void> {
    this.#signal.throwIfAborted();
    await settled(this.lab, namespace, selectorOf(variant), count, 300);
  }

  /** Runs kubectl in the variants' namespace. */
  kubectl(...args: string[]): Promise<string> {
    const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(300_000)]);
    return kubectl(this.lab, ["--namespace", namespace, ...args], signal);
  }
}
