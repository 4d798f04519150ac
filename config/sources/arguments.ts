import type { Problem } from "../problems.ts";
import type { Written } from "../settings.ts";
import { isTree, type Tree } from "../tree.ts";

/** What a program hands to a component. */
export interface Arguments {
  stack: string;
  /** The settings among them, with `[secret]` in the places of Outputs. */
  tree: Tree;
  /** Paths of what is no plain value: an Output, a promise, an object of a class. */
  later: readonly (readonly string[])[];
  /** The region, where it is there and plain. */
  region?: string;
  /** The ARN of the EKS cluster, where it is there and plain. */
  clusterArn?: string;
  /** Whether there is a kubeconfig. */
  hasKubeconfig: boolean;
}

const layer = "arguments";

/** The one layer that arguments are, with what is wrong with those that are no settings. */
export function writtenInProgram({ stack, tree, later, region, clusterArn, hasKubeconfig }: Arguments): Written {
  const { eks, context } = isTree(tree.cluster) ? tree.cluster : {};
  const problems: Problem[] = [];
  const ofArn = { path: ["cluster", "arn"], key: "cluster.arn", layer };
  const [, name] = /^arn:[\w-]+:eks:[a-z0-9-]+:\d{12}:cluster\/([\w-]+)$/.exec(clusterArn ?? "") ?? [];
  if (clusterArn !== undefined && name === undefined)
    problems.push({ ...ofArn, kind: "invalid", found: clusterArn, allowed: "the ARN of an EKS cluster" });
  else if (name !== undefined && name !== eks)
    problems.push({ ...ofArn, kind: "conflict", found: clusterArn, reason: `but cluster.eks names '${eks}'` });
  if (context !== undefined && !hasKubeconfig) {
    const reason = "needs cluster.kubeconfig beside it: no kubeconfig of the machine is ever used";
    problems.push({ path: ["cluster", "context"], key: "cluster.context", layer, kind: "conflict", reason });
  }
  return {
    stack,
    ...(region === undefined ? {} : { region }),
    sources: [{ name: layer, file: layer, prefix: "", tree, encrypted: later, unreadable: true, inProgram: true }],
    problems,
  };
}
