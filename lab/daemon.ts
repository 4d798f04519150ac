import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { identify } from "../workspace/processes.ts";
import { lastLines } from "./command.ts";
import { LabError } from "./errors.ts";
import { type Daemon, places } from "./state.ts";

/** A program to run for as long as the lab is up. */
export interface DaemonSpec {
  name: string;
  command: string;
  args: string[];
  env?: Record<string, string>;
  /** What it listens on, for `status`. */
  address?: string;
}

/** A daemon wanted a port that another process has taken since it was chosen. */
export class PortTaken extends LabError {
  override name = "PortTaken";
}

/** The environment of every daemon: nothing of the user's home, configuration or credentials. */
function environment(extra: Record<string, string> = {}): Record<string, string> {
  return { PATH: process.env.PATH ?? "", HOME: places.data, TMPDIR: process.env.TMPDIR ?? "/tmp", ...extra };
}

/** Starts a daemon whose output goes to `logs/<name>.log`. When it ends, `onEnd` is told with its last log lines. */
export function start(spec: DaemonSpec, onEnd: (reason: LabError) => void): Daemon {
  mkdirSync(places.logs, { recursive: true });
  const log = join(places.logs, `${spec.name}.log`);
  const output = openSync(log, "w");
  const child = spawn(spec.command, spec.args, {
    cwd: places.data,
    env: environment(spec.env),
    stdio: ["ignore", output, output],
  });
  closeSync(output);
  child.once("error", (error) => onEnd(new LabError(`${spec.name} could not be started: ${error.message}`)));
  child.once("exit", (code, signal) => onEnd(ended(spec.name, signal ?? `exit code ${code}`, log)));
  const identity = child.pid === undefined ? undefined : identify(child.pid);
  return { name: spec.name, address: spec.address ?? "", ...(identity ?? { pid: 0, startTime: "" }) };
}

function ended(name: string, how: string, log: string): LabError {
  const output = readFileSync(log, "utf8");
  const message = `${name} ended (${how}). Its log, ${log}, ends with:\n${lastLines(output)}`;
  return /address already in use|port .* is in use/i.test(output) ? new PortTaken(message) : new LabError(message);
}
