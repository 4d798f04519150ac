import { isSecretPair } from "../../config/secretNames.ts";
import type { EffectiveModel } from "../../config/settings.ts";
import { onePod } from "../engine/vllm/arguments.ts";
import type { Unchecked } from "../engine/vllm/flags.ts";
import { unknownVariable, variableProblem } from "../engine/vllm/variables.ts";
import type { Report } from "./report.ts";

const inOnePod = `belongs to ${onePod}; remove it here`;

/** Variables that something else writes, or that no server may have. */
const refusedVariables: Readonly<Record<string, string>> = {
  VLLM_API_KEY: "is written by apiKey; remove it here",
  VLLM_SERVER_DEV_MODE:
    "opens routes that anyone may call to stop, reset and reprogram the engine; it has no place on a server that others reach, remove it",
  VLLM_USE_RUST_FRONTEND:
    "puts another server before the engine, of whose key, drain and probes nothing is known here; remove it",
  VLLM_DP_SIZE: inOnePod,
  VLLM_DP_RANK: inOnePod,
  VLLM_DP_RANK_LOCAL: inOnePod,
  VLLM_DP_MASTER_IP: inOnePod,
  VLLM_DP_MASTER_PORT: inOnePod,
  RUNAI_STREAMER_MEMORY_LIMIT: "is written by resources.memory; remove it here",
  AWS_REGION: "is written by aws:region; remove it here",
  AWS_DEFAULT_REGION: "is written by aws:region; remove it here",
  AWS_ACCESS_KEY_ID: "is a static key; pods get credentials by EKS Pod Identity, remove it",
  AWS_SECRET_ACCESS_KEY: "is a static key; pods get credentials by EKS Pod Identity, remove it",
  AWS_SESSION_TOKEN: "is a static key; pods get credentials by EKS Pod Identity, remove it",
};

/** Those of them that are as good as absent where they are 0. */
const switches = /^VLLM_(SERVER_DEV_MODE|USE_RUST_FRONTEND)$/;

/** Checks the engine's variables; gives those of which nothing is known. */
export function checkEnvironment({ engine }: EffectiveModel, report: Report): Unchecked[] {
  const unchecked: Unchecked[] = [];
  for (const group of ["env", "secretEnv"] as const)
    for (const [name, value] of Object.entries(engine[group])) {
      const path = `engine.${group}.${name}`;
      const off = group === "env" && switches.test(name) && /^\s*0+\s*$/.test(value);
      const refused = !off && Object.hasOwn(refusedVariables, name) ? refusedVariables[name] : undefined;
      if (refused) report(path, { kind: "conflict", reason: refused });
      else if (group === "env" && Object.hasOwn(engine.secretEnv, name))
        report(path, { kind: "exclusive", reason: "stands in engine.secretEnv too; keep one of them" }, [
          `engine.secretEnv.${name}`,
        ]);
      else if (group === "env" && isSecretPair(name, value)) {
        const reason = `is a secret in plain text, by its name; take it out and encrypt it: pulumi config set --secret --path vllm:engine.secretEnv.${name}`;
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
