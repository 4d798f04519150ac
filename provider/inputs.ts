import * as pulumi from "@pulumi/pulumi";
import { secretSetting } from "../config/layers/secrets.ts";
import { schemaAt } from "../config/schema/schema.ts";
import { isTree } from "../config/tree.ts";

/** What the SDK keeps out of its types. */
interface Resolvable {
  isKnown: Promise<boolean>;
  promise(): Promise<unknown>;
}

/** Arguments that are no settings, or are not as they are there, and may come from other resources. */
const inputs = ["region", "cluster.arn", "cluster.kubeconfig", "modelStore.bucket", "modelStore.kmsKey"];
function mayBeLater(path: readonly string[]): boolean {
  const secret = secretSetting(path);
  if (!secret) return inputs.includes(path.join("."));
  // Of a map of secrets each one by itself.
  return path.length === secret.length + (schemaAt(secret)?.type === "record" ? 1 : 0);
}

/**
 * Arguments as a program in TypeScript writes them. Some languages hand over a group that has a secret in it as one
 * secret: what of it may come from other resources stays an Output, and the rest is plain. `null` is what is not there.
 */
export async function plainInputs(given: pulumi.Inputs): Promise<pulumi.Inputs> {
  const there = Object.entries(given).filter(([, value]) => value !== null);
  const entries = there.map(async ([name, value]) => [name, await plainInput(value, [name])] as const);
  return Object.fromEntries(await Promise.all(entries));
}

async function plainInput(value: unknown, path: readonly string[]): Promise<unknown> {
  if (!pulumi.Output.isInstance(value) || mayBeLater(path)) return value;
  const { isKnown } = value as unknown as Resolvable;
  const group = (await isKnown) ? await (value as unknown as Resolvable).promise() : undefined;
  return isTree(group) ? parts(value, group, path) : value;
}

/** The parts of a group that is an Output as a whole. */
function parts(output: pulumi.Output<unknown>, group: object, path: readonly string[]): object {
  const entries = Object.entries(group).map(([name, inner]) => {
    const here = [...path, name];
    const part = output.apply((whole) => (whole as Readonly<Record<string, unknown>>)[name]);
    if (mayBeLater(here)) return [name, part];
    return [name, isTree(inner) ? parts(part, inner, here) : inner];
  });
  return Object.fromEntries(entries);
}
