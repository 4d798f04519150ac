import * as pulumi from "@pulumi/pulumi";
import type { Problem } from "../planning/arguments.ts";
import type { StackPlan } from "../planning/plan.ts";

/** The models of a program's platforms, by cluster, namespace and name: each with the platform that has it. */
const claims = new WeakMap<object, Map<string, string>>();

/**
 * Takes the names of a platform's models, which are those of its objects in the cluster, and says which of them another
 * platform of the same program has. A package's components in other languages have no program in common.
 */
export function claim(platform: string, { cluster, namespace, models }: StackPlan): Problem[] {
  const program = pulumi.runtime.getStackResource();
  if (!program) return [];
  const taken = claims.get(program) ?? new Map<string, string>();
  claims.set(program, taken);
  return models.flatMap(({ name }): Problem[] => {
    const key = [cluster.eks, namespace.name, name].join("/");
    const other = taken.get(key);
    taken.set(key, other ?? platform);
    if (other === undefined) return [];
    const reason = `is a model of '${other}' in namespace '${namespace.name}' of cluster '${cluster.eks}' already; take another name or namespace`;
    return [{ path: ["models", name], key: `models.${name}`, layer: "arguments", kind: "conflict", reason }];
  });
}
