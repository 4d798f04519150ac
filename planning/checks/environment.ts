import { displacingOf } from "../../catalogue/variables.ts";
import { moveTo } from "../../config/layers/advice.ts";
import { isSecretPair } from "../../config/secretNames.ts";
import type { EffectiveModel } from "../../config/settings.ts";
import { ownVariables } from "../engine/vllm/environment.ts";
import type { Unchecked } from "../engine/vllm/flags.ts";
import { unknownVariable, variableProblem } from "../engine/vllm/variables.ts";
import type { Reason, Report } from "./report.ts";

/** Whether a plain variable displaces nothing as it is set: it is off, is what the program writes, or hides no GPU. */
function isHarmless(name: string, value: string, harmless: RegExp | undefined, { gpu }: EffectiveModel): boolean {
  if (harmless?.test(value)) return true;
  if (name === "NVIDIA_VISIBLE_DEVICES") return gpu.count === 0 && /^(void|none)$/.test(value);
  if (name === "CUDA_VISIBLE_DEVICES")
    return Array.from({ length: gpu.count }, (_, index) => String(index)).every((one) =>
      value.split(",").some((said) => said.trim() === one),
    );
  return Object.hasOwn(ownVariables, name) && ownVariables[name] === value;
}

/** Why a variable that is set displaces something, and whether a word in `engine.acknowledge` is enough. */
export function displacement(name: string, model: EffectiveModel): { does: string; never: boolean } | undefined {
  const { env, secretEnv } = model.engine;
  const known = displacingOf(name);
  const hidden = Object.hasOwn(secretEnv, name);
  const plain = Object.hasOwn(env, name) ? env[name] : undefined;
  if (!known || (!hidden && plain === undefined)) return undefined;
  if (!hidden && isHarmless(name, plain ?? "", known.harmless, model)) return undefined;
  return { does: known.does, never: known.never ?? false };
}

/** Checks the engine's variables; gives those of which nothing is known. */
export function checkEnvironment(model: EffectiveModel, report: Report): Unchecked[] {
  const { engine } = model;
  const unchecked: Unchecked[] = [];
  for (const group of ["env", "secretEnv"] as const)
    for (const [name, value] of Object.entries(engine[group])) {
      const path = `engine.${group}.${name}`;
      const displaced = displacement(name, model);
      if (displaced?.never) report(path, { kind: "conflict", reason: `${displaced.does}; remove it here` });
      else if (displaced && !engine.acknowledge.includes(name)) {
        const reason = `${displaced.does}; remove it, or name it in engine.acknowledge`;
        report(path, { kind: "conflict", reason }, ["engine.acknowledge"]);
      } else if (group === "secretEnv" && name === "PYTHONPATH")
        report(path, {
          kind: "conflict",
          reason: "has the program's own before it, so write it in plain text: engine.env",
        });
      else if (group === "env" && Object.hasOwn(engine.secretEnv, name))
        report(path, { kind: "exclusive", reason: "stands in engine.secretEnv too; keep one of them" }, [
          `engine.secretEnv.${name}`,
        ]);
      else if (group === "env" && isSecretPair(name, value)) {
        const reason: Reason = (layer) =>
          `is a secret in plain text, by its name; ${moveTo(layer, ["engine", "secretEnv", name])}`;
        report(path, { kind: "secret", reason });
      } else {
        const wrong = group === "env" ? variableProblem(name, value, engine.version) : undefined;
        if (wrong) report(path, wrong, ["engine.version"]);
        const unknown = unknownVariable(name, engine.version);
        if (unknown && engine.args["fail-on-environ-validation"] === true) {
          const reason = `is no variable of vLLM ${engine.version}, and 'fail-on-environ-validation' refuses it; ${unknown.hint ?? "remove one of them"}`;
          report(path, { kind: "conflict", reason }, ["engine.version", "engine.args.fail-on-environ-validation"]);
        } else if (unknown) unchecked.push({ flag: name, reason: unknownReason(engine.version, unknown.hint) });
      }
    }
  return unchecked;
}

const unknownReason = (version: string, hint?: string) =>
  `vLLM ${version} has no such variable, and only warns of it${hint ? `; ${hint}` : ""}`;
