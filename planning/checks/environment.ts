import { isSecretPair, looksSecret } from "../../config/secretNames.ts";
import type { EffectiveModel } from "../../config/settings.ts";
import type { Report } from "./report.ts";

/** Variables that something else writes, or that no server may have. */
const refusedVariables: Readonly<Record<string, string>> = {
  VLLM_API_KEY: "is written by apiKey; remove it here",
  VLLM_SERVER_DEV_MODE:
    "opens routes that anyone may call to stop, reset and reprogram the engine; it has no place on a server that others reach, remove it",
  RUNAI_STREAMER_MEMORY_LIMIT: "is written by resources.memory; remove it here",
  AWS_REGION: "is written by aws:region; remove it here",
  AWS_DEFAULT_REGION: "is written by aws:region; remove it here",
  AWS_ACCESS_KEY_ID: "is a static key; pods get credentials by EKS Pod Identity, remove it",
  AWS_SECRET_ACCESS_KEY: "is a static key; pods get credentials by EKS Pod Identity, remove it",
  AWS_SESSION_TOKEN: "is a static key; pods get credentials by EKS Pod Identity, remove it",
};

export function checkEnvironment({ engine }: EffectiveModel, report: Report): void {
  for (const group of ["env", "secretEnv"] as const)
    for (const [name, value] of Object.entries(engine[group])) {
      const path = `engine.${group}.${name}`;
      const refused = Object.hasOwn(refusedVariables, name) ? refusedVariables[name] : undefined;
      if (refused) report(path, { kind: "conflict", reason: refused });
      else if (group === "env" && Object.hasOwn(engine.secretEnv, name))
        report(path, { kind: "exclusive", reason: "stands in engine.secretEnv too; keep one of them" }, [
          `engine.secretEnv.${name}`,
        ]);
      else if (group === "env" && (isSecretPair(name, value) || looksSecret(value))) {
        const by = isSecretPair(name, value) ? "name" : "form";
        const reason = `is a secret in plain text, by its ${by}; take it out and encrypt it: pulumi config set --secret --path vllm:engine.secretEnv.${name}`;
        report(path, { kind: "secret", reason });
      }
    }
}
