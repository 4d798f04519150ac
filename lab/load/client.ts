import { setTimeout as sleep } from "node:timers/promises";
import { LabError } from "../errors.ts";
import { apply, kubectl } from "../kubectl.ts";
import type { Lab } from "../state.ts";
import { clientObjects, type Outcome, outcomeIn, type Task } from "./load.ts";

/** A client that asks, in a pod. */
export class LoadClient {
  readonly #lab: Lab;
  readonly #pod: string[];

  private constructor(lab: Lab, namespace: string, name: string) {
    this.#lab = lab;
    this.#pod = ["--namespace", namespace, name];
  }

  /** Starts it, and returns once it runs. */
  static async start(lab: Lab, namespace: string, name: string, task: Task): Promise<LoadClient> {
    await apply(lab, clientObjects(name, namespace, task));
    const client = new LoadClient(lab, namespace, name);
    await client.#reaches("Running", 60);
    return client;
  }

  /** Lets it end what is under way, and says what became of all. */
  async stop(): Promise<Outcome> {
    await kubectl(this.#lab, ["exec", ...this.#pod, "--", "touch", "/tmp/stop"]);
    await this.#reaches("Succeeded", 300);
    const log = await kubectl(this.#lab, ["logs", ...this.#pod]);
    await kubectl(this.#lab, ["delete", "pod", ...this.#pod, "--wait=false"]);
    return outcomeIn(log);
  }

  async #reaches(phase: string, seconds: number): Promise<void> {
    const deadline = performance.now() + seconds * 1000;
    for (;;) {
      const now = await kubectl(this.#lab, ["get", "pod", ...this.#pod, "--output", "jsonpath={.status.phase}"]);
      if (now === phase) return;
      if (now === "Failed" || performance.now() > deadline) {
        const log = await kubectl(this.#lab, ["logs", ...this.#pod]);
        throw new LabError(`the client is ${now} and not ${phase}; it said:\n${log.slice(-2000)}`);
      }
      await sleep(500);
    }
  }
}
