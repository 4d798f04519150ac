import type { EffectiveModel } from "../../config/settings.ts";
import type { Report } from "./report.ts";

/** Names that the program's own labels and selectors use. */
const ownLabels = /^(app\.kubernetes\.io\/(name|instance|component|managed-by)|pod-template-hash)$/;

export function checkLabels({ labels }: EffectiveModel, report: Report): void {
  const reason = "is written by the program, which selects by it; remove it here";
  for (const key of Object.keys(labels)) if (ownLabels.test(key)) report(["labels", key], { kind: "conflict", reason });
}
