import { endpoint } from "./addresses.ts";
import type { ModelPlan } from "./model.ts";
import type { StackPlan } from "./plan.ts";

/** How many pods a model has: as few as `min`, as many as `max`. */
export interface ReplicaRange {
  /** Pods that there are at least. */
  min: number;
  /** Pods that there are at most; without a scaler the same. */
  max: number;
}

/** What a client or a person needs to know of one model. */
export interface ServedModel {
  /** OpenAI-compatible base URL inside the cluster; absent until there is a revision to serve. */
  endpoint?: string;
  /** What clients name in their requests. */
  servedModelName: string;
  /** The revision that is served. */
  revision?: string;
  /** How many pods it has. */
  replicas: ReplicaRange;
}

export function modelOutput({ name, servedModelName, variants }: ModelPlan, { namespace }: StackPlan): ServedModel {
  const [{ revision, scaling }] = variants;
  return {
    ...(revision === undefined ? {} : { endpoint: endpoint(name, namespace.name), revision }),
    servedModelName,
    replicas: { min: scaling.min, max: scaling.max },
  };
}

/** The models by their names. */
export const modelOutputs = (plan: StackPlan): Record<string, ServedModel> =>
  Object.fromEntries(plan.models.map((model) => [model.name, modelOutput(model, plan)]));

/** The endpoint where there is exactly one model, and it is served. */
export function onlyEndpoint(plan: StackPlan): string | undefined {
  const [first, ...others] = plan.models;
  return first && others.length === 0 ? modelOutput(first, plan).endpoint : undefined;
}
