import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { objectLabels } from "./labels.ts";

/** What every object of a model is made of. */
export interface Owner {
  /** The model, whose name the objects bear. */
  model: string;
  /** The user's labels, beside the program's own. */
  labels: Readonly<Record<string, string>>;
  namespace: pulumi.Input<string>;
}

/** The metadata of an object whose name is the model's, fixed. */
export const metadata = (owner: Owner): types.input.meta.v1.ObjectMeta => ({ name: owner.model, ...unnamed(owner) });

/** The metadata of an object that is named automatically, so that another content is another object. */
export const unnamed = ({ model, labels, namespace }: Owner): types.input.meta.v1.ObjectMeta => ({
  namespace,
  labels: objectLabels(model, labels),
});
