import { createHash } from "node:crypto";
import { mkdir, readdir, rename, rm, stat, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { identify, isAlive } from "../workspace/processes.ts";
import { LabError } from "./errors.ts";
import { lock } from "./lock.ts";

/** A tool that is made once and then found in its folder, which is named for a hash of all that it is made from. */
export interface Tool {
  name: string;
  /** Everything that decides what the tool is; another input makes another folder. */
  inputs: string[];
  /** What making it takes on the disks below `cache` and elsewhere. Throws where something is missing to make it with. */
  needs(cache: string): Promise<Need[]>;
  /** Makes the tool in an empty folder. */
  make(folder: string): Promise<void>;
}

/** The folder of a tool under `cache`, complete or not there at all. */
export function folderOf(cache: string, tool: Pick<Tool, "name" | "inputs">): string {
  const hash = createHash("sha256").update(JSON.stringify(tool.inputs)).digest("hex").slice(0, 16);
  return join(cache, `${tool.name}-${hash}`);
}

/**
 * Returns the tool's folder, making it where it is missing: in a temporary sibling that gets its name when it is
 * complete. Of several processes at once one makes it and the others wait; one that was killed leaves a sibling that
 * the next one removes.
 */
export async function ensure(
  cache: string,
  tool: Tool,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<string> {
  const folder = folderOf(cache, tool);
  if (await exists(folder)) return folder;
  await mkdir(cache, { recursive: true });
  const held = await lock(folder, signal, (pid) => say(`waiting for process ${pid}, which is making ${tool.name}`));
  try {
    if (await exists(folder)) return folder;
    await removeStale(cache);
    const self = identify(process.pid);
    const temporary = join(cache, `tmp-${tool.name}-${self?.pid}-${self?.startTime}`);
    try {
      await mkdir(temporary);
      await tool.make(temporary);
      await rename(temporary, folder);
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
    return folder;
  } finally {
    await held.release();
  }
}

/** Whether something is at that path. */
export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Removes the temporary folders of processes that are gone. */
async function removeStale(cache: string): Promise<void> {
  for (const name of await readdir(cache)) {
    const [, pid, startTime] = /^tmp-.*-(\d+)-(\d+)$/.exec(name) ?? [];
    if (pid === undefined || startTime === undefined || isAlive({ pid: Number(pid), startTime })) continue;
    await rm(join(cache, name), { recursive: true, force: true });
  }
}

/** Room that a build takes below a path. */
export interface Need {
  path: string;
  gigabytes: number;
}

/** The part of `fs.statfs` that tells the room left; tests pass their own. */
export type StatFs = (path: string) => Promise<{ bavail: number; bsize: number }>;

/** Refuses to start a build that its disks have no room for. Needs on one file system add up. */
export async function checkRoom(needs: Need[], readStats: StatFs = statfs): Promise<void> {
  const disks = new Map<number, { path: string; needed: number }>();
  for (const { path, gigabytes } of needs) {
    const existing = await nearestExisting(path);
    const { dev } = await stat(existing);
    disks.set(dev, {
      path: disks.get(dev)?.path ?? existing,
      needed: (disks.get(dev)?.needed ?? 0) + gigabytes,
    });
  }
  for (const { path, needed } of disks.values()) {
    const { bavail, bsize } = await readStats(path);
    const free = (bavail * bsize) / 1e9;
    if (free >= needed) continue;
    throw new LabError(
      `the disk of ${path} has ${free.toFixed(1)} GB free, and building the lab's tools takes ${needed.toFixed(1)} GB: ` +
        "make room, or let LAB_CACHE, GOCACHE, GOMODCACHE and TMPDIR point to another disk",
    );
  }
}

async function nearestExisting(path: string): Promise<string> {
  let current = path;
  while (!(await exists(current))) current = dirname(current);
  return current;
}
