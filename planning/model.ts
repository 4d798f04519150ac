import type { Problem } from "../config/problems.ts";
import type { EffectiveModel, Resolved } from "../config/settings.ts";
import { servedModelName } from "./addresses.ts";
import { maskOf } from "./checks/hidden.ts";
import { checkPin } from "./checks/image.ts";
import { checkLabels } from "./checks/labels.ts";
import { reportInto } from "./checks/report.ts";
import { checkWritten } from "./checks/written.ts";
import { readArguments } from "./engine/vllm/flags.ts";
import type { Spares } from "./spare.ts";
import { planVariant, type VariantPlan } from "./variant.ts";

/** What is deployed for one model. */
export interface ModelPlan {
  name: string;
  servedModelName: string;
  /** Labels of all its objects, beside the program's own. */
  labels: Record<string, string>;
  access: EffectiveModel["access"];
  /** The ways in which it is served; the Service has the pods of all of them. */
  variants: readonly [main: VariantPlan, ...others: VariantPlan[]];
}

/** Plans one model, or says what stands against it. */
export function planModel(
  given: EffectiveModel,
  resolved: Resolved,
  spares: Spares,
): { plan?: ModelPlan; problems: Problem[] } {
  const problems: Problem[] = checkPin(given, resolved);
  const args = readArguments(given.engine.version, given.engine.args);
  const read = { ...given, engine: { ...given.engine, args } };
  const mask = maskOf(read, resolved.origin);
  const report = reportInto(problems, resolved.origin, read.name, mask);
  const model = { ...read, engine: { ...read.engine, args: checkWritten(read, resolved.origin, report) } };
  checkLabels(model, report);
  const { cluster } = resolved.settings;
  const main = planVariant(model, { ipv6: cluster?.ipFamily === "ipv6" }, spares, report, mask);
  if (!main || problems.length > 0) return { problems };
  const { name, labels, access } = model;
  return { plan: { name, servedModelName: servedModelName(model), labels, access, variants: [main] }, problems };
}
