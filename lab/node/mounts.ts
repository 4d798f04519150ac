import { quoted } from "./shell.ts";

/** Where a node finds its folders: the machine's own paths may lie below what is hidden from it. */
export const seen = {
  /** The node's own data. */
  state: "/run/lab/state",
  /** Debian's programs. */
  debian: "/run/lab/debian",
  /** kubelet and kube-proxy. */
  programs: "/run/lab/programs",
};

/** Settings of the kernel, for the whole machine, that a kubelet writes, and the values that it wants. */
const kernelSettings: Readonly<Record<string, number>> = {
  "vm/overcommit_memory": 1,
  "vm/panic_on_oom": 0,
  "kernel/panic": 10,
  "kernel/panic_on_oops": 1,
  "kernel/keys/root_maxkeys": 1_000_000,
  "kernel/keys/root_maxbytes": 25_000_000,
};

/** The memory that a node says it has, in GiB: pods ask for what a real engine needs, and its double needs little. */
const memory = 64;

/**
 * In a node's mount namespace, a text for `sh -e`: what its programs write outside of its folder is its own, and the
 * machine's settings look as a kubelet wants them, so that it writes none.
 */
export function mounts(folders: Readonly<Record<keyof typeof seen, string>>): string {
  const [state, debian, programs] = [folders.state, folders.debian, folders.programs].map(quoted);
  // Opened before anything is hidden; `mount` is told not to look for the path behind the descriptor.
  const bind = (descriptor: number, target: string) =>
    `mkdir -p ${target}; mount --no-canonicalize --bind /proc/self/fd/${descriptor} ${target}`;
  const settings = Object.entries(kernelSettings).map(
    ([name, value]) => `
  echo ${value} > /run/lab/${name.replaceAll("/", ".")}
  mount --bind /run/lab/${name.replaceAll("/", ".")} /proc/sys/${name}`,
  );
  return `
  exec 7<${state} 8<${debian} 9<${programs}
  mount -t tmpfs tmpfs /run
  ${bind(7, seen.state)}
  ${bind(8, seen.debian)}
  ${bind(9, seen.programs)}
  mount -t tmpfs tmpfs /var/lib
  mkdir -p ${seen.state}/kubelet ${seen.state}/log /var/lib/kubelet
  mount --bind ${seen.state}/kubelet /var/lib/kubelet
  mount --bind ${seen.state}/log /var/log
  ${settings.join("")}
  sed 's/^MemTotal:.*/MemTotal: ${memory * 1024 * 1024} kB/' /proc/meminfo > /run/lab/meminfo
  mount --bind /run/lab/meminfo /proc/meminfo`;
}
