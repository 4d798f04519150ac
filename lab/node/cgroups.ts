import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { labMark, type RealNode } from "./addresses.ts";

/** The control group of a node, below the root of every hierarchy; its pods are below it. */
export const cgroupOf = (node: RealNode): string => `/${labMark}/${node.name}`;

/** Where the machine's hierarchies are mounted: one of version 2, or several of version 1. */
function hierarchies(): { path: string; options: string }[] {
  return readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" "))
    .filter(([, , type]) => type === "cgroup" || type === "cgroup2")
    .map(([, path = "", , options = ""]) => ({ path, options }));
}

/** Makes a node's control group in every hierarchy. */
export function makeCgroups(node: RealNode): void {
  for (const { path, options } of hierarchies()) {
    for (const group of [`/${labMark}`, cgroupOf(node)]) {
      const folder = join(path, group);
      mkdirSync(folder, { recursive: true });
      if (!options.split(",").includes("cpuset")) continue;
      // A new group of this hierarchy has no CPU and no memory, and takes no process, until it is given some.
      for (const file of ["cpuset.cpus", "cpuset.mems"])
        writeFileSync(join(folder, file), readFileSync(join(folder, "..", file)));
    }
  }
}

/** Removes the control groups of this lab, those of its pods too, within `seconds`; their processes have ended or are ending. */
export async function removeCgroups(seconds: number): Promise<void> {
  const deadline = performance.now() + seconds * 1000;
  for (const { path } of hierarchies()) {
    for (;;) {
      try {
        removeTree(join(path, labMark));
        break;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EBUSY" || performance.now() > deadline) throw error;
        await sleep(50);
      }
    }
  }
}

function removeTree(folder: string): void {
  let entries: string[];
  try {
    entries = readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  for (const name of entries) removeTree(join(folder, name));
  rmdirSync(folder);
}
