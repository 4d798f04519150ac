import { spawn } from "node:child_process";
import { Interrupted } from "./errors.ts";

/** What a finished command said. */
export interface Finished {
  code: number;
  stdout: string;
  /** Stdout and stderr together. */
  output: string;
}

/** Where and how a command runs. */
export interface RunOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  signal: AbortSignal;
  /** How long an interrupted command may take to end by itself, in milliseconds. Default 3000. */
  patience?: number;
}

/**
 * Runs a command to its end. When the signal aborts, the command and everything it started is interrupted, then killed,
 * and `Interrupted` is thrown once it is gone. A command that cannot be started is code 127.
 */
export async function run(command: string, args: string[], options: RunOptions): Promise<Finished> {
  if (options.signal.aborted) throw new Interrupted();
  // Its own process group, so that a compiler's children can be ended with it.
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  // A letter of several bytes may come in two pieces.
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8");
  let stdout = "";
  let output = "";
  child.stdout.on("data", (data) => {
    stdout += data;
  });
  const collect = (data: string) => {
    output += data;
  };
  child.stdout.on("data", collect);
  child.stderr.on("data", collect);
  const kill = (signal: NodeJS.Signals) => {
    try {
      if (child.pid) process.kill(-child.pid, signal);
    } catch {
      // The group has just ended.
    }
  };
  let killing: NodeJS.Timeout | undefined;
  const abort = () => {
    kill("SIGINT");
    killing = setTimeout(() => kill("SIGKILL"), options.patience ?? 3000);
  };
  options.signal.addEventListener("abort", abort);
  try {
    const code = await new Promise<number>((done) => {
      child.once("error", (error) => {
        output += error.message;
        done(127);
      });
      child.once("close", (code) => done(code ?? 1));
    });
    if (options.signal.aborted) throw new Interrupted();
    return { code, stdout, output };
  } finally {
    options.signal.removeEventListener("abort", abort);
    clearTimeout(killing);
    if (options.signal.aborted) kill("SIGKILL");
  }
}

/** The last lines of an output, indented, to stand in a message. */
export function lastLines(output: string, count = 12): string {
  const lines = output.trimEnd().split("\n").slice(-count);
  return lines.map((line) => `    ${line}`).join("\n");
}
