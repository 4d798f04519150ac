import type { Tree } from "../../../../config/tree.ts";

/** Settings that vLLM refuses when it starts, how that is told, and others beside them that it takes. */
export interface Case {
  args: Tree;
  more?: Tree;
  /** Where it is told; by default at the first flag. */
  at?: string;
  told: string;
  /** The flags that are right beside it; nothing where leaving the flag out is all that can be done. */
  right?: Tree;
  rightMore?: Tree;
}

export const l4: Tree = { product: "L4" };
export const four: Tree = { product: "H100", count: 4 };
export const cpu: Tree = { count: 0 };
export const copied: Tree = { kind: "copy" };
