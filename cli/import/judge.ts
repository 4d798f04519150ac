import type { GpuProduct } from "../../catalogue/gpus.ts";
import { type Problem, SettingsError } from "../../config/problems.ts";
import type { Resolved } from "../../config/settings.ts";
import { planStack } from "../../planning/plan.ts";

/** Any would do: what is said of GPUs is left out. */
const assumed: GpuProduct = "H100";

/**
 * What the program says of settings: now, and once a GPU is named where there is none, which ends the checks of a model
 * before those of its pod.
 */
export function problemsOf(resolved: Resolved): readonly Problem[] {
  const now = planned(resolved);
  const { settings } = resolved;
  const models = settings.models.map((model) =>
    model.gpu.count > 0 && model.gpu.product === undefined
      ? { ...model, gpu: { ...model.gpu, product: assumed } }
      : model,
  );
  const then = planned({ ...resolved, settings: { ...settings, models } });
  const isNew = ({ key, kind, path }: Problem) =>
    kind !== "fit" && !path.includes("gpu") && !now.some((one) => one.key === key);
  return [...now, ...then.filter(isNew)];
}

function planned(resolved: Resolved): readonly Problem[] {
  try {
    planStack(resolved);
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
}
