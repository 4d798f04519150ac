import { type Gpu, type GpuProduct, gpus, type Instance } from "../../catalogue/gpus.ts";
import type { EffectiveModel } from "../../config/settings.ts";

export type LabelDialect = EffectiveModel["gpu"]["labels"];

/** The GPU model that a pod asks for; none on a CPU. */
export const productOf = ({ gpu }: EffectiveModel): GpuProduct | undefined => (gpu.count > 0 ? gpu.product : undefined);

/** GPUs that share the work of a pod; without its own setting the tensor parallel size is what makes them fit. */
export function parallelSizes({ engine, gpu }: EffectiveModel): { tensor: number; pipeline: number } {
  const pipeline = engine.pipelineParallelSize;
  return { tensor: engine.tensorParallelSize ?? Math.max(1, gpu.count / pipeline), pipeline };
}

/** Instance types on which a pod with that many GPUs fits. */
export const instancesFor = (gpu: Gpu, count: number): Instance[] => gpu.instances.filter(({ gpus }) => gpus >= count);

/** The node labels that select the GPU, in the words of who makes the nodes. */
export function nodeSelector(product: GpuProduct, dialect: LabelDialect): Record<string, string> {
  const { labels, memoryMib } = gpus[product];
  if (dialect === "nvidia") return { "nvidia.com/gpu.product": labels.nvidia };
  const prefix = dialect === "karpenter" ? "karpenter.k8s.aws" : "eks.amazonaws.com";
  return {
    [`${prefix}/instance-gpu-name`]: labels.name,
    ...(labels.ambiguous ? { [`${prefix}/instance-gpu-memory`]: String(memoryMib) } : {}),
  };
}

/** What a pod can count on wherever it lands: the least of its share in vCPUs, GiB and Gbit/s over the instance types. */
export function hostShare(
  product: GpuProduct,
  count: number,
): { vcpus: number; memoryGib: number; networkGbps: number } {
  const possible = instancesFor(gpus[product], count);
  const least = (figure: (instance: Instance) => number) => Math.min(...possible.map(figure));
  return {
    vcpus: least(({ vcpus, gpus }) => (vcpus * count) / gpus),
    memoryGib: least(({ memoryGib, gpus }) => (memoryGib * count) / gpus),
    networkGbps: least(({ networkGbps, gpus }) => (networkGbps * count) / gpus),
  };
}
