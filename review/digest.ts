import { createHash } from "node:crypto";
import { deepAt, inKeyOrder, isTree, type Tree } from "../config/tree.ts";
import type { Step } from "../workspace/events.ts";
import { guardChanges } from "./guards.ts";
import { withoutAutomaticNames } from "./names.ts";
import { changeOf } from "./operations.ts";
import { differences } from "./properties.ts";
import { masked } from "./values.ts";

/**
 * What a preview would do, as a hash: of each resource that it touches the operation, what differs and from what it
 * differs, all that it would be, and its guards; in whatever order it was told. Left out are names that are chosen by
 * chance, and of secrets everything but where they stand.
 * @param state the hash of the state that the preview started from: of another one it is another preview
 */
export function changesDigest(steps: readonly Step[], state: string): string {
  const text = withoutAutomaticNames(steps);
  const touched = steps.flatMap((step) => {
    const { urn, operation, metadata } = step;
    const change = changeOf(operation);
    const guards = guardChanges(step);
    if (change === undefined || (change === "same" && guards.length === 0)) return [];
    const { keys, new: next } = metadata;
    const becomes =
      change === "same"
        ? undefined
        : next && { inputs: next.inputs, protect: next.protect, retain: next.retainOnDelete };
    const whole = { urn, operation, guards, keys, becomes, differences: change === "same" ? [] : differences(step) };
    return [JSON.stringify(inKeyOrder(masked(whole, text)))];
  });
  return hash([state, touched.sort()]);
}

/**
 * A stack's state as a hash, of what `pulumi stack export` prints: each resource with inputs, outputs, dependencies and
 * guards, and what was left unfinished. Left out is what differs although nothing has happened to the stack: the order of
 * resources, times, places in the program, the ciphertext of secrets (another one whenever it is written; so a secret's
 * value makes no difference), and what a Kubernetes API server keeps in an object about its status and its writing, or
 * controllers annotate (a Deployment's revision, a moment after it is made).
 * A stack that has no state yet has a hash too.
 */
export function stateDigest(exported: Tree): string {
  const deployment = isTree(exported.deployment) ? exported.deployment : {};
  const all = ["resources", "pending_operations"].map((key) => {
    const list = Array.isArray(deployment[key]) ? deployment[key] : [];
    return list.map((one) => JSON.stringify(inKeyOrder(masked(settled(one), (text) => text)))).sort();
  });
  return hash(all);
}

/** What says when and from where in the program a resource was written. */
const written = ["created", "modified", "sourcePosition", "stackTrace"];
/** What an API server writes into an object's metadata with every change, of whomever. */
const kept = ["creationTimestamp", "generation", "managedFields", "resourceVersion"];

/** A resource of a state, or an operation that was left unfinished and holds one, without what differs by itself. */
function settled(one: unknown): unknown {
  if (!isTree(one)) return one;
  if (isTree(one.resource)) return { ...one, resource: settled(one.resource) };
  const { dependencies = [], propertyDependencies = {}, outputs, ...rest } = without(one, written);
  // A refresh drops the empty ones.
  const needed = Object.entries(isTree(propertyDependencies) ? propertyDependencies : {}).filter(
    ([, urns]) => !Array.isArray(urns) || urns.length > 0,
  );
  return {
    ...rest,
    dependencies: sorted(dependencies),
    propertyDependencies: Object.fromEntries(needed.map(([property, urns]) => [property, sorted(urns)])),
    outputs: String(rest.type).startsWith("kubernetes:") && isTree(outputs) ? spoken(outputs, rest.inputs) : outputs,
  };
}

/** An object of Kubernetes as it is asked for, without what the cluster, and whoever works in it, says of it. */
function spoken(object: Tree, inputs: unknown): Tree {
  const { metadata, ...rest } = without(object, ["status"]);
  if (!isTree(metadata)) return { ...rest, metadata };
  const { annotations, ...others } = without(metadata, kept);
  const asked = deepAt(inputs, ["metadata", "annotations"]);
  const own = Object.entries(isTree(annotations) ? annotations : {}).filter(([key]) => isTree(asked) && key in asked);
  return { ...rest, metadata: { ...others, annotations: Object.fromEntries(own) } };
}

const sorted = (list: unknown): unknown => (Array.isArray(list) ? [...list].sort() : list);

const without = (tree: Tree, keys: readonly string[]): Tree =>
  Object.fromEntries(Object.entries(tree).filter(([key]) => !keys.includes(key)));

const hash = (content: unknown): string => createHash("sha256").update(JSON.stringify(content)).digest("hex");
