import { encryptedText, holdsSecret, redacted } from "../../config/secretForms.ts";
import { isTree, type Tree } from "../../config/tree.ts";
import type { Repeated, ValuesFile } from "./values.ts";

/**
 * Values as an import reads them: a secret by its form is `[secret]` from the start, because what is cut, joined or
 * written in another case would not be known for one any more.
 */
export const concealedValues = ({ tree, repeated, ...file }: ValuesFile): ValuesFile => ({
  ...file,
  tree: told(tree) as Tree,
  ...(repeated ? { repeated: told(repeated) as Repeated[] } : {}),
});

function told(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(told);
  if (isTree(value))
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [redacted(key), told(inner)]));
  return typeof value === "string" ? redacted(value) : value;
}

/** Whether a value of these is a secret, or holds one: what was one by its form, and what is one by its name. */
export const isSecret = (value: unknown, name = ""): boolean =>
  holdsSecret(value, name) || (JSON.stringify(value) ?? "").includes(encryptedText);
