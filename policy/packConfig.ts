import { type Levels, ruleNames, rules } from "./judge.ts";
import type { PolicyContext, RuleName } from "./rule.ts";

/** What the policy pack is configured with: what its rules read that no object of the engine says. */

/** The policy of the pack that refuses where the others have not what they need. */
export const settingsPolicy = "settings";

/** The part of one rule: `disabled`, or its level, the stack that it is for, and what of the context the rule reads. */
export type RuleConfig = "disabled" | ({ enforcementLevel: "advisory" | "mandatory"; stack: string } & object);

/** The whole, as Pulumi takes it by `--policy-pack-config`. */
export type PackConfig = { [settingsPolicy]: { stack: string; rules: RuleName[] } } & Record<RuleName, RuleConfig>;

/** The pack's configuration for a stack: levels by its settings, the rest by its settings and its plan. */
export function packConfig(stack: string, context: PolicyContext, levels: Levels): PackConfig {
  const ofRule = (rule: RuleName): RuleConfig => {
    const enforcementLevel = levels[rule];
    if (enforcementLevel === "off") return "disabled";
    return { enforcementLevel, stack, ...Object.fromEntries(rules[rule].reads.map((key) => [key, context[key]])) };
  };
  return {
    [settingsPolicy]: { stack, rules: ruleNames },
    ...(Object.fromEntries(ruleNames.map((rule) => [rule, ofRule(rule)])) as Record<RuleName, RuleConfig>),
  };
}

/** What may be absent: a bucket of another's, where the stack has its own, and a key of the team's. */
const optional: readonly (keyof PolicyContext)[] = ["ownBucket", "onDestroy", "kmsKey"];

/** What a rule reads and its part of the configuration lacks. */
export const missingIn = (rule: RuleName, config: Readonly<Record<string, unknown>>): string[] =>
  rules[rule].reads.filter((key) => config[key] === undefined && !optional.includes(key));
