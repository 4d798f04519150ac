import { createHash } from "node:crypto";
import { isTree, type Tree } from "../config/tree.ts";
import { inOrder } from "./objects.ts";

/** A value with the keys of all its groups in order, so that it is the same text wherever it comes from. */
export function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => inOrder(one, other))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}

/** The properties of AWS that Pulumi's plugin names by itself, by type. */
const named: Readonly<Record<string, string>> = {
  "aws:iam/role:Role": "name",
  "aws:iam/rolePolicy:RolePolicy": "name",
  "aws:s3/bucket:Bucket": "bucket",
};

/**
 * The name that Pulumi's plugins would choose for an object that has none, with a hash of its content where theirs have
 * chance: as many hexadecimal digits, behind Pulumi's name of it. Where there is one already, nothing.
 */
export function automaticName(type: string, name: string, inputs: Tree): { name: string; inputs: Tree } | undefined {
  const choose = (digits: number) => `${name}-${hash({ type, inputs }).slice(0, digits)}`;
  if (type.startsWith("kubernetes:")) {
    const metadata = isTree(inputs.metadata) ? inputs.metadata : {};
    if (metadata.name !== undefined) return undefined;
    const chosen = choose(8);
    return { name: chosen, inputs: { ...inputs, metadata: { ...metadata, name: chosen } } };
  }
  const property = named[type];
  if (property === undefined || inputs[property] !== undefined) return undefined;
  const chosen = choose(7);
  return { name: chosen, inputs: { ...inputs, [property]: chosen } };
}

const hash = (content: object): string =>
  createHash("sha256")
    .update(JSON.stringify(sorted(content)))
    .digest("hex");
