import { readFileSync } from "node:fs";
import { run } from "../command.ts";
import { LabError } from "../errors.ts";

/** Fails, before anything is built, where this machine cannot have real nodes; says what it lacks. */
export async function requireForNodes(signal: AbortSignal): Promise<void> {
  if (process.getuid?.() !== 0)
    throw new LabError(
      "real nodes need root, for namespaces, mounts and control groups of their own: run it as root, or without --node",
    );
  if (process.platform !== "linux" || process.arch !== "x64")
    throw new LabError("real nodes need Linux on x86-64: use such a machine, or the lab without --node");
  for (const program of ["ip", "mount", "nsenter", "setpriv", "unshare"]) {
    const { code } = await run("sh", ["-c", `command -v ${program}`], { signal });
    if (code !== 0)
      throw new LabError(`real nodes need ${program}, which this machine lacks: install util-linux and iproute2`);
  }
  if (!hasControllers(readFileSync("/proc/self/mounts", "utf8")))
    throw new LabError(
      "real nodes need control groups of version 1, and this machine has those of version 2: boot it with systemd.unified_cgroup_hierarchy=0, or use the lab without --node",
    );
}

/** Whether the hierarchies of version 1 that a kubelet needs are among those mounts. */
export const hasControllers = (mounts: string): boolean =>
  ["cpu", "cpuacct", "cpuset", "memory", "pids"].every((controller) =>
    mounts.split("\n").some((line) => {
      const [, , type, options = ""] = line.split(" ");
      return type === "cgroup" && options.split(",").includes(controller);
    }),
  );
