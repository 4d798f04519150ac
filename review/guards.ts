import type { Step } from "../workspace/events.ts";

/** A guard that is put on a resource, or taken off it: the engine tells neither as a property nor as an update. */
export interface GuardChange {
  /** `protect`: the engine refuses to delete the resource. `retainOnDelete`: it leaves the stack, and stays where it is. */
  guard: "protect" | "retainOnDelete";
  before: boolean;
  after: boolean;
}

/** What changes about the guards of a resource that stays. */
export function guardChanges({ metadata: { old, new: next } }: Pick<Step, "metadata">): GuardChange[] {
  if (!old || !next) return [];
  return (["protect", "retainOnDelete"] as const).flatMap((guard) => {
    const [before, after] = [old[guard] ?? false, next[guard] ?? false];
    return before === after ? [] : [{ guard, before, after }];
  });
}
