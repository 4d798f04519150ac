import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { PodPlan } from "../../planning/variant.ts";

type Variable = types.input.core.v1.EnvVar;

/**
 * Text as it has to stand in a container's `command`, `args` or `env` to reach the process as it is: Kubernetes makes
 * one `$` of `$$`, and puts another variable's value for `$(NAME)`. Values of Secrets it hands over untouched.
 */
export const literal = (text: string): string => text.replaceAll("$", "$$$$");

/** Text as the process gets it, of text that `literal` has made. */
export const reached = (text: string): string => text.replaceAll("$$", "$");

/** A variable whose value a Secret has under a key. */
export const secretVariable = (name: string, secret: pulumi.Input<string>, key: string): Variable => ({
  name,
  valueFrom: { secretKeyRef: { name: secret, key } },
});

/** The planned variables that a container wants, the secret ones by the Secret that holds them. */
export function variables(
  { env, secretEnv }: Pick<PodPlan, "env" | "secretEnv">,
  secret: pulumi.Input<string> | undefined,
  wants: (name: string) => boolean = () => true,
): Variable[] {
  const plain = Object.entries(env).filter(([name]) => wants(name) && !Object.hasOwn(secretEnv, name));
  const secrets = secret === undefined ? [] : Object.keys(secretEnv).filter(wants);
  return [
    ...plain.map(([name, value]) => ({ name, value: literal(value) })),
    ...secrets.map((name) => secretVariable(name, secret as pulumi.Input<string>, name)),
  ];
}
