import type { Source } from "../layers/source.ts";
import type { Problem } from "../problems.ts";
import type { Written } from "../settings.ts";
import { isTree, type Tree } from "../tree.ts";

/** The settings' namespace, whatever the project is called. */
export const namespace = "vllm";

/** What stands in a project's files for one stack. */
export interface Files {
  stack: string;
  /** `aws:region`. */
  region?: string;
  /** `vllm:base`, whatever it is. */
  base: unknown;
  /** The stack's own keys. */
  own: Tree;
  /** Paths of what is encrypted of these, groups as a whole too. */
  encrypted: readonly (readonly string[])[];
  /** Whether what is encrypted cannot be read here. */
  unreadable?: boolean;
  /** Keys of the project's own namespace, which nothing reads. */
  foreign: readonly string[];
  /** Whether `vllm:base` stands in the stack's file. */
  misplacedBase: boolean;
}

/** The two layers that a project's files are, with what is wrong around them. */
export function writtenIn({ stack, region, base, own, ...files }: Files): Written {
  const file = `Pulumi.${stack}.yaml`;
  const problems: Problem[] = files.foreign.map((key) => {
    const name = key.split(":")[1] ?? "";
    const meant = `${namespace}:${name}`;
    const reason = `has no effect; settings are read from '${meant}'`;
    return { path: name.split("."), key, layer: file, kind: "misplaced", meant, reason };
  });
  const whole = { path: ["base"], key: `${namespace}:base` };
  if (files.misplacedBase) {
    const reason = "belongs into Pulumi.yaml, where all stacks share it; here it would replace the whole base";
    problems.push({ ...whole, layer: file, kind: "misplaced", reason });
  }
  if (!isTree(base))
    problems.push({ ...whole, layer: "Pulumi.yaml", kind: "invalid", allowed: "a group of settings under 'value:'" });

  const ofBase: Source = {
    name: "base",
    file: "Pulumi.yaml",
    prefix: `${namespace}:base.`,
    tree: isTree(base) ? base : {},
    shared: true,
  };
  const ofStack: Source = {
    name: "stack",
    file,
    prefix: `${namespace}:`,
    tree: own,
    encrypted: files.encrypted,
    unreadable: files.unreadable ?? false,
  };
  return { stack, ...(region === undefined ? {} : { region }), sources: [ofBase, ofStack], problems };
}
