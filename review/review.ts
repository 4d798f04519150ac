import type { StackCost } from "../planning/cost.ts";
import type { StackGpus } from "../planning/sharing.ts";
import type { Judged } from "../policy/judge.ts";
import type { RuleName } from "../policy/rule.ts";
import type { Changes, DestructiveChange, PropertyChange, ResourceChange } from "./changes.ts";
import type { Harm } from "./destructive.ts";
import type { SettingChange } from "./renders/settings.ts";

/** What a change of the project would do to its stacks, as plain data; `docs/review.schema.json` describes it. */

/** `failed`: something could not be built, previewed or compared. `refused`: a mandatory rule is broken. */
export type Outcome = "fine" | "refused" | "failed";

/** What it is compared with. */
export interface Base {
  /** As it was asked for, or the default branch. */
  ref: string;
  /** The last commit that head and `ref` have in common. */
  commit: string;
}

/** What is reviewed: what stands in the folder. */
export interface Head {
  commit: string;
  /** Changes in it that are in no commit. */
  uncommitted: boolean;
}

/**
 * Whose a change is. `program`: of its code. `settings`: of its settings. `pending`: it was to be made before.
 * `programOrSettings`, `programOrPending`: which of two is not known, because a render is missing. `unknown`: it is in no
 * render.
 */
export const origins = ["settings", "program", "programOrSettings", "pending", "programOrPending", "unknown"] as const;
export type Origin = (typeof origins)[number];

/** Whose a change is, and which of the settings make it, by their places in `settings`. */
export interface Caused {
  origins: Origin[];
  causes: number[];
}

/** What becomes of a resource, and why. */
export interface ReviewedResource
  extends Pick<ResourceChange, "name" | "type" | "change" | "guards" | "forcedBy">,
    Caused {
  /** The components that it is in, from the outermost; empty where a render tells of it. */
  within: string[];
  /** What it takes away, the worst first; empty where nothing. */
  harms: Harm[];
  retained?: DestructiveChange["retained"];
  properties: (PropertyChange & Caused)[];
}

/** A part that is not there, and why. */
export interface Missing {
  part: "preview" | "cluster" | "baseSettings" | "baseRender" | "basePackages";
  reason: string;
  /** It could have been made, and was not: this fails the review. */
  failed: boolean;
}

/** A finding of policy. `new`: it is not the same as one of base. */
export interface ReviewedFinding extends Judged {
  new: boolean;
}

/** A figure of base and of head; one is absent where the stack is not there, or not known. */
export interface Both<Figure> {
  before?: Figure;
  after?: Figure;
}

/** What would become of one stack. */
export interface StackReview {
  stack: string;
  outcome: Outcome;
  /** `new`: base has no file of it. `removed`: head has none. */
  file: "changed" | "new" | "removed";
  /** Why there is no render of head: a line each. */
  problems: string[];
  missing: Missing[];
  settings: SettingChange[];
  gpus: Both<StackGpus>;
  cost: Both<Omit<StackCost, "models">>;
  /** Absent where there is nothing to judge. */
  policy?: { findings: ReviewedFinding[]; off: RuleName[] };
  /** What tells `resources`: the preview; where there is none, the difference between the renders. */
  toldBy: "preview" | "render";
  resources: ReviewedResource[];
  /** Against the deployed state, or where the stack is not there yet, against nothing. */
  preview?: { against: "state" | "nothing" } & Pick<
    Changes,
    "outcome" | "reason" | "digest" | "stateDigest" | "summary" | "diagnostics" | "violations"
  >;
}

export interface Review {
  schemaVersion: 1;
  outcome: Outcome;
  base: Base;
  head: Head;
  /** In the order of their names. */
  stacks: StackReview[];
}

/** The exit code of each outcome. */
export const exitCodes: Readonly<Record<Outcome, number>> = { fine: 0, failed: 1, refused: 2 };

/** Of several the worst: where something failed, nobody knows the rest. */
export const worst = (outcomes: readonly Outcome[]): Outcome =>
  (["failed", "refused"] as const).find((one) => outcomes.includes(one)) ?? "fine";
