import { createHash } from "node:crypto";
import { BlockList } from "node:net";
import { LabError } from "../errors.ts";
import { type Lock, tryLock } from "../lock.ts";
import { stateDir } from "../paths.ts";

/** A real node: a kubelet and its pods, in namespaces of their own. */
export interface RealNode {
  name: string;
  zone: string;
  /** Its address in the lab's network, the last number. */
  host: number;
  /** The network of its pods: neither another node's nor KWOK's (10.244.0.0/16). */
  pods: string;
}

/** The network of all pods on real nodes. */
export const allPods = "10.246.0.0/16";

/** Two of them: a drained node's pods need another one. */
export const realNodes: readonly RealNode[] = [
  { name: "node-1", zone: "eu-west-1a", host: 11, pods: "10.246.1.0/24" },
  { name: "node-2", zone: "eu-west-1b", host: 12, pods: "10.246.2.0/24" },
];

/** Sets this lab's link and cgroups apart from another lab's; the same for every lab of one state folder. */
export const labMark = `lab${createHash("sha256").update(stateDir).digest("hex").slice(0, 8)}`;

/** The network between this machine and the nodes, a /24. */
export interface Network {
  /** `10.201.N`, or `198.18.N` where the machine has routes for all of those. */
  prefix: string;
  /** This machine's address in it. */
  machine: string;
  /** Where CoreDNS answers. */
  dns: string;
}

/** The second is for the tests of networks (RFC 2544), and so nobody's. */
const ranges = ["10.201", "198.18"];

/**
 * A network that neither a route of this machine leads to nor another lab uses. The choice is a lock that is never
 * released: it is this process's until it ends. `routes` is what `ip -4 route` prints.
 */
export async function freeNetwork(routes: string): Promise<Network & { held: Lock }> {
  const routed = new BlockList();
  for (const [, address = "", bits = "32"] of routes.matchAll(/^(?:\w+ )?(\d+\.\d+\.\d+\.\d+)(?:\/(\d+))? /gm))
    routed.addSubnet(address, Number(bits));
  for (const prefix of ranges.flatMap((range) => Array.from({ length: 256 }, (_, number) => `${range}.${number}`))) {
    if (routed.check(`${prefix}.1`)) continue;
    const held = await tryLock(`network-${prefix}`);
    if ("release" in held) return { prefix, machine: `${prefix}.1`, dns: `${prefix}.2`, held };
  }
  throw new LabError(
    "no free network for the lab's nodes: routes of this machine or other labs have all of 10.201.0.0/16 and 198.18.0.0/16",
  );
}
