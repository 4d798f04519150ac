import { createHash } from "node:crypto";
import { inKeyOrder, isTree, type Tree } from "../config/tree.ts";

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
    .update(JSON.stringify(inKeyOrder(content)))
    .digest("hex");
