import { isTree } from "../config/tree.ts";
import type { Step } from "../workspace/events.ts";

/** Names that a plugin chooses by chance for what is to be made: other ones in every preview, and in the `up` after it. */

/**
 * Makes a function that puts, in a text, what they are names of in the place of all automatic names that these steps
 * choose: in references, IAM documents and arguments too. Those of what stands are not by chance, and stay.
 */
export function withoutAutomaticNames(steps: readonly Step[]): (text: string) => string {
  const owners = new Map<string, string>();
  for (const { urn, name, metadata } of steps)
    if (metadata.new && !metadata.new.id)
      for (const chosen of automaticNames(name, metadata.new.inputs)) owners.set(chosen, urn);
  if (owners.size === 0) return (text) => text;
  // The longest first: one name may begin another.
  const chosen = [...owners.keys()]
    .sort((a, b) => b.length - a.length)
    .map((one) => one.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  const any = new RegExp(chosen.join("|"), "g");
  return (text) => text.replace(any, (one) => `<name of ${owners.get(one)}>`);
}

/** The plugin for Kubernetes says so by an annotation, those from Terraform list what they have filled in. */
function* automaticNames(name: string, inputs: unknown): Generator<string> {
  if (!isTree(inputs)) return;
  const { metadata, __defaults: filled } = inputs;
  if (isTree(metadata) && isTree(metadata.annotations) && metadata.annotations["pulumi.com/autonamed"] === "true")
    if (typeof metadata.name === "string" && metadata.name !== "") yield metadata.name;
  for (const property of Array.isArray(filled) ? filled : []) {
    const value = inputs[property];
    // What else is filled in (a region, a path) does not begin with the resource's name.
    if (typeof value === "string" && value.startsWith(`${name}-`)) yield value;
  }
}
