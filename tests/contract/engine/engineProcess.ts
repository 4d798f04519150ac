import { spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { until } from "../../../lab/until.ts";
import { Connection } from "./connection.ts";

/** An engine to run: what stands before `serve`, and what its environment needs beside the pod's. */
export interface Engine {
  name: string;
  command: string[];
  env: Record<string, string>;
  /** The longest that it may take to answer, in seconds. */
  startupSeconds: number;
}

/** How a process ended: its exit code, or the signal that killed it. */
export type Exit = number | NodeJS.Signals;

/** A running engine. It is PID 1 of a PID namespace of its own, as in a pod: signals that it does not handle are lost. */
export interface EngineProcess {
  port: number;
  /** What it has printed, stdout and stderr together. */
  lines: string[];
  exit: Promise<Exit>;
  /** How it ended, if it has. */
  ended(): Exit | undefined;
  /** The engine's own process, as this machine's PID namespace has it. */
  pid(): number;
  signal(name: "SIGTERM"): void;
  /** Waits for a line that matches. Throws if the engine ends before. */
  printed(mark: RegExp): Promise<void>;
  /** Waits until /health is 200, and returns what connections came to before. Throws if the engine ends before. */
  ready(): Promise<string[]>;
  /** Kills what is left of it. */
  stop(): Promise<void>;
}

/** Starts `vllm serve <args>`. It is killed when the signal aborts. */
export function startEngine(
  engine: Engine,
  port: number,
  args: string[],
  env: Record<string, string>,
  signal: AbortSignal,
): EngineProcess {
  const own = process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"];
  const namespace = ["unshare", ...own, "--pid", "--fork", "--kill-child", "--mount-proc"];
  // One pipe for stdout and stderr: two would lose the order of lines.
  const together = ["--pdeathsig", "KILL", "sh", "-c", 'exec "$@" 2>&1', "sh"];
  const child = spawn("setpriv", [...together, ...namespace, ...engine.command, "serve", ...args], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines: string[] = [];
  let ended: Exit | undefined;
  const news = new EventEmitter();
  createInterface({ input: child.stdout }).on("line", (line) => {
    lines.push(line);
    news.emit("line");
  });
  const exit = new Promise<Exit>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, killer) => {
      ended = code ?? killer ?? 0;
      resolve(ended);
      news.emit("line");
    });
  });
  exit.catch(() => undefined);
  signal.addEventListener("abort", () => child.kill("SIGKILL"));
  const patience = engine.startupSeconds;
  const tooEarly = () => new Error(`the engine ended with ${ended}:\n${lines.slice(-20).join("\n")}`);
  const pid = () => only(child.pid ?? 0);
  return {
    port,
    lines,
    exit,
    ended: () => ended,
    pid,
    signal: (name) => process.kill(pid(), name),
    async printed(mark) {
      const patient = AbortSignal.any([signal, AbortSignal.timeout(patience * 1000)]);
      while (!lines.some((line) => mark.test(line))) {
        if (ended !== undefined) throw tooEarly();
        await once(news, "line", { signal: patient });
      }
    },
    async ready() {
      const before = new Set<string>();
      await until("an engine that answers", patience, signal, async () => {
        if (ended !== undefined) return true;
        const state = await health(port);
        if (state === "200") return true;
        before.add(state);
        return false;
      });
      if (ended !== undefined) throw tooEarly();
      return [...before];
    },
    async stop() {
      if (ended === undefined) child.kill("SIGKILL");
      await exit;
    },
  };
}

/** The status of /health on a connection of its own, or the error of the connection. */
export async function health(port: number): Promise<string> {
  try {
    const connection = await Connection.open(port);
    const response = await connection.request({ path: "/health" });
    connection.drop();
    return response ? String(response.status) : "closed";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

/** The only child of a process: `unshare` waits for what it has started. */
function only(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ")[0]);
}
