import { existsSync, readlinkSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { identify, isAlive, isInUse } from "./processes.ts";

/** How the folders of this machine, or this container, begin: in another namespace, a pid is another process. */
const prefix = (): string => {
  const namespace = /\d+/.exec(existsSync("/proc/self/ns/pid") ? readlinkSync("/proc/self/ns/pid") : "")?.[0];
  return `pulumi-vllm-${namespace ?? "0"}-`;
};

/**
 * Makes an empty folder that only this user can read, in the machine's temporary folder; whoever makes it removes it.
 * What a killed process has left there is removed first, unless an engine that has outlived it still works in it.
 */
export async function makeScratch(): Promise<string> {
  await sweep();
  const startTime = identify(process.pid)?.startTime ?? "0";
  return mkdtemp(join(tmpdir(), `${prefix()}${process.pid}-${startTime}-`));
}

async function sweep(): Promise<void> {
  const beginning = prefix();
  for (const name of await readdir(tmpdir())) {
    const [, pid, startTime] =
      /^(\d+)-(\d+)-\w+$/.exec(name.startsWith(beginning) ? name.slice(beginning.length) : "") ?? [];
    // Without a start time there is no telling whether the process is another one.
    if (!pid || !startTime || startTime === "0" || isAlive({ pid: Number(pid), startTime })) continue;
    const folder = join(tmpdir(), name);
    // Two may sweep at once; another user's stays.
    if (!isInUse(folder)) await rm(folder, { recursive: true, force: true }).catch(() => {});
  }
}
