import { type Finding, nearest } from "../../../config/problems.ts";
import { valueProblem } from "./flagValue.ts";
import { nearestVariable, type Variable, variableOf } from "./names.ts";

/** Read by Python's own logging, which ends vLLM for any other word. */
const loggingLevel: Variable = {
  type: "str",
  choices: ["CRITICAL", "FATAL", "ERROR", "WARNING", "WARN", "INFO", "DEBUG", "NOTSET"],
  anyCase: true,
};

/**
 * What is wrong with the value of an environment variable: vLLM reads all of its own when it starts, and ends where one
 * is not of its type (`enable_envs_cache` in vllm/envs.py).
 */
export function variableProblem(name: string, value: string, version: string): Finding | undefined {
  // The plan reckons with the KV cache's, whatever the version.
  const known = variableOf(name, version) ?? (name === "VLLM_CPU_KVCACHE_SPACE" ? { type: "int" } : undefined);
  const { type, choices, anyCase } = known && name === "VLLM_LOGGING_LEVEL" ? loggingLevel : (known ?? {});
  if (choices) {
    const read = (word: string) => (anyCase ? word.toLowerCase() : word);
    const words =
      type === "list"
        ? value
            .split(",")
            .map((word) => word.trim())
            .filter(Boolean)
        : [value];
    const odd = words.find((word) => !choices.map(read).includes(read(word)));
    if (odd === undefined) return undefined;
    const meant = nearest(odd, choices);
    return { kind: "invalid", found: odd, allowed: choices, ...(meant ? { meant } : {}) };
  }
  const problem = type === undefined ? undefined : valueProblem({ type }, value);
  return problem && { kind: "invalid", found: value, allowed: String(problem.allowed) };
}

/** A variable of vLLM's that this version does not know, and what is probably meant; it only warns of one. */
export function unknownVariable(name: string, version: string): { meant?: string } | undefined {
  if (!/^VLLM_/.test(name) || variableOf("VLLM_PORT", version) === undefined) return undefined;
  return variableOf(name, version) ? undefined : { meant: nearestVariable(name, version) };
}
