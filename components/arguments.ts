import * as pulumi from "@pulumi/pulumi";
import { encryptedText, planArguments, type WrongArguments } from "../planning/arguments.ts";
import type { StackPlan } from "../planning/plan.ts";
import type { InferencePlatformArgs } from "./args.ts";
import type { Secrets } from "./secrets.ts";

/** What of the arguments may come from other resources. */
export interface Inputs {
  region: pulumi.Input<string> | undefined;
  clusterArn: pulumi.Input<string> | undefined;
  kubeconfig: pulumi.Input<string> | undefined;
  /** The secrets among the settings, by the keys that the plan has for them. */
  secrets: Secrets;
}

/** Wrong arguments: one error for all that is wrong, which Pulumi shows at the component, without a stack. */
export class ArgumentsError extends pulumi.ResourceError {
  readonly problems: WrongArguments["problems"];

  constructor({ problems, text }: WrongArguments, component: pulumi.Resource) {
    super(text, component, true);
    this.problems = problems;
  }
}

/**
 * Plans what a platform's arguments ask for, and takes out of them what comes from other resources.
 * @throws ArgumentsError with everything that is wrong with them
 */
export function planned(
  args: InferencePlatformArgs,
  name: string,
  component: pulumi.Resource,
): { plan: StackPlan; inputs: Inputs } {
  const { region, cluster, ...settings } = args;
  const { arn, kubeconfig, ...ofCluster } = cluster ?? {};
  const later: { path: string[]; value: unknown }[] = [];
  const tree = plainOf({ ...settings, ...(cluster ? { cluster: ofCluster } : {}) }, [], later) as object;
  const plan = planArguments(
    {
      stack: pulumi.getStack(),
      tree: { ...tree },
      later: later.map(({ path }) => path),
      ...(typeof region === "string" ? { region } : {}),
      ...(typeof arn === "string" ? { clusterArn: arn } : {}),
      hasKubeconfig: kubeconfig !== undefined,
    },
    name,
  );
  if ("problems" in plan) throw new ArgumentsError(plan, component);
  // Whatever is no secret among these was told to be wrong.
  const secrets = later.map(
    ({ path, value }) => [path.join("."), pulumi.secret(value as pulumi.Input<string>)] as const,
  );
  return { plan, inputs: { region, clusterArn: arn, kubeconfig, secrets: Object.fromEntries(secrets) } };
}

/** A value as plain data: what is not there left out, and in the place of what is not plain the word for a secret. */
function plainOf(value: unknown, path: string[], later: { path: string[]; value: unknown }[]): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item, at) => plainOf(item, [...path, String(at)], later));
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    later.push({ path, value });
    return encryptedText;
  }
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .map(([key, inner]) => [key, plainOf(inner, [...path, key], later)]),
  );
}
