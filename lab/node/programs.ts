import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DaemonSpec } from "../daemon.ts";
import { pauseImage } from "../images/nodeImages.ts";
import { allPods, type Network, type RealNode } from "./addresses.ts";
import { cgroupOf } from "./cgroups.ts";
import { fromTree } from "./debianPrograms.ts";
import { seen } from "./mounts.ts";
import { inside } from "./namespaces.ts";

const debian = (...command: string[]): string[] => fromTree(seen.debian, ...command);

/** What the programs of a node are started with. */
export interface NodeFiles {
  /** The node's folder, as the machine sees it. */
  folder: string;
  /** The init of its namespaces. */
  pid: number;
}

/** Where a node's containerd answers. */
export const containerdSocket = "/run/containerd/containerd.sock";

/** containerd, with runc and CNI's plugins. */
export function containerd(node: RealNode, { folder, pid }: NodeFiles): DaemonSpec {
  const network = {
    cniVersion: "0.4.0",
    name: "pods",
    plugins: [
      {
        // Routed, not bridged: what a pod sends to another one of its node by a Service passes the node's rules too.
        type: "ptp",
        ipam: { type: "host-local", ranges: [[{ subnet: node.pods }]], routes: [{ dst: "0.0.0.0/0" }] },
      },
    ],
  };
  write(folder, "cni/pods.conflist", JSON.stringify(network));
  write(
    folder,
    "containerd.toml",
    `version = 2
root = "${seen.state}/containerd"
disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs"]

[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "${pauseImage}"
# In namespaces of its own it may not lower what the kernel's own choice is.
restrict_oom_score_adj = true
disable_apparmor = true

[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "${seen.debian}/usr/lib/cni"
conf_dir = "${seen.state}/cni"
`,
  );
  return {
    name: `${node.name} containerd`,
    ...inside(pid, debian("containerd", `--config=${seen.state}/containerd.toml`)),
  };
}

/** kubelet: the node itself, as the API server sees it. */
export function kubelet(
  node: RealNode,
  { prefix, dns }: Network,
  { folder, pid }: NodeFiles,
  access: string,
): DaemonSpec {
  const address = `${prefix}.${node.host}`;
  const config = {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    address,
    authentication: { anonymous: { enabled: false }, x509: { clientCAFile: `${seen.state}/kubelet-clients.crt` } },
    authorization: { mode: "Webhook" },
    clusterDNS: [dns],
    clusterDomain: "cluster.local",
    containerRuntimeEndpoint: `unix://${containerdSocket}`,
    cgroupDriver: "cgroupfs",
    cgroupRoot: cgroupOf(node),
    failCgroupV1: false,
    failSwapOn: false,
    resolvConf: "",
    volumePluginDir: `${seen.state}/volume-plugins`,
    // Nothing of the lab is thrown away for a full disk: its images are in no registry.
    imageGCHighThresholdPercent: 100,
    evictionHard: { "memory.available": "100Mi", "nodefs.available": "1%" },
    maxPods: 60,
    registerNode: true,
    shutdownGracePeriod: "0s",
  };
  write(folder, "kubelet.json", JSON.stringify(config));
  write(folder, "kubelet.kubeconfig", access);
  return {
    name: `${node.name} kubelet`,
    address: `https://${address}:10250`,
    ...inside(pid, [
      `${seen.programs}/lab-node`,
      "kubelet",
      `--config=${seen.state}/kubelet.json`,
      `--kubeconfig=${seen.state}/kubelet.kubeconfig`,
      `--hostname-override=${node.name}`,
      `--node-ip=${address}`,
      `--node-labels=topology.kubernetes.io/region=eu-west-1,topology.kubernetes.io/zone=${node.zone}`,
    ]),
  };
}

/** kube-proxy, by nftables; what it would set for the whole machine it leaves alone. */
export function kubeProxy(node: RealNode, { folder, pid }: NodeFiles, access: string): DaemonSpec {
  const config = {
    apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
    kind: "KubeProxyConfiguration",
    mode: "nftables",
    hostnameOverride: node.name,
    clientConnection: { kubeconfig: `${seen.state}/kube-proxy.kubeconfig` },
    clusterCIDR: allPods,
    detectLocalMode: "ClusterCIDR",
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: "0s", tcpCloseWaitTimeout: "0s" },
    healthzBindAddress: "127.0.0.1:10256",
    metricsBindAddress: "127.0.0.1:10249",
  };
  write(folder, "kube-proxy.json", JSON.stringify(config));
  write(folder, "kube-proxy.kubeconfig", access);
  return {
    name: `${node.name} kube-proxy`,
    ...inside(pid, debian(`${seen.programs}/lab-node`, "kube-proxy", `--config=${seen.state}/kube-proxy.json`)),
  };
}

/** CoreDNS, outside of the nodes: a drained node takes no names with it. */
export function coreDns(program: string, { dns }: Network, { folder, pid }: NodeFiles, access: string): DaemonSpec {
  write(folder, "kubeconfig", access);
  write(
    folder,
    "Corefile",
    `cluster.local {
  bind ${dns}
  errors
  kubernetes cluster.local {
    kubeconfig ${join(folder, "kubeconfig")}
    ttl 5
  }
}
`,
  );
  return { name: "coredns", address: `dns://${dns}`, ...inside(pid, [program, `-conf=${join(folder, "Corefile")}`]) };
}

function write(folder: string, name: string, content: string): void {
  const path = join(folder, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, content, { mode: 0o600 });
}
