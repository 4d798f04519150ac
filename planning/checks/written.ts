import { type Origin, writtenAt } from "../../config/layers/origin.ts";
import { isSecretName } from "../../config/secretNames.ts";
import type { EffectiveModel } from "../../config/settings.ts";
import { takesNumber } from "../engine/vllm/flags.ts";
import type { Report } from "./report.ts";

/**
 * Checks that a flag which takes text has it as it is written: without quotes `1.10` is the number 1.1 to Pulumi. Gives
 * the flags as they are written, for all other checks.
 */
export function checkWritten({ name, engine }: EffectiveModel, origin: Origin, report: Report) {
  const asWritten = Object.entries(engine.args).map(([flag, value]) => {
    const written = typeof value === "number" ? writtenAt(origin, ["engine", "args", flag], name) : undefined;
    // A flag that is a secret by its name is refused for that.
    if (written === undefined || isSecretName(flag) || takesNumber(flag, engine.version)) return [flag, value];
    const reason = `as Pulumi reads ${written} without quotes; put it in quotes`;
    report(["engine", "args", flag], { kind: "invalid", found: value, reason });
    return [flag, written];
  });
  return Object.fromEntries(asWritten) as typeof engine.args;
}
