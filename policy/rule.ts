import type { policyRules } from "../config/schema/policyEntries.ts";
import type { Tree } from "../config/tree.ts";

/** What rules are given, and what they say: plain data, whoever brings it. */

/** An object as it is rendered, previewed or recorded. */
export interface PolicyObject {
  /** Pulumi's type token: `kubernetes:apps/v1:Deployment`. */
  type: string;
  /** Pulumi's name. */
  name: string;
  /** IAM documents as objects, or as JSON. What is not known yet is `notKnown`. */
  properties: Tree;
  protect: boolean;
  /** Paths of `properties` where something stands for a secret. */
  secrets?: readonly string[];
}

/** What becomes of an object that there is. */
export interface PolicyChange {
  type: string;
  name: string;
  /** `create`, `update`, `replace`, `delete`, `same`. */
  change: string;
  /** What leaves the stack stays where it is (`retainOnDelete`). */
  retained?: true;
}

/** What no object says. */
export interface PolicyContext {
  production: boolean;
  /** The region of the stack. */
  region: string;
  onDestroy?: "keep" | "delete";
  /** A bucket that there was before, of which no object is there. */
  ownBucket?: string;
  /** The ARN of the KMS key that the bucket is encrypted with. */
  kmsKey?: string;
  /** By the names of the models: where theirs lie in the bucket (ending in `/`), and why a tag is enough. */
  models: Readonly<Record<string, { prefix: string; allowTag?: string }>>;
  limits: { gpus?: number; costPerHour?: number };
  /** GPUs at most. */
  gpus: number;
  /** USD an hour at most; models whose cost is not in it; the region of the prices, where it is another's. */
  cost: { perHour: number; unknown: readonly { model: string; reason: string }[]; pricesOf?: string };
}

export type RuleName = keyof typeof policyRules;

/** What a rule found. */
export interface Finding {
  /** Where it stands; a whole stack has none. */
  object?: Pick<PolicyObject, "type" | "name">;
  /** The property, as Pulumi writes paths, or the setting; empty where it is missing as a whole. */
  path: string;
  what: string;
  allowed: string;
  /** What to do next. */
  next: string;
  /** The rule cannot tell: that is no pass, and never refuses. */
  notChecked?: true;
}

type Reads = readonly (keyof PolicyContext)[];
type Read<Keys extends Reads> = Pick<PolicyContext, Keys[number]>;

/** A rule, what it judges, and what of the context it reads: it is shown nothing else of it. */
export type Rule = { reads: Reads } & (
  | { of: "object"; judge: (object: PolicyObject, context: PolicyContext) => Finding[] }
  | { of: "objects"; judge: (objects: readonly PolicyObject[], context: PolicyContext) => Finding[] }
  | { of: "changes"; judge: (changes: readonly PolicyChange[], context: PolicyContext) => Finding[] }
  | { of: "plan"; judge: (context: PolicyContext) => Finding[] }
);

/** A rule of each object by itself. */
export const ofEach = <const Keys extends Reads>(
  reads: Keys,
  judge: (object: PolicyObject, context: Read<Keys>) => Finding[],
): Rule => ({ of: "object", reads, judge });

/** A rule of objects beside each other. */
export const ofAll = <const Keys extends Reads>(
  reads: Keys,
  judge: (objects: readonly PolicyObject[], context: Read<Keys>) => Finding[],
): Rule => ({ of: "objects", reads, judge });

/** A rule of what becomes of objects. */
export const ofChanges = <const Keys extends Reads>(
  reads: Keys,
  judge: (changes: readonly PolicyChange[], context: Read<Keys>) => Finding[],
): Rule => ({ of: "changes", reads, judge });

/** A rule of what a stack takes, whatever its objects are. */
export const ofPlan = <const Keys extends Reads>(reads: Keys, judge: (context: Read<Keys>) => Finding[]): Rule => ({
  of: "plan",
  reads,
  judge,
});

/** That a rule cannot tell, and why. */
export const notChecked = (
  object: Pick<PolicyObject, "type" | "name"> | undefined,
  path: string,
  what: string,
  next: string,
): Finding => ({ ...found(object, path, what, "what the rule can see", next), notChecked: true });

export const found = (
  object: Pick<PolicyObject, "type" | "name"> | undefined,
  path: string,
  what: string,
  allowed: string,
  next: string,
): Finding => ({
  ...(object ? { object: { type: object.type, name: object.name } } : {}),
  ...{ path, what, allowed, next },
});

/** What is not known of a preview is judged where it is. */
export const judgedLater = "judge the render, or the stack after its up, where it is known";
