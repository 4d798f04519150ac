import { type Gpu, gpus, type Instance } from "../../catalogue/gpus.ts";

export type LabelDialect = "nvidia" | "karpenter" | "eks-auto";

/** Names that `gpu.product` takes. */
export const gpuProducts: readonly string[] = Object.keys(gpus);

/** Instance types on which a pod with that many GPUs fits. */
export const instancesFor = (gpu: Gpu, count: number): Instance[] => gpu.instances.filter(({ gpus }) => gpus >= count);

/** The node labels that select the GPU, in the words of who makes the nodes. */
export function nodeSelector(product: string, dialect: LabelDialect): Record<string, string> {
  const { labels, memoryMib } = gpus[product] as Gpu;
  if (dialect === "nvidia") return { "nvidia.com/gpu.product": labels.nvidia };
  const prefix = dialect === "karpenter" ? "karpenter.k8s.aws" : "eks.amazonaws.com";
  return {
    [`${prefix}/instance-gpu-name`]: labels.name,
    ...(labels.ambiguous ? { [`${prefix}/instance-gpu-memory`]: String(memoryMib) } : {}),
  };
}

/** What a pod can count on wherever it lands: the least of its share in vCPUs, GiB and Gbit/s over the instance types. */
export function hostShare(product: string, count: number): { vcpus: number; memoryGib: number; networkGbps: number } {
  const possible = instancesFor(gpus[product] as Gpu, count);
  const least = (figure: (instance: Instance) => number) => Math.min(...possible.map(figure));
  return {
    vcpus: least(({ vcpus, gpus }) => (vcpus * count) / gpus),
    memoryGib: least(({ memoryGib, gpus }) => (memoryGib * count) / gpus),
    networkGbps: least(({ networkGbps, gpus }) => (networkGbps * count) / gpus),
  };
}
