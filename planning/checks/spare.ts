import type { GpuProduct } from "../../catalogue/gpus.ts";
import { isFaulty } from "../../config/layers/origin.ts";
import type { Problem } from "../../config/problems.ts";
import type { EffectiveModel, Resolved } from "../../config/settings.ts";
import { productOf } from "../pod/gpu.ts";
import { reportInto } from "./report.ts";

/** Models on one GPU product have the same spare GPUs: each that says otherwise than the first to say anything is told. */
export function checkSpare({ settings, origin }: Resolved): Problem[] {
  const problems: Problem[] = [];
  const first = new Map<GpuProduct, EffectiveModel>();
  for (const model of settings.models) {
    const product = productOf(model);
    const { spare } = model.gpu;
    // Which product it is, and what is said of it, is not known where one of these is wrong.
    const unsure = ["gpu.product", "gpu.count", "gpu.spare"].some((path) => isFaulty(origin, path, model.name));
    if (product === undefined || spare === undefined || unsure) continue;
    const other = first.get(product);
    if (!other) first.set(product, model);
    else if (other.gpu.spare !== spare) {
      const reason = `but model ${other.name}, on ${product} too, has ${other.gpu.spare}; it is one budget for each GPU product of the stack: write the same, or leave it out`;
      reportInto(problems, origin, model.name)("gpu.spare", { kind: "conflict", found: spare, reason });
    }
  }
  return problems;
}
