import { join } from "node:path";
import { type GoProgram, goTool } from "../buildGo.ts";
import { folderOf, type Tool } from "../buildStore.ts";
import { nodeImages } from "../images/nodeImages.ts";
import { repository } from "../paths.ts";
import { nodePrograms } from "./debianPrograms.ts";
import { imageStore, storeOf } from "./imageStore.ts";

/** What real nodes are made of. */
export interface NodeTools {
  /** kubelet and kube-proxy: each is its first argument. */
  programs: string;
  /** CoreDNS. */
  dns: string;
  /** The folder of Debian's programs: `usr/bin/containerd` and others. */
  debian: string;
  /** The folder of a containerd that has the images. */
  images: string;
}

const dnsProgram: GoProgram = {
  name: "lab-dns",
  title: "building CoreDNS",
  about: "2 min",
  module: join(repository, "lab/go/dns"),
  target: ".",
  room: { modules: 0.5, compiled: 0.5, temporary: 0.3 },
};

/** Says of which tools real nodes are made, to be made in this order, and where they are then. `cluster` is the control plane. */
export async function nodeTools(
  cluster: GoProgram,
  cache: string,
  signal: AbortSignal,
): Promise<{ wanted: Tool[]; made: NodeTools }> {
  const nodeProgram = {
    ...cluster,
    name: "lab-node",
    title: "building kubelet and kube-proxy",
    about: "2 min",
    target: "./node",
  };
  const debian = await nodePrograms(signal);
  const programs = await goTool(nodeProgram, signal);
  const dns = await goTool(dnsProgram, signal);
  const { tools, images } = await nodeImages(cache, signal);
  const debianRoot = join(folderOf(cache, debian), "root");
  const store = imageStore(images, debianRoot, signal);
  return {
    wanted: [debian, programs, dns, ...tools, store],
    made: {
      programs: join(folderOf(cache, programs), nodeProgram.name),
      dns: join(folderOf(cache, dns), dnsProgram.name),
      debian: debianRoot,
      images: storeOf(folderOf(cache, store)),
    },
  };
}
