import { isTree, set, type Tree } from "../config/tree.ts";

/** Values as the engine tells them in its events and writes them into its state. */

/** What marks a group as a special one, and what says that it is a secret: constants of Pulumi's wire format. */
const mark = "4dabf18193072939515e22adb298388d";
const secretMark = "1b47061264138c4ac30d75fd1eb44270";

/** What stands for a value that is known only after the `up`, by its kind: constants of Pulumi's wire format. */
const unknowns: ReadonlySet<unknown> = new Set([
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7", // a boolean
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421", // a number
  "04da6b54-80e4-46f7-96ec-b56ff0331ba9", // a text, and what Node's SDK does not know the kind of
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2", // a list
  "030794c1-ac77-496b-92df-f27374a8bd58", // an asset
  "e48ece36-62e2-4504-bad9-02848725956a", // an archive
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff", // a group
]);

/** Whether a value is a secret, whatever the engine has put in its place. */
export const isSecret = (value: unknown): boolean => isTree(value) && value[mark] === secretMark;

/** Whether a value is one that is known only after the `up`. */
export const isUnknown = (value: unknown): boolean => unknowns.has(value);

/** Whether a value is such a one, or one within it is. */
export function holds(is: (value: unknown) => boolean, value: unknown): boolean {
  if (is(value)) return true;
  if (Array.isArray(value)) return value.some((item) => holds(is, item));
  return isTree(value) && Object.values(value).some((inner) => holds(is, inner));
}

/** A value in which a text stands for every secret and every unknown, and each other text is what `text` makes of it. */
export function masked(value: unknown, text: (text: string) => string): unknown {
  if (isSecret(value)) return "[secret]";
  if (isUnknown(value)) return "[unknown]";
  if (typeof value === "string") return text(value);
  if (Array.isArray(value)) return value.map((item) => masked(item, text));
  if (!isTree(value)) return value;
  const tree: Tree = {};
  for (const [key, inner] of Object.entries(value)) set(tree, text(key), masked(inner, text));
  return tree;
}
