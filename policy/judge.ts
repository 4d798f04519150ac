import { policyRules } from "../config/schema/policyEntries.ts";
import { availability } from "./availability.ts";
import { bucketEncryption, bucketPrivate, bucketTls } from "./buckets.ts";
import { imageDigest } from "./images.ts";
import { costCeiling, gpuQuota } from "./limits.ts";
import { modelAccess } from "./modelAccess.ts";
import {
  type Finding,
  notChecked,
  type PolicyChange,
  type PolicyContext,
  type PolicyObject,
  type Rule,
  type RuleName,
} from "./rule.ts";
import { staticKeys } from "./staticKeys.ts";
import { bucketKept, storeProtected } from "./stores.ts";

/** Each rule. `docs/policy.md` has them in words. */
export const rules: Readonly<Record<RuleName, Rule>> = {
  imageDigest,
  bucketPrivate,
  bucketTls,
  bucketEncryption,
  staticKeys,
  modelAccess,
  gpuQuota,
  costCeiling,
  availability,
  storeProtected,
  bucketKept,
};

export const ruleNames = Object.keys(policyRules) as RuleName[];

/** What a rule that is broken does. */
export type Levels = Readonly<Record<RuleName, "off" | "advisory" | "mandatory">>;

/** What there is to judge; what is absent is not checked. */
export interface Subject {
  objects?: readonly PolicyObject[];
  changes?: readonly PolicyChange[];
  /** Why there may be more changes than these. */
  partial?: string;
}

/** A finding with its rule. `refuses`: the rule is mandatory, and broken. */
export interface Judged extends Finding {
  rule: RuleName;
  level: "advisory" | "mandatory";
  refuses: boolean;
}

/** What all rules that are not off find, in the order of the table. */
export const judge = (subject: Subject, context: PolicyContext, levels: Levels): Judged[] =>
  ruleNames.flatMap((rule) => {
    const level = levels[rule];
    if (level === "off") return [];
    return findingsOf(rule, subject, context).map((finding) => ({
      ...{ rule, level, refuses: level === "mandatory" && !finding.notChecked },
      ...finding,
    }));
  });

/** What one rule finds, whatever its level. */
export function findingsOf(name: RuleName, { objects, changes, partial }: Subject, context: PolicyContext): Finding[] {
  const rule = rules[name];
  const absent = (what: string) => [notChecked(undefined, "", `there are no ${what} here`, `judge it where there are`)];
  if (rule.of === "plan") return rule.judge(context);
  if (rule.of === "changes") {
    if (!changes) return absent("changes");
    const unseen = partial === undefined ? [] : [notChecked(undefined, "", partial, "judge one that goes through")];
    return [...rule.judge(changes, context), ...unseen];
  }
  if (!objects) return absent("objects");
  return rule.of === "objects"
    ? rule.judge(objects, context)
    : objects.flatMap((object) => rule.judge(object, context));
}
