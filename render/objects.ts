import type { Tree } from "../config/tree.ts";

/** What a value stands for that is known only after an `up`, or that nobody may see. */
export type PlaceholderKind = "secret" | "account" | "name";

/** A place of an object whose value is not the deployed one. */
export interface Placeholder {
  /** As Pulumi writes paths: `spec.containers[0].args[0]`, `labels["example.com/team"]`. */
  path: string;
  /** Every kind that is in it, in this order. */
  kinds: readonly PlaceholderKind[];
}

/** An object as the engine would register it. */
export interface RenderedObject {
  /** Pulumi's type token: `kubernetes:apps/v1:Deployment`, `aws:iam/role:Role`. */
  type: string;
  /** Pulumi's name, which is the last part of its URN. */
  name: string;
  /** Of Kubernetes the whole object, of others the inputs; IAM documents as objects, keys in order. */
  properties: Tree;
  /** Whether no `up` or `destroy` may delete it. */
  protect: boolean;
  /** Whether it stays where it is when Pulumi deletes it. */
  retainOnDelete: boolean;
  placeholders: readonly Placeholder[];
}

/** Everything that a stack would have. */
export interface RenderedStack {
  stack: string;
  /** In the order of their types and names; components and providers are none of them. */
  objects: readonly RenderedObject[];
}

/** Texts in the order of their characters, the same under every locale. */
export const inOrder = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);
