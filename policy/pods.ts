import { isTree } from "../config/tree.ts";
import { notKnown, valueAt } from "./known.ts";
import type { PolicyObject } from "./rule.ts";

/** What rules read in Kubernetes objects. */

const template = ["spec", "template"];

/** Whether an object makes pods from a template. What is not known yet may. */
export function isWorkload({ type, properties }: PolicyObject): boolean {
  const pods = valueAt(properties, [...template, "spec"]);
  return type.startsWith("kubernetes:") && (isTree(pods) || pods === notKnown);
}

/** The labels of the pods; `notKnown` where they are not. */
export const podLabels = ({ properties }: PolicyObject): unknown =>
  valueAt(properties, [...template, "metadata", "labels"]);

/** The model that the pods serve; `notKnown` where it is not. */
export const modelOf = (workload: PolicyObject): unknown =>
  valueAt(podLabels(workload), ["app.kubernetes.io/instance"]);

/** The images of the containers of all kinds with their paths, as they stand there. */
export const imagesOf = ({ properties }: PolicyObject): { path: string; image: unknown }[] =>
  ["initContainers", "containers"].flatMap((kind) => {
    const path = `spec.template.spec.${kind}`;
    const all = valueAt(properties, [...template, "spec", kind]);
    if (all === notKnown) return [{ path, image: notKnown }];
    return (Array.isArray(all) ? all : []).map((container: unknown, index) => ({
      path: `${path}[${index}].image`,
      image: valueAt(container, ["image"]),
    }));
  });
