import { hasDowntime } from "./downtime.ts";
import type { Resource } from "./resources.ts";

/**
 * Why a change takes something away, the worst first. `protected`: it is to be deleted or replaced although it is
 * protected, which the engine refuses. `unprotected`: a guard is taken off it. `downtime`: there may be no pod that
 * answers while it is made.
 */
export const harms = ["protected", "unprotected", "delete", "replace", "downtime"] as const;
export type Harm = (typeof harms)[number];

/** What a change to a resource takes away; empty where nothing. */
export function harmsOf({ change, guards, properties, step }: Resource): Harm[] {
  const goes = change === "delete" || change === "replace";
  const found: Record<Harm, boolean> = {
    protected: goes && step.metadata.old?.protect === true,
    unprotected: guards.some(({ before }) => before),
    delete: change === "delete",
    replace: change === "replace",
    downtime: hasDowntime(
      { type: step.type, inputs: step.metadata.new?.inputs },
      change,
      properties.map(({ path }) => path),
    ),
  };
  return harms.filter((harm) => found[harm]);
}
