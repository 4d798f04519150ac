import { type GpuProduct, gpuProducts, gpus, type Instance } from "../../catalogue/gpus.ts";
import type { EffectiveModel } from "../../config/settings.ts";
import { cpuCount } from "../pod/cpu.ts";
import { instancesFor, nodeSelector, parallelSizes } from "../pod/gpu.ts";
import { memoryBytes } from "../pod/memory.ts";
import type { Report } from "./report.ts";

/** Checks the GPUs of a pod and how they are shared; gives whether all of them are shared out. */
export function checkGpu(model: EffectiveModel, report: Report): boolean {
  const { product, count, labels } = model.gpu;
  if (count > 0 && !product) {
    const reason = `one of ${gpuProducts.join(", ")}, or gpu.count: 0 for a CPU`;
    report("gpu.product", { kind: "missing", allowed: gpuProducts, reason }, ["gpu.count"]);
  }
  if (product && count > 0) {
    const instances = instancesFor(gpus[product], count);
    if (instances.length === 0) {
      const reason = `and no instance type has that many ${product}`;
      report("gpu.count", { kind: "conflict", found: count, reason }, ["gpu.product"]);
    } else if (labels !== "nvidia") checkResources(model, instances, report);
    const reason = "is written by gpu.product and gpu.labels; remove it here";
    for (const key of Object.keys(nodeSelector(product, labels)))
      if (Object.hasOwn(model.scheduling.nodeSelector, key))
        report(["scheduling", "nodeSelector", key], { kind: "conflict", reason });
    checkSelectors(model, product, report);
  }
  return checkParallelSizes(model, report);
}

/** Nodes may have labels of several makers: those may not name another GPU. What NVIDIA adds for a shared one may follow. */
function checkSelectors({ gpu, scheduling }: EffectiveModel, product: GpuProduct, report: Report): void {
  for (const dialect of (["nvidia", "karpenter", "eks-auto"] as const).filter((one) => one !== gpu.labels))
    for (const [key, value] of Object.entries(nodeSelector(product, dialect))) {
      const found = Object.hasOwn(scheduling.nodeSelector, key) ? scheduling.nodeSelector[key] : undefined;
      if (found === undefined || found === value || found.startsWith(`${value}-`)) continue;
      const reason = `which is no ${product}, whose nodes have '${value}' there: no node is both; remove it`;
      report(["scheduling", "nodeSelector", key], { kind: "conflict", found, reason }, ["gpu"]);
    }
}

function checkParallelSizes(model: EffectiveModel, report: Report): boolean {
  const { count } = model.gpu;
  const { tensor, pipeline } = parallelSizes(model);
  const sizes = ["engine.tensorParallelSize", "engine.pipelineParallelSize", "gpu.count"];
  if (model.engine.tensorParallelSize === undefined && !Number.isInteger(tensor)) {
    const reason = `and the pod's gpu.count: ${count} cannot be parted into ${pipeline} equal stages`;
    report("engine.pipelineParallelSize", { kind: "conflict", found: pipeline, reason }, sizes);
    return false;
  }
  if (tensor * pipeline !== Math.max(1, count)) {
    const derived = model.engine.tensorParallelSize === undefined;
    const reason = `tensor × pipeline parallel size is ${tensor} × ${pipeline}, but a pod has gpu.count: ${count}`;
    report(derived ? "engine.pipelineParallelSize" : "engine.tensorParallelSize", { kind: "conflict", reason }, sizes);
    return false;
  }
  return true;
}

/** Karpenter and Auto Mode make EC2 instances: none is larger than the catalogue's. */
function checkResources({ resources, gpu }: EffectiveModel, instances: readonly Instance[], report: Report): void {
  const most = (figure: (instance: Instance) => number) => Math.max(...instances.map(figure));
  const [vcpus, gib] = [most((one) => one.vcpus), most((one) => one.memoryGib)];
  const { cpu = "0", memory = "0Gi" } = resources;
  const tooMuch = (key: "cpu" | "memory", most: string) => {
    const reason = `more than the ${most} of the largest instance type with ${gpu.count} × ${gpu.product}`;
    report(`resources.${key}`, { kind: "conflict", found: resources[key], reason }, ["gpu"]);
  };
  if (cpuCount(cpu) > vcpus) tooMuch("cpu", `${vcpus} vCPUs`);
  if (memoryBytes(memory) > gib * 2 ** 30) tooMuch("memory", `${gib}Gi`);
}
