import { readFileSync } from "node:fs";
import { isAlive, type ProcessId } from "../workspace/processes.ts";

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
