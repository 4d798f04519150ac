import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { redacted } from "../../config/secretForms.ts";

/**
 * Other processes that render. A process has one Pulumi runtime, base's code is other code than head's, and either may be
 * broken: then it takes only the job that it broke at with it.
 */

/** For one job, in milliseconds. */
const patience = 120_000;

/** A job that came to nothing, in a line for a person. */
export interface Broken {
  broken: string;
}

/** A process that does one job after the other, and is started again where it ends over one. */
export class Worker<Job extends object, Answer extends object> {
  readonly #script: URL;
  readonly #args: readonly string[];
  #child: ChildProcess | undefined;
  #before: Promise<unknown> = Promise.resolve();

  constructor(script: URL, args: readonly string[] = []) {
    this.#script = script;
    this.#args = args;
  }

  /** Starts it, so that it has loaded the program when the first job comes. */
  start(): void {
    this.#running();
  }

  /** Has it do a job, after all that were asked for before. */
  ask(job: Job): Promise<Answer | Broken> {
    const answer = this.#before.then(() => this.#ask(job));
    this.#before = answer;
    return answer;
  }

  /** Ends it, whatever it does. */
  async end(): Promise<void> {
    const child = this.#child;
    if (!child) return;
    const gone = new Promise((done) => child.once("exit", done));
    child.kill("SIGKILL");
    await gone;
  }

  #running(): { child: ChildProcess; said: () => string } {
    if (!this.#child) {
      const child = fork(this.#script, [...this.#args], { stdio: ["ignore", "ignore", "pipe", "ipc"] });
      child.stderr?.setEncoding("utf8").on("data", (text: string) => {
        this.#said = (this.#said + text).slice(-20_000);
      });
      child.once("exit", () => {
        this.#child = undefined;
      });
      this.#said = "";
      this.#child = child;
    }
    return { child: this.#child, said: () => this.#said };
  }

  #said = "";

  #ask(job: Job): Promise<Answer | Broken> {
    const { child, said } = this.#running();
    return new Promise((done) => {
      const finish = (answer: Answer | Broken) => {
        clearTimeout(late);
        child.off("message", answered).off("close", ended).off("error", failed);
        done(answer);
      };
      const answered = (message: unknown) => finish(message as Answer | Broken);
      // Its last words may come after its end.
      const ended = () => finish({ broken: faultIn(said()) });
      const failed = ({ message }: Error) => finish({ broken: message });
      const late = setTimeout(() => {
        child.off("close", ended).kill("SIGKILL");
        child.once("close", () => finish({ broken: `no render came within ${patience / 1000} s` }));
      }, patience);
      child.on("message", answered).on("close", ended).on("error", failed);
      child.send(job, (error) => error && failed(error));
    });
  }
}

/** The folders of this program. */
const root = fileURLToPath(new URL("../..", import.meta.url));

/** What a process says of the error that it ended with, and where that was: its stack would be of no use. */
function faultIn(stderr: string): string {
  const [, whole = ""] = /^(?:file:\/\/)?(\/\S*:\d+)$/m.exec(stderr) ?? [];
  const place = whole.startsWith(root) ? whole.slice(root.length) : "";
  const [error = stderr.trim().split("\n").at(-1)] = /^[\w$.]*Error\b.*$/m.exec(stderr) ?? [];
  return redacted(`${error || "it ended without a word"}${place ? ` (${place})` : ""}`);
}

/** In the other process: does the jobs that come, one after the other, until the first one is gone. */
export function serve<Job, Answer extends object>(work: (job: Job) => Promise<Answer | Broken>): void {
  process.on("disconnect", () => process.exit());
  process.on("message", async (job: Job) => {
    process.send?.(await work(job));
  });
}
