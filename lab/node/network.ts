import { allPods, labMark, type Network, type RealNode } from "./addresses.ts";
import { fromTree } from "./debianPrograms.ts";
import { seen } from "./mounts.ts";

/*
 * This machine and the nodes meet at a bridge in a network namespace of its own, so that all that is seen of it on the
 * machine is one link and the route that comes with its address. The texts below are for `sh -e`.
 */

/** On this machine: the link to the bridge in the namespace of the process `bridge`. */
export const machineLink = ({ machine }: Network, bridge: number): string => `
  ip link add ${labMark} type veth peer name machine netns ${bridge}
  ip address add ${machine}/24 dev ${labMark}
  ip link set ${labMark} up`;

/**
 * In the network namespace of the process `pid`, and no other of its namespaces, where a node is known by its pid: the
 * bridge, its own address, where CoreDNS answers, and a link to each node.
 */
export const bridge = (
  { prefix, dns }: Network,
  pid: number,
  nodes: readonly { node: RealNode; pid: number }[],
): string => `
  nsenter --net=/proc/${pid}/ns/net sh -ec '
  ip link set lo up
  ip link add lab type bridge
  ip address add ${dns}/24 dev lab
  ip link set lab up
  ip link set machine master lab up
  ${nodes
    .map(
      ({ node, pid }) => `
  ip link add ${node.name} type veth peer name eth0 netns ${pid}
  ip link set ${node.name} master lab up
  ip route add ${node.pods} via ${prefix}.${node.host}`,
    )
    .join("")}'`;

/**
 * In a node's namespace: its address, and the way to the other nodes' pods. Of this machine the node and its pods reach
 * those ports and nothing else, and nothing beyond it; it knows no pod, so what pods send to it comes from their node.
 */
export const nodeLinks = (
  { prefix, machine }: Network,
  node: RealNode,
  others: readonly RealNode[],
  ports: readonly number[],
): string => `
  ip link set lo up
  ip address add ${prefix}.${node.host}/24 dev eth0
  ip link set eth0 up
  ${others.map((other) => `ip route add ${other.pods} via ${prefix}.${other.host}`).join("\n")}
  echo 1 > /proc/sys/net/ipv4/ip_forward
  ${fromTree(seen.debian, "nft").join(" ")} '
    table ip lab {
      chain machine {
        ip daddr != ${machine} accept
        ct state established,related accept
        tcp dport { ${ports.join(", ")} } accept
        reject
      }
      chain own { type filter hook output priority filter; jump machine; }
      chain pods { type filter hook forward priority filter; jump machine; }
      chain leaving {
        type nat hook postrouting priority srcnat;
        ip saddr ${allPods} ip daddr ${machine} masquerade
      }
    }'`;
