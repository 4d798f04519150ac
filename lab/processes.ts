import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** A process that cannot be mistaken for another one: a pid is reused, a pid with its start time is not. */
export interface ProcessId {
  pid: number;
  /** Field 22 of /proc/PID/stat: clock ticks since boot. */
  startTime: string;
}

/** The identity of a running process, or undefined if there is none of that pid (a zombie is none). */
export function identify(pid: number): ProcessId | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return undefined;
  }
  // The second field is the program's name in parentheses and may hold anything, so count from its end.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state, threads, startTime] = [fields[0] ?? "", Number(fields[17]), fields[19]];
  // While other threads of a killed process still end, its ports are open: only the last one makes it a mere zombie.
  const isGone = ["Z", "X"].includes(state) && threads <= 1;
  return startTime === undefined || isGone ? undefined : { pid, startTime };
}

/** Whether that very process still runs. */
export function isAlive(process: ProcessId): boolean {
  return identify(process.pid)?.startTime === process.startTime;
}

/** Resident memory of a process in bytes, 0 if it is gone. */
export function memory(process: ProcessId): number {
  if (!isAlive(process)) return 0;
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${process.pid}/status`, "utf8"))?.[1];
    return Number(kilobytes ?? 0) * 1024;
  } catch {
    return 0;
  }
}

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
