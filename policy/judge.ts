import { policyRules } from "../config/schema/policyEntries.ts";
import { availability } from "./availability.ts";
import { bucketEncryption, bucketPrivate, bucketTls } from "./buckets.ts";
import { imageDigest } from "./images.ts";
import { costCeiling, gpuQuota } from "./limits.ts";
import { modelAccess } from "./modelAccess.ts";
import {
  type ChangeRule,
  type Finding,
  notChecked,
  type ObjectRule,
  type PolicyChange,
  type PolicyContext,
  type PolicyObject,
  type RuleName,
  type StackRule,
} from "./rule.ts";
import { staticKeys } from "./staticKeys.ts";
import { bucketKept, storeProtected } from "./stores.ts";

/** Each rule, and what it judges. `docs/policy.md` has them in words. */
export const rules: Readonly<
  Record<
    RuleName,
    { of: "objects"; judge: ObjectRule } | { of: "changes"; judge: ChangeRule } | { of: "stack"; judge: StackRule }
  >
> = {
  imageDigest: { of: "objects", judge: imageDigest },
  bucketPrivate: { of: "objects", judge: bucketPrivate },
  bucketTls: { of: "objects", judge: bucketTls },
  bucketEncryption: { of: "objects", judge: bucketEncryption },
  staticKeys: { of: "objects", judge: staticKeys },
  modelAccess: { of: "objects", judge: modelAccess },
  gpuQuota: { of: "stack", judge: gpuQuota },
  costCeiling: { of: "stack", judge: costCeiling },
  availability: { of: "objects", judge: availability },
  storeProtected: { of: "objects", judge: storeProtected },
  bucketKept: { of: "changes", judge: bucketKept },
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
    return findings(rule, subject, context).map((finding) => ({
      ...{ rule, level, refuses: level === "mandatory" && !finding.notChecked },
      ...finding,
    }));
  });

function findings(name: RuleName, { objects, changes, partial }: Subject, context: PolicyContext): Finding[] {
  const rule = rules[name];
  const absent = (what: string) => [notChecked(undefined, "", `there are no ${what} here`, `judge it where there are`)];
  if (rule.of === "stack") return rule.judge(context);
  if (rule.of === "objects") return objects ? rule.judge(objects, context) : absent("objects");
  if (!changes) return absent("changes");
  const unseen = partial === undefined ? [] : [notChecked(undefined, "", partial, "judge one that goes through")];
  return [...rule.judge(changes, context), ...unseen];
}
