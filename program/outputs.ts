import type { InferencePlatform } from "../components/inferencePlatform.ts";
import type { StackPlan } from "../planning/plan.ts";
import { notes } from "./notes.ts";

/** The outputs of the stack: the platform's, and what to do next. */
export const outputs = (platform: InferencePlatform, plan: StackPlan) => ({
  ...platform.outputs,
  notes: platform.outputs.modelBucket.apply((bucket) => notes(plan, bucket)),
});
