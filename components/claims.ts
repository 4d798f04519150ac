import * as pulumi from "@pulumi/pulumi";
import type { Problem } from "../planning/arguments.ts";
import type { StackPlan } from "../planning/plan.ts";

/** The models of a program's platforms, by cluster, namespace and name: each with the platform that has it. */
const claims = new WeakMap<object, Map<string, string>>();

/** What stands for the program, in a process that has none. */
let ofProcess: object | undefined;

/** Says that all platforms of this process are of one program: a plugin's, where the program is in another language. */
export function claimForProcess(): void {
  ofProcess ??= {};
}

/**
 * Takes the names of a platform's models, which are those of its objects in the cluster, and says which of them another
 * platform of the same program has.
 */
export function claim(platform: string, { cluster, namespace, models }: StackPlan): Problem[] {
  const program = pulumi.runtime.getStackResource() ?? ofProcess;
  if (!program) return [];
  const taken = claims.get(program) ?? new Map<string, string>();
  claims.set(program, taken);
  return models.flatMap(({ name }): Problem[] => {
    const key = [cluster.eks, namespace.name, name].join("/");
    const other = taken.get(key);
    taken.set(key, other ?? platform);
    // A plugin makes each platform in the preview of an update, and then in the update.
    if (other === undefined || other === platform) return [];
    const reason = `is a model of '${other}' in namespace '${namespace.name}' of cluster '${cluster.eks}' already; take another name or namespace`;
    return [{ path: ["models", name], key: `models.${name}`, layer: "arguments", kind: "conflict", reason }];
  });
}
