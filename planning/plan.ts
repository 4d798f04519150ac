import { SettingsError } from "../config/problems.ts";
import type { Resolved, Settings } from "../config/settings.ts";
import { toldOnce } from "./checks/repeated.ts";
import { checkStack } from "./checks/stack.ts";
import { priceBook, type StackCost, stackCost } from "./cost.ts";
import { type ModelPlan, planModel } from "./model.ts";
import { type StackGpus, stackGpus, withTurns } from "./sharing.ts";
import { sparesOf } from "./spare.ts";

/** Everything about a stack that can be known before it is deployed. Holds no secret. */
export interface StackPlan {
  stack: string;
  region: string;
  cluster: NonNullable<Settings["cluster"]>;
  namespace: Settings["namespace"];
  modelStore: Settings["modelStore"];
  /** Another `rotation` makes another API key; where there is an own key, `value` is the key that it is written under. */
  apiKey: Settings["apiKey"];
  models: ModelPlan[];
  /** GPUs that all models take together. */
  gpus: StackGpus;
  /** What their nodes cost. */
  cost: StackCost;
}

/**
 * Plans a stack.
 * @throws SettingsError with everything that is wrong with its settings.
 */
export function planStack(resolved: Resolved): StackPlan {
  const { stack, region, cluster, namespace, modelStore, apiKey, prices, models } = resolved.settings;
  const spares = sparesOf(models);
  const planned = models.map((model) => planModel(model, resolved, spares));
  const problems = [...resolved.problems, ...checkStack(resolved), ...planned.flatMap((model) => model.problems)];
  if (problems.length > 0 || !cluster) throw new SettingsError(toldOnce(problems));
  const plans = planned.flatMap(({ plan }) => plan ?? []);
  const gpus = stackGpus(plans, spares);
  const cost = stackCost(plans, spares, priceBook(prices), region);
  return { stack, region, cluster, namespace, modelStore, apiKey, models: withTurns(plans, spares), gpus, cost };
}
