import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Finished as Ran } from "../../lab/command.ts";
import { run } from "../../lab/command.ts";
import type { Finished, Project } from "../../lab/project.ts";
import type { Lab } from "../../lab/state.ts";

/** Runs a line as a person types it into a shell, beside a project: its folder and environment, its engine and the lab's kubectl. */
export function typed(line: string, project: Project, lab: Lab, folder = project.folder): Promise<Ran> {
  const { PATH, ...env } = project.env;
  const path = [dirname(project.engine), dirname(lab.kubectl[0] ?? ""), PATH].join(":");
  const options = { cwd: folder, env: { ...env, PATH: path }, signal: AbortSignal.timeout(60_000) };
  return run("bash", ["-c", line], options);
}

/** The words that the last command of a line is given, after the shell has read it. */
export async function words(line: string, project: Project, lab: Lab): Promise<string[]> {
  const [command = ""] = line.trim().split(" ");
  const printed = await typed(`${command}() { printf '%s\\0' "$@"; }\n${line}`, project, lab);
  assert.equal(printed.code, 0, printed.output);
  return printed.stdout.split("\0").slice(0, -1);
}

/** Fails where something that was meant for a person shows the inside of a program. */
export function readable(output: string): void {
  assert.doesNotMatch(output, /^\s+at .*:\d+:\d+\)?/m);
  assert.doesNotMatch(output, /node:internal|UnhandledPromiseRejection|unhandled exception|goroutine \d+/);
}

/** The errors that an operation ended with. */
export const errors = ({ diagnostics }: Pick<Finished, "diagnostics">): string[] =>
  diagnostics.filter(({ severity }) => severity === "error").map(({ message }) => message);

/** A command that runs on while a test goes on. */
export interface Running {
  /** What it has said so far, stdout and stderr together. */
  said: () => string;
  /** Sends a signal to it alone, as `kill` does; what it started is its own to end. */
  interrupt: (signal: NodeJS.Signals) => void;
  /** Its end: the exit code, or the signal that killed it. */
  ended: Promise<number | NodeJS.Signals>;
}

/** Starts this Node on a file. */
export function node(file: string, env: NodeJS.ProcessEnv, cwd: string): Running {
  const child = spawn(process.execPath, [file], { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (data) => {
      output += data;
    });
  return {
    said: () => output,
    interrupt: (signal) => child.kill(signal),
    ended: new Promise((done, failed) => {
      child.once("error", failed);
      child.once("close", (code, signal) => done(code ?? signal ?? 1));
    }),
  };
}

/** Polls until something is so, at most 60 s. */
export async function eventually(check: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!(await check())) {
    assert.ok(performance.now() < deadline, `not within 60 s: ${check}`);
    await sleep(20);
  }
}
