import type { Altered, Source } from "../layers/source.ts";
import type { Problem } from "../problems.ts";
import type { Written } from "../settings.ts";
import { isTree, type Tree } from "../tree.ts";
import { namespace } from "./keys.ts";

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
  /** What Pulumi does not keep as it is written: of the base, and of the stack's own keys. */
  altered: { base: readonly Altered[]; own: readonly Altered[] };
  /** What is wrong with the keys of the files. */
  problems: readonly Problem[];
}

/** The two layers that a project's files are, with what is wrong around them. */
export function writtenIn({ stack, region, base, own, altered, ...files }: Files): Written {
  const file = `Pulumi.${stack}.yaml`;
  const problems = [...files.problems];
  if (!isTree(base))
    problems.push({
      ...{ path: ["base"], key: `${namespace}:base`, layer: "Pulumi.yaml" },
      ...{ kind: "invalid", allowed: "a group of settings under 'value:'" },
    });

  const ofBase: Source = {
    name: "base",
    file: "Pulumi.yaml",
    prefix: `${namespace}:base.`,
    tree: isTree(base) ? base : {},
    altered: altered.base,
    shared: true,
  };
  const ofStack: Source = {
    name: "stack",
    file,
    prefix: `${namespace}:`,
    tree: own,
    altered: altered.own,
    encrypted: files.encrypted,
    unreadable: files.unreadable ?? false,
  };
  return { stack, ...(region === undefined ? {} : { region }), sources: [ofBase, ofStack], problems };
}
