import { gpus } from "../catalogue/gpus.ts";
import type { EffectiveModel, Settings } from "../config/layers/resolve.ts";
import type { Problem } from "../config/problems.ts";
import { checkEngine, checkGpu, checkImage, checkLabels, parallelSizes, reportInto } from "./checks/model.ts";
import { engineArguments } from "./engine/vllm/arguments.ts";
import { isStreamed } from "./engine/vllm/delivery.ts";
import { readArguments } from "./engine/vllm/flags.ts";
import { type ModelFit, modelFit, weightsOf } from "./fit/modelFit.ts";
import { type Budgets, budgets } from "./pod/budgets.ts";
import { hostShare, nodeSelector } from "./pod/gpu.ts";
import { leastMemory, memoryBytes, type PodMemory, podMemory } from "./pod/memory.ts";
import { type Rollout, rollout } from "./pod/rollout.ts";

/** The port that vLLM listens on in its pod. */
export const containerPort = 8000;

/** A taint that pods tolerate, as Kubernetes has it. */
export interface Toleration {
  key?: string;
  operator?: "Exists" | "Equal";
  value?: string;
  effect?: "NoSchedule" | "PreferNoSchedule" | "NoExecute";
}

/** What is deployed for one model. */
export interface ModelPlan {
  name: string;
  /** Folder under `models/<name>/` in the bucket; without one there is no server. */
  revision?: string;
  /** The key to set to serve another revision. */
  revisionKey: string;
  servedModelName: string;
  /** Labels of all its objects, beside the program's own. */
  labels: Record<string, string>;
  image: string;
  pullSecrets: string[];
  /** GPUs a pod; 0 is the CPU image. */
  gpuCount: number;
  nodeSelector: Record<string, string>;
  tolerations: Toleration[];
  cpu: string;
  memory: PodMemory;
  /** The replica count: fixed, or the smallest where `autoscaling` is there. */
  replicas: number;
  autoscaling?: { min: number; max: number; waitingRequests: number };
  /** The engine streams from the bucket; else an init container copies the revision. */
  streamed: boolean;
  /** What follows the model's location on the command line. */
  args: string[];
  /** Flags among them that could not be checked, and why. */
  unchecked: { flag: string; reason: string }[];
  env: Record<string, string>;
  /** Variables whose values are secret: each with the key that the secret is written under. */
  secretEnv: Record<string, string>;
  fit: ModelFit;
  budgets: Budgets;
  rollout: Rollout;
  /** GPUs that the model takes: with the smallest replica count, while that rolls, and at the most. */
  gpus: { steady: number; rolling: number; max: number };
}

const defaultCpuPod = { vcpus: 4, memoryGib: 16, networkGbps: 2.5 };
/** The share of its node's part that a pod asks for by default: the rest is for the system and daemons. */
const defaultShare = 0.75;

/** Plans one model, or says what stands against it. */
export function planModel(given: EffectiveModel, settings: Settings): { plan?: ModelPlan; problems: Problem[] } {
  const problems: Problem[] = [];
  const args = readArguments(given.engine.version, given.engine.args);
  const model = { ...given, engine: { ...given.engine, args } };
  const report = reportInto(problems, model, settings);
  checkGpu(model, report);
  checkImage(model, report);
  checkLabels(model, report);
  const unchecked = checkEngine(model, report);
  const { engine, gpu, resources } = model;
  const { count } = gpu;
  const product = count > 0 ? gpu.product : undefined;
  // Without its GPU there is nothing to reckon with.
  if (count > 0 && !Object.hasOwn(gpus, product ?? "")) return { problems };

  const host = product === undefined ? defaultCpuPod : hostShare(product, count);
  const streamed = isStreamed(model);
  const limit = resources.memory ?? `${Math.floor(host.memoryGib * defaultShare)}Gi`;
  const memory = podMemory(limit, count, streamed, Number(engine.env.VLLM_CPU_KVCACHE_SPACE) || undefined);
  if (!memory)
    report(
      "resources.memory",
      `is ${limit}, too little for vLLM and its shared memory; at least ${leastMemory(count)}`,
    );
  const { tensor, pipeline } = parallelSizes(model);
  const fit = memory ? modelFit(model, memory, report) : undefined;
  if (!memory || !fit || problems.length > 0) return { problems };

  const { min, max, waitingRequests } = model.autoscaling ?? {};
  const autoscaling =
    min !== undefined && max !== undefined && waitingRequests !== undefined ? { min, max, waitingRequests } : undefined;
  const replicas = autoscaling?.min ?? model.replicas ?? 1;
  const most = autoscaling?.max ?? replicas;
  const roll = rollout(replicas, most, count > 0 ? Math.floor(gpu.spare / count) : Infinity);
  const times = budgets({
    load: {
      bytes: weightsOf(model) ?? (product ? (gpus[product]?.memoryMib ?? 0) * 2 ** 20 * count : memoryBytes(limit)),
      networkGbps: host.networkGbps,
      gpu: count > 0,
      streamed,
    },
    waves: roll.waves,
    provisioningSeconds: model.provisioning.seconds,
    startupSeconds: model.startup.seconds,
    drainSeconds: model.drain.seconds,
  });
  const servedModelName = model.servedModelName ?? model.name;
  const plan: ModelPlan = {
    name: model.name,
    ...(model.revision === undefined ? {} : { revision: model.revision }),
    revisionKey: model.revisionKey,
    servedModelName,
    labels: model.labels,
    image: imageOf(model),
    pullSecrets: model.image.pullSecrets,
    gpuCount: count,
    nodeSelector: { ...(product ? nodeSelector(product, gpu.labels) : {}), ...model.scheduling.nodeSelector },
    tolerations: model.scheduling.tolerations,
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
      extra: args,
    }),
    unchecked,
    env: engine.env,
    secretEnv: engine.secretEnv,
    fit,
    budgets: times,
    rollout: roll,
    gpus: { steady: replicas * count, rolling: (replicas + roll.surge) * count, max: (most + roll.surge) * count },
  };
  return { plan, problems };
}

function imageOf({ image, engine, gpu }: EffectiveModel): string {
  const repository = image.repository ?? (gpu.count > 0 ? "vllm/vllm-openai" : "vllm/vllm-openai-cpu");
  return `${repository}:${image.tag ?? `v${engine.version}`}${image.digest ? `@${image.digest}` : ""}`;
}
