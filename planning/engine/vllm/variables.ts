import { successors } from "../../../catalogue/vllm/successors.ts";
import type { Finding } from "../../../config/problems.ts";
import { valueProblem } from "./flagValue.ts";
import { nearestName } from "./meant.ts";
import { nearestVariable, type Variable, variableOf, versionsOf } from "./names.ts";
import { compareVersions } from "./version.ts";

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
    const meant = nearestName(odd, choices);
    return { kind: "invalid", found: odd, allowed: choices, ...(meant ? { meant } : {}) };
  }
  const problem = type === undefined ? undefined : valueProblem({ type }, value);
  return problem && { kind: "invalid", found: value, allowed: String(problem.allowed) };
}

/** A variable of vLLM's that this version does not know, and what to do instead; it only warns of one. */
export function unknownVariable(name: string, version: string): { hint?: string } | undefined {
  if (!/^VLLM_/.test(name) || variableOf("VLLM_PORT", version) === undefined) return undefined;
  return variableOf(name, version) ? undefined : { hint: hintFor(name, version) };
}

function hintFor(name: string, version: string): string | undefined {
  const having = versionsOf(name);
  const last = having.findLast((other) => compareVersions(other, version) < 0);
  if (having[0] !== undefined && last === undefined) return `${having[0]} is the first to have it`;
  if (Object.hasOwn(successors, name)) return `write ${successors[name]} instead`;
  if (last !== undefined) return `${last} was the last to have it`;
  const meant = nearestVariable(name, version);
  return meant && `did you mean '${meant}'?`;
}
