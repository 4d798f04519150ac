import { type GpuProduct, gpus } from "../catalogue/gpus.ts";
import { mib } from "../catalogue/units.ts";
import type { EffectiveModel } from "../config/settings.ts";
import { checkEngine } from "./checks/engine.ts";
import { checkEnvironment } from "./checks/environment.ts";
import { checkModelFit } from "./checks/fit.ts";
import { checkGpu } from "./checks/gpu.ts";
import type { Mask } from "./checks/hidden.ts";
import { checkImage } from "./checks/image.ts";
import { checkMemory } from "./checks/memory.ts";
import type { Report } from "./checks/report.ts";
import { checkScaling } from "./checks/scaling.ts";
import type { Server, Site } from "./engine/engine.ts";
import { engineOf } from "./engine/engines.ts";
import { isStreamed } from "./engine/vllm/delivery.ts";
import { oncePerName, type Unchecked } from "./engine/vllm/flags.ts";
import type { ModelFit } from "./fit/fit.ts";
import { type HeadsUnknown, headsUnknown } from "./fit/heads.ts";
import { storedWeights } from "./fit/weights.ts";
import { type Budgets, budgets } from "./pod/budgets.ts";
import { cpuCount } from "./pod/cpu.ts";
import { copyDisk } from "./pod/disk.ts";
import { hostShare, nodeSelector, parallelSizes, productOf } from "./pod/gpu.ts";
import type { Image } from "./pod/image.ts";
import { memoryBytes, type PodMemory } from "./pod/memory.ts";
import { type Rollout, rollout } from "./pod/rollout.ts";
import { type Load, type StartupTooShort, startupTooShort } from "./pod/startup.ts";
import { type Scaling, scalingOf } from "./scaling.ts";
import { type Spares, type SpareTooSmall, spareTooSmall } from "./spare.ts";

/** The pods of one variant. What needs no planning is handed on as the settings have it. */
export interface PodPlan {
  image: Image;
  pullSecrets: string[];
  /** GPUs a pod, which they are, and the labels of the nodes that have them; 0 is the CPU image. */
  gpu: { count: number; product?: GpuProduct; nodeSelector: Record<string, string> };
  scheduling: EffectiveModel["scheduling"];
  server: Server;
  cpu: string;
  memory: PodMemory;
  /** The engine streams from the bucket; else an init container copies the revision. */
  streamed: boolean;
  /** The image of that container. */
  copierImage: string;
  /** The user's own `--load-format`, where the engine reads a copy. */
  loadFormat?: string;
  /** Disk that a copy asks for, a Kubernetes quantity. */
  disk?: string;
  /** What follows the model's location on the command line. */
  args: string[];
  /** GPUs that share each layer. */
  tensorParallelSize: number;
  /** Plain variables, without those that have the region. */
  env: Record<string, string>;
  regionVariables: readonly string[];
  /** Variables whose values are secret: each with the key that the secret is written under. */
  secretEnv: Record<string, string>;
}

/** One way in which a model is served: its pods, how many there are, and how they come, change and go. */
export interface VariantPlan {
  name: "main";
  /** Folder under the model's prefix in the bucket; without one there are no pods. */
  revision?: string;
  pod: PodPlan;
  scaling: Scaling;
  rollout: Rollout;
  budgets: Budgets;
  /** GPUs that it takes: with the smallest replica count, while that rolls, and at the most. */
  gpus: { steady: number; rolling: number; max: number };
  /** What was found out on the way, for people. */
  facts: {
    fit: ModelFit;
    unchecked: Unchecked[];
    spareTooSmall?: SpareTooSmall;
    startupTooShort?: StartupTooShort;
    headsUnknown?: HeadsUnknown;
  };
}

const defaultCpuPod = { vcpus: 4, memoryGib: 16, networkGbps: 2.5 };
/** The share of its node's part that a pod asks for by default: the rest is for the system and daemons. */
const defaultShare = 0.75;

/** Plans one variant by itself, as if no other shared its spare GPUs, or reports what stands against it. */
export function planVariant(
  model: EffectiveModel,
  site: Site,
  spares: Spares,
  report: Report,
  mask: Mask,
): VariantPlan | undefined {
  checkScaling(model, report);
  const shared = checkGpu(model, report);
  checkImage(model, report);
  const unchecked = oncePerName([...checkEngine(model, report), ...checkEnvironment(model, report)]);
  const { gpu } = model;
  // Without its GPU there is nothing to reckon with.
  if (gpu.count > 0 && gpu.product === undefined) return undefined;
  const pod = planPod(model, report);
  const fit = checkModelFit(model, pod?.memory, shared, report);
  if (!pod) return undefined;

  const scaling = scalingOf(model);
  const { min, max } = scaling;
  const product = productOf(model);
  const spare = (product && spares.get(product)) ?? 0;
  const roll = rollout(min, max, product ? Math.floor(spare / gpu.count) : Infinity);
  const tooSmall = spareTooSmall(model, spare);
  const load = loadOf(model, pod);
  const times = timesOf(model, load, roll);
  const tooShort = startupTooShort(model.startup.seconds, load);
  const heads = headsUnknown(pod.tensorParallelSize, model.shape);
  return {
    name: "main",
    ...(model.revision === undefined ? {} : { revision: model.revision }),
    pod: {
      ...pod,
      memory: {
        ...pod.memory,
        unreckoned: pod.memory.unreckoned.map(({ setting, reason }) => ({ setting, reason: mask(reason) })),
      },
      args: engineOf(model).arguments(model, pod.streamed, times, site),
    },
    scaling,
    rollout: roll,
    budgets: times,
    gpus: { steady: min * gpu.count, rolling: (min + roll.surge) * gpu.count, max: (max + roll.surge) * gpu.count },
    facts: {
      fit,
      unchecked: unchecked.map(({ flag, reason }) => ({ flag: mask(flag), reason: mask(reason) })),
      ...(tooSmall ? { spareTooSmall: tooSmall } : {}),
      ...(tooShort ? { startupTooShort: tooShort } : {}),
      ...(heads ? { headsUnknown: heads } : {}),
    },
  };
}

/** What a pod can count on wherever it lands. */
function hostOf(model: EffectiveModel) {
  const product = productOf(model);
  return product ? hostShare(product, model.gpu.count) : defaultCpuPod;
}

function planPod(model: EffectiveModel, report: Report): Omit<PodPlan, "args"> | undefined {
  const { gpu, resources, scheduling } = model;
  const loadFormat = model.engine.args["load-format"];
  const engine = engineOf(model);
  const host = hostOf(model);
  const product = productOf(model);
  const streamed = isStreamed(model);
  const limit = resources.memory ?? `${Math.floor(host.memoryGib * defaultShare)}Gi`;
  const memory = checkMemory(model, limit, streamed, report);
  if (!memory) return undefined;
  return {
    image: engine.image(model),
    pullSecrets: model.image.pullSecrets,
    gpu: product
      ? { count: gpu.count, product, nodeSelector: nodeSelector(product, gpu.labels) }
      : { count: 0, nodeSelector: {} },
    scheduling,
    server: engine.server,
    cpu: resources.cpu ?? String(Math.max(1, Math.floor(host.vcpus * defaultShare))),
    memory,
    streamed,
    copierImage: model.delivery.image,
    ...(typeof loadFormat === "string" ? { loadFormat } : {}),
    ...(streamed ? {} : { disk: copyDisk(storedWeights(model.shape), roomForWeights(model, memory)) }),
    tensorParallelSize: parallelSizes(model).tensor,
    env: engine.environment(model, memory),
    regionVariables: engine.regionVariables,
    secretEnv: model.engine.secretEnv,
  };
}

/** Where the weights are not known, they are at most what holds them: bytes of the GPUs, or of the pod. */
function roomForWeights(model: EffectiveModel, { limit }: PodMemory): number {
  const product = productOf(model);
  return product ? gpus[product].memoryMib * mib * model.gpu.count : memoryBytes(limit);
}

function loadOf(model: EffectiveModel, { memory, streamed, cpu }: Pick<PodPlan, "memory" | "streamed" | "cpu">): Load {
  return {
    bytes: storedWeights(model.shape) ?? roomForWeights(model, memory),
    networkGbps: hostOf(model).networkGbps,
    gpus: model.gpu.count,
    cpus: cpuCount(cpu),
    streamed,
  };
}

const timesOf = (model: EffectiveModel, load: Load, roll: Rollout): Budgets =>
  budgets({
    load,
    waves: roll.waves,
    provisioningSeconds: model.provisioning.seconds,
    startupSeconds: model.startup.seconds,
    drainSeconds: model.drain.seconds,
  });
