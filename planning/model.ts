import { type Problem, suggestion } from "../config/problems.ts";
import type { EffectiveModel, Settings } from "../config/resolve.ts";
import { engineArguments, typedFlags } from "./arguments.ts";
import { type Budgets, budgets } from "./budgets.ts";
import { gpus } from "./data/gpus.ts";
import { gpuProducts, hostShare, instancesFor, nodeSelector } from "./gpu.ts";
import { leastMemory, memoryBytes, type PodMemory, podMemory } from "./memory.ts";
import { type Rollout, rollout } from "./rollout.ts";

/** The port that vLLM listens on in its pod. */
export const containerPort = 8000;

/** What is deployed for one model. */
export interface ModelPlan {
  name: string;
  /** Folder under `models/<name>/` in the bucket; without one there is no server. */
  revision?: string;
  /** The key to set to serve another revision. */
  revisionKey: string;
  servedModelName: string;
  image: string;
  pullSecrets: string[];
  /** GPUs a pod; 0 is the CPU image. */
  gpuCount: number;
  nodeSelector: Record<string, string>;
  cpu: string;
  memory: PodMemory;
  /** The replica count: fixed, or the smallest where `autoscaling` is there. */
  replicas: number;
  autoscaling?: { min: number; max: number; waitingRequests: number };
  /** On a GPU the engine streams from the bucket; else an init container copies the revision. */
  streamed: boolean;
  /** What follows the model's location on the command line. */
  args: string[];
  env: Record<string, string>;
  budgets: Budgets;
  rollout: Rollout;
}

const defaultCpuPod = { vcpus: 4, memoryGib: 16, networkGbps: 2.5 };
/** The share of its node's part that a pod asks for by default: the rest is for the system and daemons. */
const defaultShare = 0.75;
const defaultWaitingRequests = 5;

/** Plans one model, or says what stands against it. */
export function planModel(model: EffectiveModel, settings: Settings): { plan?: ModelPlan; problems: Problem[] } {
  const problems: Problem[] = [];
  const report = (path: string, message: string) => problems.push({ ...settings.locate(path, model.name), message });
  const { engine = {}, gpu = {}, image = {}, resources = {} } = model;
  const count = gpu.count ?? 1;
  const product = gpu.product ?? "";

  if (count > 0 && !product)
    report("gpu.product", `is not set; one of ${gpuProducts.join(", ")}, or gpu.count: 0 for a CPU`);
  else if (count > 0 && !gpuProducts.includes(product))
    report("gpu.product", `is '${product}', which the catalogue does not have; ${suggestion(product, gpuProducts)}`);
  else if (count > 0 && instancesFor(gpus[product] as never, count).length === 0)
    report("gpu.count", `is ${count}, and no instance type has that many ${product}`);

  const pipeline = engine.pipelineParallelSize ?? 1;
  const tensor = engine.tensorParallelSize ?? Math.max(1, count / pipeline);
  if (!Number.isInteger(tensor) || tensor * pipeline !== Math.max(1, count))
    report(
      engine.tensorParallelSize === undefined ? "engine.pipelineParallelSize" : "engine.tensorParallelSize",
      `tensor × pipeline parallel size is ${tensor} × ${pipeline}, but a pod has gpu.count: ${count}`,
    );
  for (const flag of Object.keys(engine.args ?? {})) {
    const typed = flag.replace(/^no-/, "");
    if (Object.hasOwn(typedFlags, typed))
      report(`engine.args.${flag}`, `belongs to ${typedFlags[typed]}; remove it here`);
  }
  if (count > 1 && engine.args?.["model-loader-extra-config"] !== undefined)
    report("engine.args.model-loader-extra-config", "is written by gpu.count, so that the GPUs share what is streamed");
  if (engine.env?.VLLM_API_KEY !== undefined) report("engine.env.VLLM_API_KEY", "is written by apiKey; remove it here");
  if (problems.length > 0) return { problems };

  const host = count > 0 ? hostShare(product, count) : defaultCpuPod;
  const memory = podMemory(resources.memory ?? `${Math.floor(host.memoryGib * defaultShare)}Gi`, count);
  if (!memory) {
    report(
      "resources.memory",
      `is ${resources.memory}, too little for vLLM and its shared memory; at least ${leastMemory(count)}`,
    );
    return { problems };
  }
  const { min, max, waitingRequests = defaultWaitingRequests } = model.autoscaling ?? {};
  const autoscaling = min !== undefined && max !== undefined ? { min, max, waitingRequests } : undefined;
  const replicas = autoscaling?.min ?? model.replicas ?? 1;
  const roll = rollout(
    replicas,
    autoscaling?.max ?? replicas,
    count > 0 ? Math.floor((gpu.spare ?? 0) / count) : Infinity,
  );
  const times = budgets({
    load: {
      bytes: count > 0 ? (gpus[product]?.memoryMib ?? 0) * 2 ** 20 * count : memoryBytes(memory.limit),
      networkGbps: host.networkGbps,
      gpu: count > 0,
    },
    waves: roll.waves,
    provisioningSeconds: model.provisioning?.seconds,
    startupSeconds: model.startup?.seconds,
    drainSeconds: model.drain?.seconds ?? 75,
  });
  const streamed = count > 0;
  const servedModelName = model.servedModelName ?? model.name;
  const plan: ModelPlan = {
    name: model.name,
    ...(model.revision === undefined ? {} : { revision: model.revision }),
    revisionKey: model.revisionKey,
    servedModelName,
    image: imageOf(image, engine.version ?? "", count),
    pullSecrets: image.pullSecrets ?? [],
    gpuCount: count,
    nodeSelector: count > 0 ? nodeSelector(product, gpu.labels ?? "nvidia") : {},
    cpu: resources.cpu ?? String(Math.max(1, Math.floor(host.vcpus * defaultShare))),
    memory,
    replicas,
    ...(autoscaling ? { autoscaling } : {}),
    streamed,
    args: engineArguments({
      servedModelName,
      streamed,
      tensorParallelSize: tensor,
      pipelineParallelSize: pipeline,
      maxModelLen: engine.maxModelLen,
      maxNumSeqs: engine.maxNumSeqs,
      gpuMemoryUtilization: engine.gpuMemoryUtilization,
      shutdownTimeout: times.drain.shutdownTimeout,
      port: containerPort,
      extra: engine.args ?? {},
    }),
    env: engine.env ?? {},
    budgets: times,
    rollout: roll,
  };
  return { plan, problems };
}

function imageOf(image: NonNullable<EffectiveModel["image"]>, version: string, gpuCount: number): string {
  const repository = image.repository ?? (gpuCount > 0 ? "vllm/vllm-openai" : "vllm/vllm-openai-cpu");
  return `${repository}:${image.tag ?? `v${version}`}${image.digest ? `@${image.digest}` : ""}`;
}
