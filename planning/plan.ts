import type { Settings } from "../config/layers/resolve.ts";
import { SettingsError } from "../config/problems.ts";
import { checkStack } from "./checks/stack.ts";
import { type ModelPlan, planModel } from "./model.ts";

/** Everything about a stack that can be known before it is deployed. Holds no secret. */
export interface StackPlan {
  stack: string;
  region: string;
  cluster: { eks: string; kubeconfig?: string; context?: string };
  namespace: { name: string; create: boolean };
  /** Whether a destroy leaves the bucket and what is in it. */
  keepModels: boolean;
  /** Another text makes another API key; where there is an own key, the key that the secret is written under. */
  apiKey: { rotation?: string; value?: string };
  models: ModelPlan[];
}

/**
 * Plans a stack.
 * @throws SettingsError with everything that is wrong with its settings.
 */
export function planStack(settings: Settings): StackPlan {
  const { stack, region, cluster, namespace, modelStore, apiKey } = settings;
  const planned = settings.models.map((model) => planModel(model, settings));
  const problems = [...settings.problems, ...checkStack(settings), ...planned.flatMap((result) => result.problems)];
  if (problems.length > 0) throw new SettingsError(problems);
  return {
    stack,
    region,
    cluster,
    namespace,
    keepModels: modelStore.onDestroy === "keep",
    apiKey,
    models: planned.flatMap(({ plan }) => plan ?? []),
  };
}
