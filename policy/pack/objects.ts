import { type PolicyResource, UnknownValueError } from "@pulumi/policy";
import { isTree, type Tree } from "../../config/tree.ts";
import { notKnown } from "../known.ts";
import type { PolicyObject } from "../rule.ts";

/**
 * An object as the engine hands it over. What is secret is plain in it, and is judged; so no rule tells a value that may be
 * a secret.
 */
export const objectOf = ({ type, name, props, opts }: Pick<PolicyResource, "type" | "name" | "props" | "opts">) =>
  ({ type, name, properties: plain(props) as Tree, protect: opts.protect }) satisfies PolicyObject;

/** A copy without the SDK's proxies, which throw where something is read that is not known yet. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return Array.from({ length: value.length }, (_, index) => read(value, index));
  if (isTree(value)) return Object.fromEntries(Object.keys(value).map((key) => [key, read(value, key)]));
  return value;
}

function read(holder: object, key: string | number): unknown {
  try {
    return plain((holder as Tree)[key]);
  } catch (error) {
    if (error instanceof UnknownValueError) return notKnown;
    throw error;
  }
}
