import { readlinkSync } from "node:fs";
import type { DaemonSpec } from "../daemon.ts";

/**
 * The init of namespaces of its own, of network, mounts and processes: it reaps what its children leave behind, and all
 * in them ends with it, as it ends with the lab's supervisor.
 */
export function init(name: string, tini: string): DaemonSpec {
  const namespaces = ["unshare", "--net", "--mount", "--pid", "--mount-proc", "--fork", "--kill-child=SIGKILL", "--"];
  return { name, ...dying([...namespaces, tini, "--", "sleep", "infinity"]) };
}

/** Whether the namespaces of that init are there to be entered. `pid` is its daemon's. */
export function areMade(pid: number): boolean {
  const own = (name: string) => readlinkSync(`/proc/${pid}/ns/${name}`) !== readlinkSync(`/proc/self/ns/${name}`);
  return own("net") && own("mnt");
}

/** A command, to be run in the namespaces of the init `pid`; it ends with this process. */
export function inside(pid: number, command: readonly string[]): { command: string; args: string[] } {
  // `pid_for_children`: the init's parent made the namespace, and is not in it itself.
  const namespaces = [`--target=${pid}`, "--net", "--mount", `--pid=/proc/${pid}/ns/pid_for_children`];
  return dying(["nsenter", ...namespaces, "--", ...command]);
}

/** A command that is killed when its parent ends. */
function dying(command: readonly string[]): { command: string; args: string[] } {
  return { command: "setpriv", args: ["--pdeathsig", "KILL", "--", ...command] };
}
