import { type Effective, ofModel, ofStack } from "../config/layers/effective.ts";
import type { EffectiveModel, LayerName, Settings } from "../config/layers/resolve.ts";
import { parallelSizes } from "./checks/model.ts";
import { hasStreamer, modelPath } from "./engine/vllm/delivery.ts";
import type { ModelFit } from "./fit/modelFit.ts";
import type { ModelPlan } from "./model.ts";
import type { StackPlan } from "./plan.ts";
import type { Budgets } from "./pod/budgets.ts";
import type { Rollout } from "./pod/rollout.ts";

/** A setting in the end: `computed` is what the plan works out where no layer says anything. */
export interface Explained {
  value: unknown;
  layer: LayerName | "computed";
}

/** All that is known of one model before it is deployed. */
export interface ModelExplanation {
  settings: Record<string, Explained>;
  image: string;
  fit: ModelFit;
  budgets: Budgets;
  rollout: Rollout;
  gpus: { steady: number; rolling: number; max: number };
  /** What follows `vllm serve`; `<model bucket>` stands for the bucket's name, which is known after the first `up`. */
  args: string[];
  /** Flags that could not be checked, and why. */
  unchecked: { flag: string; reason: string }[];
}

/** All that is known of a stack before it is deployed; `docs/explain.schema.json` describes it. */
export interface Explanation {
  schemaVersion: 1;
  stack: string;
  region: string;
  settings: Record<string, Explained>;
  models: Record<string, ModelExplanation>;
}

/** Explains a stack's plan beside the settings that it comes from. */
export function explain(settings: Settings, plan: StackPlan): Explanation {
  const models = settings.models.flatMap((model) => {
    const planned = plan.models.find(({ name }) => name === model.name);
    if (!planned) return [];
    const written: Record<string, Effective> = ofModel(settings, model);
    const computed = Object.entries(computedSettings(planned, model))
      .filter(([path]) => !Object.hasOwn(written, path))
      .map(([path, value]) => [path, { value, layer: "computed" as const }]);
    const { fit, budgets, rollout, gpus, unchecked, image } = planned;
    const source = planned.streamed
      ? `s3://<model bucket>/models/${planned.name}/${planned.revision ?? "<revision>"}/`
      : modelPath;
    const args = [source, ...planned.args];
    const all = { ...written, ...Object.fromEntries(computed) } as Record<string, Explained>;
    return [[model.name, { settings: sorted(all), image, fit, budgets, rollout, gpus, args, unchecked }] as const];
  });
  return {
    schemaVersion: 1,
    stack: plan.stack,
    region: plan.region,
    settings: sorted(ofStack(settings)),
    models: Object.fromEntries(models),
  };
}

function computedSettings(plan: ModelPlan, model: EffectiveModel): Record<string, unknown> {
  const [repository, tag] = plan.image.split("@")[0]?.split(/:(?=[^/]*$)/) ?? [];
  return {
    servedModelName: plan.servedModelName,
    "image.repository": repository,
    "image.tag": tag,
    "image.streamer": hasStreamer(model),
    "delivery.kind": plan.streamed ? "stream" : "copy",
    "resources.cpu": plan.cpu,
    "resources.memory": plan.memory.limit,
    "engine.tensorParallelSize": parallelSizes(model).tensor,
    "provisioning.seconds": plan.budgets.provisioning,
    "startup.seconds": plan.budgets.startup,
  };
}

const sorted = <T>(record: Record<string, T>): Record<string, T> =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
