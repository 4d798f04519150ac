import { deepAt, isTree, type Tree } from "../config/tree.ts";
import type { PolicyObject } from "./rule.ts";

/** What rules read in Kubernetes objects. */

const template = ["spec", "template"];

/** Objects that make pods from a template. */
export const workloadsOf = (objects: readonly PolicyObject[]): PolicyObject[] =>
  objects.filter(
    ({ type, properties }) => type.startsWith("kubernetes:") && isTree(deepAt(properties, [...template, "spec"])),
  );

/** The labels of the pods. */
export const podLabels = ({ properties }: PolicyObject): Tree =>
  groupAt(properties, [...template, "metadata", "labels"]);

/** The model that the pods serve. */
export const modelOf = (workload: PolicyObject): string => String(podLabels(workload)["app.kubernetes.io/instance"]);

export const groupAt = (properties: Tree, path: readonly string[]): Tree => {
  const value = deepAt(properties, path);
  return isTree(value) ? value : {};
};

/** Containers of all kinds with their paths. */
export const containersOf = ({ properties }: PolicyObject): { path: string; container: Tree }[] =>
  ["initContainers", "containers"].flatMap((kind) => {
    const all = deepAt(properties, [...template, "spec", kind]);
    return (Array.isArray(all) ? all : []).flatMap((container, index) =>
      isTree(container) ? [{ path: `spec.template.spec.${kind}[${index}]`, container }] : [],
    );
  });
