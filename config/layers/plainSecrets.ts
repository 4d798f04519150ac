import type { Finding } from "../problems.ts";
import { schemaAt } from "../schema/schema.ts";
import { isFree } from "../schema/setting.ts";
import { holdsSecret, looksSecret } from "../secretForms.ts";
import { isRemoval, isTree, type Tree } from "../tree.ts";
import { moveTo, takeOut } from "./advice.ts";
import { isEncrypted, secretNamesBeside, secretSetting } from "./secrets.ts";
import type { Source } from "./source.ts";

/** A secret, by its form, where none belongs: in a name, or in what stands there. */
interface Misplaced {
  path: readonly string[];
  /** The setting, or the entry of a map, that it is in. */
  within: readonly string[];
  isName: boolean;
}

/** All of them in what is left of a source without its secret settings. What is in a name is not looked through. */
function misplacedIn(tree: Tree, path: readonly string[]): Misplaced[] {
  return Object.entries(tree).flatMap(([key, value]): Misplaced[] => {
    const here = [...path, key];
    if (looksSecret(key)) return [{ path: here, within: here, isName: true }];
    if (isRemoval(value)) return [];
    const schema = schemaAt(here);
    const isValue = schema !== undefined && !schema.members && schema.type !== "record";
    if (isTree(value) && !isValue) return misplacedIn(value, here);
    // In the place of a secret stands its key.
    if (secretSetting(here)) return [];
    const items = Array.isArray(value) && !isFree(schema) ? [...value.entries()] : [["", value] as const];
    return items.flatMap(([at, item]) => {
      if (!holdsSecret(item)) return [];
      return { path: at === "" ? here : [...here, String(at)], within: here, isName: false };
    });
  });
}

/** Says of each secret that stands, by its form, where none belongs that it does, and what to do. */
export const plainSecrets = (source: Source, tree: Tree): (Misplaced & { finding: Finding })[] =>
  misplacedIn(tree, []).map((misplaced) => {
    const reason = misplaced.isName
      ? `is a secret, by its form, in the place of a name; ${out(source, misplaced.path)}`
      : reasonAt(source, misplaced.path);
    return { ...misplaced, finding: { kind: "secret", reason } };
  });

const out = (source: Source, path: readonly string[]) => takeOut(source, !isEncrypted(source, path));

function reasonAt(source: Source, path: readonly string[]): string {
  const [, setting, group] = path.toReversed();
  if (group === "engine" && setting === "args")
    return `holds a secret, by its form, and everyone who may see the pod sees its command line; ${out(source, path)}`;
  if (isEncrypted(source, path)) return "holds a secret, by its form, and is shown where it is deployed; take it out";
  const secret = secretBeside(path);
  const advice = secret ? moveTo(source, secret) : out(source, path);
  return `${secret ? "is" : "holds"} a secret in plain text, by its form; ${advice}`;
}

/** Where a secret belongs that stands at a path: the secret setting, or the variable, beside it. */
function secretBeside(path: readonly string[]): string[] | undefined {
  const [group, name = ""] = [path.slice(0, -1), path.at(-1)];
  const names = secretNamesBeside(group);
  if (names) return [...names, name];
  for (const place of [path, group])
    for (const [key, { about, type }] of Object.entries(schemaAt(place)?.members ?? {}))
      if (about?.secret && type !== "record") return [...place, key];
  return undefined;
}
