import { type Effective, ofModel, ofStack } from "../config/effective.ts";
import type { EffectiveModel, Resolved } from "../config/settings.ts";
import { revisionLocation } from "./addresses.ts";
import type { ModelCost, StackCost } from "./cost.ts";
import { hasStreamer } from "./engine/vllm/delivery.ts";
import type { Unchecked } from "./engine/vllm/flags.ts";
import type { ModelFit } from "./fit/fit.ts";
import type { HeadsUnknown } from "./fit/heads.ts";
import type { ModelPlan } from "./model.ts";
import type { StackPlan } from "./plan.ts";
import type { Budgets } from "./pod/budgets.ts";
import { imageReference } from "./pod/image.ts";
import { type MemoryPart, memoryBytes, type Unreckoned } from "./pod/memory.ts";
import { modelPath } from "./pod/paths.ts";
import type { Rollout } from "./pod/rollout.ts";
import type { StartupTooShort } from "./pod/startup.ts";
import type { StackGpus } from "./sharing.ts";
import type { SpareTooSmall } from "./spare.ts";
import type { VariantPlan } from "./variant.ts";

/** A setting in the end. Its layer is `computed` where no layer says anything and the plan works it out. */
export type Explained = Effective;

/** The memory of one pod, in bytes. */
export interface MemoryExplanation {
  /** Its limit, and all that lies in it. */
  bytes: number;
  parts: MemoryPart[];
  /** Likewise of its `/dev/shm`. */
  shm: { bytes: number; parts: MemoryPart[] };
  /** What takes memory and is in no figure. */
  unreckoned: Unreckoned[];
}

/** All that is known of one model before it is deployed. */
export interface ModelExplanation {
  settings: Record<string, Explained>;
  image: string;
  fit: ModelFit;
  memory: MemoryExplanation;
  /** Disk that a pod asks of its node for a copy, a Kubernetes quantity. */
  disk?: string;
  budgets: Budgets;
  rollout: Rollout;
  gpus: VariantPlan["gpus"];
  cost: ModelCost;
  /** What follows `vllm serve`; `<model bucket>` stands for the name of a bucket that the first `up` makes. */
  args: string[];
  unchecked: Unchecked[];
  spareTooSmall?: SpareTooSmall;
  startupTooShort?: StartupTooShort;
  headsUnknown?: HeadsUnknown;
}

/** What a stack's settings come to before it is deployed. */
export interface Explanation {
  schemaVersion: 1;
  stack: string;
  region: string;
  settings: Record<string, Explained>;
  gpus: StackGpus;
  cost: Omit<StackCost, "models">;
  models: Record<string, ModelExplanation>;
}

/** Explains a stack's plan beside the settings that it comes from. */
export function explain(resolved: Resolved, plan: StackPlan): Explanation {
  const { settings, origin } = resolved;
  const models = settings.models.flatMap((model) => {
    const planned = plan.models.find(({ name }) => name === model.name);
    if (!planned) return [];
    const [variant] = planned.variants;
    const cost = plan.cost.models[model.name];
    if (!cost) return [];
    const written = ofModel(model, origin);
    const computed = Object.entries(computedSettings(planned, variant, model, plan.gpus))
      .filter(([path]) => !Object.hasOwn(written, path))
      .map(([path, value]): [string, Explained] => [path, { value, layer: "computed" }]);
    const all = { ...written, ...Object.fromEntries(computed) };
    return [[model.name, { settings: sorted(all), ...explainVariant(planned, variant, plan), cost }] as const];
  });
  const { models: _, ...cost } = plan.cost;
  return {
    schemaVersion: 1,
    stack: plan.stack,
    region: plan.region,
    settings: sorted(ofStack(settings, origin)),
    gpus: plan.gpus,
    cost,
    models: Object.fromEntries(models),
  };
}

/** The bucket's name; of one that the stack makes what stands for it. */
export const bucketName = ({ modelStore }: Pick<StackPlan, "modelStore">): string =>
  modelStore.bucket ?? "<model bucket>";

function explainVariant(
  model: ModelPlan,
  variant: VariantPlan,
  plan: StackPlan,
): Omit<ModelExplanation, "settings" | "cost"> {
  const { pod, budgets, rollout, gpus, facts, revision = "<revision>" } = variant;
  const source = pod.streamed ? revisionLocation(bucketName(plan), model.name, revision) : modelPath;
  const { limit, shm, parts, shared, unreckoned } = pod.memory;
  return {
    image: imageReference(pod.image),
    ...facts,
    memory: { bytes: memoryBytes(limit), parts, shm: { bytes: memoryBytes(shm), parts: shared }, unreckoned },
    ...(pod.disk === undefined ? {} : { disk: pod.disk }),
    ...{ budgets, rollout, gpus, args: [source, ...pod.args] },
  };
}

function computedSettings(
  plan: ModelPlan,
  { pod, budgets }: VariantPlan,
  model: EffectiveModel,
  { products }: StackGpus,
): Record<string, unknown> {
  const shared = pod.gpu.product && products[pod.gpu.product];
  return {
    servedModelName: plan.servedModelName,
    "image.repository": pod.image.repository,
    "image.tag": pod.image.tag,
    "image.streamer": hasStreamer(model),
    "delivery.kind": pod.streamed ? "stream" : "copy",
    ...(shared ? { "gpu.spare": shared.spare } : {}),
    "resources.cpu": pod.cpu,
    "resources.memory": pod.memory.limit,
    "resources.shm": pod.memory.shm,
    "engine.tensorParallelSize": pod.tensorParallelSize,
    "provisioning.seconds": budgets.provisioning,
    "startup.seconds": budgets.startup,
  };
}

const sorted = <T>(record: Record<string, T>): Record<string, T> =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
