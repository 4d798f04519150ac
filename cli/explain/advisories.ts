import type { EffectiveModel } from "../../config/settings.ts";
import { advisoriesOf, worstFirst } from "../../planning/engine/vllm/advisories.ts";
import { table } from "../table.ts";

/** What `--only` calls it. It is told of settings that are refused too, for it may be the reason. */
export const advisoriesName = "advisories";

/** The known holes of each version of vLLM that models have, the worst first, and who has accepted them. */
export function advisoriesText(models: Readonly<Record<string, EffectiveModel>>): string {
  const versions = Map.groupBy(Object.values(models), ({ engine }) => engine.version);
  return [...versions].map(([version, having]) => versionText(version, having)).join("\n\n");
}

function versionText(version: string, models: readonly EffectiveModel[]): string {
  const known = worstFirst(advisoriesOf(version));
  const head = `vLLM ${version}, of ${models.map(({ name }) => name).join(", ")}: ${known.length === 1 ? "1 known hole" : `${known.length} known holes`}`;
  if (known.length === 0) return head;
  const rows = known.map(({ cve, severity, what, fixed }) => {
    const accepting = models.filter(({ engine }) => engine.acceptCves.includes(cve)).map(({ name }) => name);
    const accepted = accepting.length > 0 ? `accepted by ${accepting.join(", ")}` : "";
    return [cve, severity, what, `fixed in ${fixed}`, accepted];
  });
  return `${head}\n${table(rows).replace(/^/gm, "  ")}`;
}
