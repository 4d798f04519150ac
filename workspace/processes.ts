import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** Processes as Linux shows them under /proc. Where there is no /proc, none is found. */

/** A process that cannot be mistaken for another one: a pid is reused, a pid with its start time is not. */
export interface ProcessId {
  pid: number;
  /** Field 22 of /proc/PID/stat: clock ticks since boot. */
  startTime: string;
}

interface Running extends ProcessId {
  session: number;
}

function look(pid: number): Running | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return undefined;
  }
  // The second field is the program's name in parentheses and may hold anything, so count from its end.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state, session, threads, startTime] = [fields[0] ?? "", Number(fields[3]), Number(fields[17]), fields[19]];
  // While other threads of a killed process still end, its ports are open: only the last one makes it a mere zombie.
  const isGone = ["Z", "X"].includes(state) && threads <= 1;
  return startTime === undefined || isGone ? undefined : { pid, startTime, session };
}

/** The identity of a running process, or undefined if there is none of that pid (a zombie is none). */
export function identify(pid: number): ProcessId | undefined {
  const found = look(pid);
  return found && { pid, startTime: found.startTime };
}

/** Whether that very process still runs. */
export function isAlive(process: ProcessId): boolean {
  return identify(process.pid)?.startTime === process.startTime;
}

/** Every pid that there is. */
function pids(): number[] {
  try {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

/**
 * The processes of a session, whose number is the pid of the process that began it: what that one started, and what those
 * started, also once it is gone itself. As long as one is left, the kernel gives the number to nobody else.
 */
export const inSession = (session: number): ProcessId[] =>
  pids()
    .flatMap((pid) => look(pid) ?? [])
    .filter((found) => found.session === session);

/** Whether a process works in that folder or below it. */
export const isInUse = (folder: string): boolean =>
  pids().some((pid) => {
    try {
      return `${readlinkSync(`/proc/${pid}/cwd`)}/`.startsWith(`${folder}/`);
    } catch {
      return false; // It is gone, or another user's.
    }
  });

/** Ends those processes: SIGTERM, and SIGKILL for what is left after `patience` milliseconds. Returns when none is alive. */
export async function end(processes: ProcessId[], patience = 5000): Promise<void> {
  send(processes, "SIGTERM");
  if (await gone(processes, patience)) return;
  send(processes, "SIGKILL");
  if (!(await gone(processes, 5000)))
    throw new Error(`cannot end ${processes.filter(isAlive).map((process) => process.pid)}`);
}

function send(processes: ProcessId[], signal: NodeJS.Signals): void {
  for (const target of processes.filter(isAlive)) {
    try {
      process.kill(target.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}

async function gone(processes: ProcessId[], patience: number): Promise<boolean> {
  const deadline = performance.now() + patience;
  while (processes.some(isAlive)) {
    if (performance.now() > deadline) return false;
    await sleep(20);
  }
  return true;
}
