import { copyFileSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import type { RealNodes } from "../cluster/cluster.ts";
import { credentialFiles, kubeconfig } from "../cluster/credentials.ts";
import type { DaemonSpec } from "../daemon.ts";
import { relay } from "../relay.ts";
import { type Daemon, places } from "../state.ts";
import { until } from "../until.ts";
import { freeNetwork, type Network, type RealNode, realNodes } from "./addresses.ts";
import type { NodeTools } from "./build.ts";
import { makeCgroups } from "./cgroups.ts";
import { announceApiServer, letReadNames } from "./clusterObjects.ts";
import { copyOf } from "./imageStore.ts";
import { mounts, seen } from "./mounts.ts";
import { areMade, init } from "./namespaces.ts";
import { bridge, machineLink, nodeLinks } from "./network.ts";
import { containerd, containerdSocket, coreDns, kubelet, kubeProxy } from "./programs.ts";
import { quoted, shell } from "./shell.ts";

/** What real nodes need of the lab. */
export interface NodeNeeds {
  tools: NodeTools;
  /** The lab's AWS, `http://127.0.0.1:PORT`. */
  aws: Promise<string>;
  startDaemon(spec: DaemonSpec): Daemon;
  signal: AbortSignal;
}

/** A node that is being started. */
interface Starting {
  node: RealNode;
  /** The init of its namespaces. */
  pid: number;
  folder: string;
}

const dnsUser = "lab:coredns";

/**
 * Two nodes that run what comes to them: containerd, kubelet and kube-proxy, each node in pid, mount and network
 * namespaces of its own; and CoreDNS beside them. They reach this machine's API server and AWS by relays, and nothing
 * else of it.
 */
export function makeRealNodes({ tools, aws, startDaemon, signal }: NodeNeeds): RealNodes {
  return {
    names: realNodes.map(({ name }) => name),
    users: [
      ...realNodes.map(({ name }) => ({ name: `system:node:${name}`, groups: ["system:nodes"] })),
      { name: "system:kube-proxy", groups: [] },
      { name: dnsUser, groups: [] },
    ],
    async prepare() {
      const { kubeletClientCertificate: certificate, kubeletClientKey: key } = credentialFiles;
      const command = [tools.programs, "certificate", certificate, key].map(quoted).join(" ");
      await shell("making the API server's certificate for kubelets", command, signal);
    },
    async start(client, apiServer, tokens) {
      const network = await freeNetwork(await shell("reading the routes", "ip -4 route show table all", signal));
      const tini = join(tools.debian, "usr/bin/tini-static");
      const switching = startDaemon(init("switch", tini)).pid;
      const nodes = realNodes.map((node) => ({
        node,
        pid: startDaemon(init(node.name, tini)).pid,
        folder: join(places.data, "nodes", node.name),
      }));
      for (const pid of [switching, ...nodes.map((each) => each.pid)]) {
        await until("the nodes' namespaces are made", 10, signal, async () => areMade(pid));
      }
      await shell("linking this machine to the nodes", machineLink(network, switching), signal);
      await shell("linking the nodes", bridge(network, switching, nodes), signal);
      const [apiPort, awsPort] = await Promise.all([
        relay(network.machine, apiServer),
        relay(network.machine, Number(new URL(await aws).port)),
      ]);
      const access = (user: string) =>
        kubeconfig(`https://${network.machine}:${apiPort}`, user, tokens.get(user) ?? "", "kubernetes");

      await announceApiServer(client, network.machine, apiPort);
      await letReadNames(client, dnsUser);
      startDaemon(coreDns(tools.dns, network, { pid: switching, folder: join(places.data, "dns") }, access(dnsUser)));
      await Promise.all(nodes.map((starting) => startNode(starting, network, [apiPort, awsPort], access)));
      return `http://${network.machine}:${awsPort}`;
    },
  };

  async function startNode(
    starting: Starting,
    network: Network,
    ports: readonly number[],
    access: (user: string) => string,
  ): Promise<void> {
    const { node, pid, folder } = starting;
    mkdirSync(folder, { recursive: true });
    copyFileSync(credentialFiles.kubeletClientCertificate, join(folder, "kubelet-clients.crt"));
    makeCgroups(node);
    const others = realNodes.filter((other) => other !== node);
    const folders = { state: folder, debian: tools.debian, programs: dirname(tools.programs) };
    await shell(`making ${node.name}'s mounts`, mounts(folders), signal, pid);
    await shell(`making ${node.name}'s network`, nodeLinks(network, node, others, ports), signal, pid);
    await shell(`giving ${node.name} its images`, copyOf(tools.images, join(folder, "containerd")), signal);
    startDaemon(containerd(node, starting));
    await shell(
      `waiting for containerd of ${node.name}`,
      `${seen.programs}/lab-node await-runtime ${containerdSocket}`,
      signal,
      pid,
    );
    startDaemon(kubelet(node, network, starting, access(`system:node:${node.name}`)));
    startDaemon(kubeProxy(node, starting, access("system:kube-proxy")));
  }
}
