import * as pulumi from "@pulumi/pulumi";
import {
  type Arguments,
  encryptedText,
  planArguments,
  secretProblem,
  type WrongArguments,
  wrongArguments,
} from "../planning/arguments.ts";
import type { StackPlan } from "../planning/plan.ts";
import type { InferencePlatformArgs } from "./args.ts";
import { claim } from "./claims.ts";
import { plainError } from "./errors.ts";
import type { Secrets } from "./secrets.ts";

/** What of the arguments may come from other resources. */
export interface Inputs {
  region: pulumi.Input<string> | undefined;
  clusterArn: pulumi.Input<string> | undefined;
  kubeconfig: pulumi.Input<string> | undefined;
  /** The bucket of the models, where it is another's. */
  bucket: pulumi.Input<string> | undefined;
  /** The ARN of the key that the bucket is encrypted with. */
  kmsKey: pulumi.Input<string> | undefined;
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
  const { region, ...settings } = args;
  const { arn, kubeconfig, ...cluster } = groupOf(args.cluster);
  const { bucket, kmsKey, ...store } = groupOf(args.modelStore);
  // A name that is not known yet is one all the same; a key decides nothing.
  const known = { bucket: bucket && nameOf(bucket), kmsKey: typeof kmsKey === "object" ? undefined : kmsKey };
  const later: { path: string[]; value: unknown }[] = [];
  const tree = plainOf(
    {
      ...settings,
      cluster: isPlain(args.cluster) ? cluster : args.cluster,
      modelStore: isPlain(args.modelStore) ? { ...store, ...known } : args.modelStore,
    },
    [],
    later,
  );
  const plan = planArguments(
    {
      stack: pulumi.getStack(),
      tree: tree as Arguments["tree"],
      later: later.map(({ path }) => path),
      ...(typeof region === "string" ? { region } : {}),
      ...(typeof arn === "string" ? { clusterArn: arn } : {}),
      hasKubeconfig: Boolean(kubeconfig),
    },
    name,
  );
  if ("problems" in plan) throw new ArgumentsError(plan, component);
  const taken = claim(name, plan);
  if (taken.length > 0) throw new ArgumentsError(wrongArguments(taken, name), component);
  // Whatever is no secret among these was told to be wrong.
  const secrets = later.map(({ path, value }) => [path.join("."), checked(path, value, component)] as const);
  // Other languages write what is not there as `null`.
  const there = <Value>(value: Value | null | undefined): Value | undefined => value ?? undefined;
  return {
    plan,
    inputs: {
      region: there(region),
      clusterArn: there(arn),
      kubeconfig: there(kubeconfig),
      bucket: there(bucket),
      kmsKey: there(kmsKey),
      secrets: Object.fromEntries(secrets),
    },
  };
}

/** A secret, which is an error at the component once it is known and not what its setting takes. */
const checked = (path: readonly string[], value: unknown, component: pulumi.Resource): pulumi.Output<string> =>
  pulumi.secret(value as pulumi.Input<string>).apply((known) => {
    const wrong = secretProblem(path, known);
    if (wrong) throw plainError(component, `${path.join(".")}: is a secret that is not ${wrong}`);
    return known;
  });

/** Whether a value is a group as a program writes it, and not an Output, a promise or a resource. */
function isPlain(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

const groupOf = <Group extends object>(group: Group | undefined): Partial<Group> => (isPlain(group) ? group : {});
const nameOf = (bucket: pulumi.Input<string>) => (typeof bucket === "string" ? bucket : "not-known-yet");

/** A value as plain data: what is not there left out, and in the place of what is not plain the word for a secret. */
function plainOf(value: unknown, path: string[], later: { path: string[]; value: unknown }[]): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item, at) => plainOf(item, [...path, String(at)], later));
  if (!isPlain(value)) {
    later.push({ path, value });
    return encryptedText;
  }
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .map(([key, inner]) => [key, plainOf(inner, [...path, key], later)]),
  );
}
