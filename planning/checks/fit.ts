import type { EffectiveModel } from "../../config/settings.ts";
import { fitOf, type ModelFit, misfit, notChecked } from "../fit/fit.ts";
import { formatProblems } from "../fit/formats.ts";
import { formatsOf } from "../fit/input.ts";
import { productOf } from "../pod/gpu.ts";
import type { PodMemory } from "../pod/memory.ts";
import type { Report } from "./report.ts";
import { checkParallelShape, checkShape } from "./shape.ts";

const wrong = notChecked("the settings are wrong");

/**
 * Plans the fit of one model; says what is wrong with its shape, and where it does not fit.
 * @param memory of its pod, where that is enough: on a CPU it decides
 * @param shared whether all its GPUs are shared out; else nothing is said of what follows
 */
export function checkModelFit(
  model: EffectiveModel,
  memory: PodMemory | undefined,
  shared: boolean,
  report: Report,
): ModelFit {
  const { shape } = model;
  const product = productOf(model);
  const formats = { quantization: shape?.quantization, ...formatsOf(model) };
  const refused = product ? formatProblems(formats, product) : [];
  for (const { path, finding } of refused) report(path, finding, ["gpu"]);
  if (!shape) return notChecked("shape is not set: the facts of the model's config.json tell whether it fits");
  if (!checkShape(shape, report) || !shared || refused.length > 0) return wrong;
  if (!checkParallelShape(model, shape, report) || !(product || memory)) return wrong;
  const fit = fitOf(model, shape, memory);
  if (fit.checked && !fit.fits) {
    const place = product ? "gpu.product" : ["engine", "env", "VLLM_CPU_KVCACHE_SPACE"];
    report(place, { kind: "fit", reason: misfit(fit) }, ["shape", "engine", "gpu", "resources"]);
  }
  return fit;
}
