import { debianTool } from "../buildDebian.ts";
import type { Tool } from "../buildStore.ts";
import { LabError } from "../errors.ts";

/**
 * The programs of a real node beside Kubernetes' own: containerd and runc, the network's, and an init. Every machine with
 * apt has the libraries that apt itself needs, libc and libseccomp among them, and containerd and runc need no others.
 */
export function nodePrograms(signal: AbortSignal): Promise<Tool> {
  return debianTool(
    {
      name: "node-programs",
      title: "fetching containerd, runc and the node's network programs",
      about: "10 s",
      packages: ["containerd", "runc", "containernetworking-plugins", "nftables", "conntrack", "tini"],
      beside: ["apt"],
      room: 0.3,
      check: checkContainerd,
    },
    signal,
  );
}

/**
 * A kubelet 1.36 speaks version 1 of the runtime interface, which containerd has from 1.6 on, and still does without
 * what containerd 2 adds (the runtime's word on the cgroup driver), which 1.37 will not. Debian 12 has 1.6.
 */
export function checkContainerd(versions: ReadonlyMap<string, string>): void {
  const version = versions.get("containerd") ?? "";
  const [, major, minor] = /^(?:\d+:)?(\d+)\.(\d+)\./.exec(version) ?? [];
  if (Number(major) === 1 && Number(minor) >= 6) return;
  throw new LabError(
    `this machine's package sources have containerd ${version}, and real nodes are made with 1.6 or 1.7: use Debian 12, or the lab without --node`,
  );
}

/** A command of theirs, from the folder of the unpacked packages, with its libraries. */
export function fromTree(root: string, ...command: string[]): string[] {
  const libraries = ["lib", "usr/lib"].map((folder) => `${root}/${folder}/x86_64-linux-gnu`);
  const path = ["usr/sbin", "usr/bin", "sbin", "bin"];
  return [
    "env",
    `LD_LIBRARY_PATH=${libraries.join(":")}`,
    `PATH=${[...path.map((folder) => `${root}/${folder}`), ...path.map((folder) => `/${folder}`)].join(":")}`,
    ...command,
  ];
}
