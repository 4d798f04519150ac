import type * as pulumi from "@pulumi/pulumi";

/** Secrets of the settings, by the keys that they are written under. */
export type Secrets = Readonly<Record<string, pulumi.Output<string>>>;

/**
 * A secret by the key that the plan has for it.
 * @throws where it was not handed over: nothing may be deployed with an empty secret
 */
export function secretOf(secrets: Secrets, key: string): pulumi.Output<string> {
  const secret = Object.hasOwn(secrets, key) ? secrets[key] : undefined;
  if (secret === undefined) throw new Error(`the secret ${key} was not handed over beside the plan that needs it`);
  return secret;
}
