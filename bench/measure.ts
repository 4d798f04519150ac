import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** One run of a command: its wall time, and of it and all it started the most memory at one time and the processor time. */
export interface Sample {
  seconds: number;
  processorSeconds: number;
  megabytes: number;
}

/** Runs a command to its end and samples the resident memory of its process tree every 50 ms. */
export async function measure(command: string, args: string[], cwd: string, env: NodeJS.ProcessEnv): Promise<Sample> {
  const [begin, processor] = [performance.now(), childrenSeconds()];
  const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (data) => {
      output += data;
    });
  let peak = 0;
  const timer = setInterval(() => {
    peak = Math.max(peak, treeKilobytes(child.pid ?? 0));
  }, 50);
  const code = await new Promise((done) => child.once("close", done).once("error", done));
  clearInterval(timer);
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} in ${cwd} failed:\n${output}`);
  const seconds = (performance.now() - begin) / 1000;
  return { seconds, processorSeconds: childrenSeconds() - processor, megabytes: peak / 1024 };
}

/** The processor time of all processes that this one started and that have ended, with what they had started. */
function childrenSeconds(): number {
  // Fields 16 and 17 of proc_pid_stat(5), in ticks of 10 ms; before the third stands the name, in parentheses.
  const fields = readFileSync("/proc/self/stat", "utf8").split(") ").at(-1)?.split(" ") ?? [];
  return (Number(fields[13]) + Number(fields[14])) / 100;
}

function treeKilobytes(root: number): number {
  const children = new Map<number, number[]>();
  const resident = new Map<number, number>();
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const status = readFileSync(`/proc/${entry}/status`, "utf8");
      const parent = Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]);
      children.set(parent, [...(children.get(parent) ?? []), Number(entry)]);
      resident.set(Number(entry), Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0));
    } catch {
      // It has just ended.
    }
  }
  const sum = (pid: number): number =>
    (resident.get(pid) ?? 0) + (children.get(pid) ?? []).reduce((total, child) => total + sum(child), 0);
  return sum(root);
}

/** The middle value. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
