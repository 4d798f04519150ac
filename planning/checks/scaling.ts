import type { EffectiveModel } from "../../config/settings.ts";
import type { Report } from "./report.ts";

export function checkScaling({ autoscaling, engine }: EffectiveModel, report: Report): void {
  if (!autoscaling) return;
  const { min, max } = autoscaling;
  if (min > max)
    report("autoscaling.min", { kind: "conflict", found: min, reason: `more than autoscaling.max (${max})` }, [
      "autoscaling.max",
    ]);
  if (engine.args["disable-log-stats"] === true)
    report("engine.args.disable-log-stats", {
      kind: "conflict",
      reason: "takes away the metrics that autoscaling reads; remove one of them",
    });
}
