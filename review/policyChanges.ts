import type { PolicyChange } from "../policy/rule.ts";
import type { ReadChanges } from "./changesDocument.ts";

/** What rules judge of grouped changes. */
export interface PolicyChanges {
  changes: PolicyChange[];
  /** Why there may be more changes than these; absent where these are all. */
  partial?: string;
}

/**
 * Each resource that changes, whatever has become of it: a change that failed is tried again by the next operation, so it
 * is judged as what it was to be. What changes but for its guards alone is absent.
 */
export function policyChanges({ operation, outcome, reason, destructive, ...whole }: ReadChanges): PolicyChanges {
  const retained = new Set(destructive.flatMap((one) => (one.retained ? one.urn : [])));
  const inside = ({ resources, components }: Pick<ReadChanges, "resources" | "components">): PolicyChange[] => [
    ...resources.map(({ type, name, urn, change }) => ({
      ...{ type, name, change },
      ...(retained.has(urn) ? { retained: true as const } : {}),
    })),
    ...components.flatMap(inside),
  ];
  const partial = `the ${operation} did not succeed${reason === undefined ? "" : ` (${reason})`}`;
  return { changes: inside(whole), ...(outcome === "succeeded" ? {} : { partial }) };
}
