import type { PolicyChange } from "../policy/rule.ts";
import type { Changes, ComponentChanges, ResourceChange } from "./changes.ts";

/** What becomes of each resource, for the rules that judge changes. */
export const policyChanges = ({ resources, components }: Pick<Changes, "resources" | "components">): PolicyChange[] => [
  ...resources.map(({ type, name, change }: ResourceChange) => ({ type, name, change })),
  ...components.flatMap((one: ComponentChanges) => policyChanges(one)),
];
