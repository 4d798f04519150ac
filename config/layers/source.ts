import type { Problem } from "../problems.ts";
import type { Tree } from "../tree.ts";

/** Where settings are written: what a message says of it. */
export interface Place {
  /** What the layer is called: `base`, `stack`. */
  name: string;
  /** The file, for messages: `Pulumi.yaml`; or `arguments`. */
  file: string;
  /** How its keys begin, for messages: `vllm:base.`, `vllm:`, or nothing. */
  prefix: string;
  /** Whether it is no file but the arguments of a component, which a program writes. */
  inProgram?: boolean;
}

/** A setting in a layer, as messages name it. */
export const locatedIn = (
  { prefix, file }: Pick<Place, "prefix" | "file">,
  path: readonly string[],
): Pick<Problem, "path" | "key" | "layer"> => ({ path, key: prefix + path.join("."), layer: file });

/** A scalar without quotes that Pulumi does not keep as it is written: `1.10` is 1.1 to it. */
export interface Altered {
  /** Its path in a tree, numbers for places in lists. */
  path: readonly string[];
  written: string;
}

/** Of altered scalars those below a key, by their paths there. */
export const alteredIn = (altered: readonly Altered[], key: string): Altered[] =>
  altered.flatMap(({ path: [first, ...rest], written }) => (first === key ? [{ path: rest, written }] : []));

/** Altered scalars by their paths from further up. */
export const alteredBelow = (key: string, altered: readonly Altered[]): Altered[] =>
  altered.map(({ path, written }) => ({ path: [key, ...path], written }));

/** One source of settings, as it is written. */
export interface Source extends Place {
  tree: Tree;
  /** Paths of what is encrypted, groups as a whole too: no message may show it. */
  encrypted?: readonly (readonly string[])[];
  altered?: readonly Altered[];
  /** Whether encrypted values, or Outputs, are not at hand: then the tree has `[secret]` in their places. */
  unreadable?: boolean;
  /** Whether secrets, encrypted too, have no place here because several stacks share it. */
  shared?: boolean;
}

/** A source after its checks. Secrets stand in it as the keys that they are written under. */
export interface Layer extends Place {
  /** As it is written, what is wrong too, but for secrets by their forms: not for others' eyes. */
  written: Tree;
  /** What is right, scalars in their types; removals are `null`. */
  settings: Tree;
  /** Paths of what is encrypted where it is written. */
  encrypted: readonly (readonly string[])[];
  altered: readonly Altered[];
}

/** A layer, what is wrong with it, and its secrets. */
export interface CheckedSource {
  layer: Layer;
  problems: Problem[];
  /** Paths of what is wrong, and of what was probably meant: nothing more should be said of these. */
  faulty: (readonly string[])[];
  /** By the keys that they are written under. */
  secrets: Record<string, string>;
}
