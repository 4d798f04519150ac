import type { InferencePlatform } from "../components/inferencePlatform.ts";
import { notes } from "./notes.ts";
import type { Planned } from "./settings.ts";

/** The outputs of the stack: the platform's, and what to do next. */
export const outputs = (platform: InferencePlatform, planned: Planned) => ({
  ...platform.outputs,
  notes: platform.outputs.modelBucket.apply((bucket) => notes(planned, bucket)),
});
