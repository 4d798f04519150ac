import { type Document, isMap, isScalar } from "yaml";
import { merge } from "../../config/layers/merge.ts";
import { isSecretAt, mayHoldSecret } from "../../config/layers/secrets.ts";
import { survivesImport } from "../../config/schema/schema.ts";
import { stackEntries } from "../../config/schema/stackEntries.ts";
import { encryptedText, holdsSecret } from "../../config/secretForms.ts";
import { at, isTree, put, type Tree } from "../../config/tree.ts";
import { shown } from "../table.ts";
import { settingKey } from "./book.ts";
import { groupAt, parse, print, refuseAliases } from "./document.ts";
import type { Imported } from "./import.ts";
import { ImportError, kindOf } from "./values.ts";

/** A file of the project as an import makes it. */
export interface ProjectFile {
  name: string;
  text: string;
  /** Whether that is another text than the file has, or there is no file. */
  changed: boolean;
  /** What the file says otherwise: key, and what is there and what comes. */
  conflicts: { key: string; from: string; to: string }[];
  /** Settings that the import has not, and that stay: a person's own. */
  kept: string[];
}

/** Settings of a stack that values never have: what a file has of these stays. */
const ofStackAlone = (key: string): boolean => Object.hasOwn(stackEntries, key) && survivesImport([key]);

/** `Pulumi.yaml` with the base of an import. Comments and other keys stay. */
export function projectFile(name: string, text: string, { base }: Imported): ProjectFile {
  const document = parse(name, text);
  refuseStray(name, groupAt(name, document, ["config"])["vllm:base"]);
  const there = groupAt(name, document, ["config", "vllm:base", "value"]);
  return edit(
    {
      name,
      text,
      document,
      path: (key) => ["config", "vllm:base", "value", key],
      prefix: "vllm:base.",
      models: modelsIn(base),
    },
    there,
    base,
  );
}

/** What stands at `vllm:base` beside or instead of its `value` would be lost, or have no effect. */
function refuseStray(name: string, base: unknown) {
  if (base === undefined || base === null) return;
  const stray = isTree(base) ? Object.keys(base).filter((key) => key !== "value") : [kindOf(base)];
  if (stray.length > 0)
    throw new ImportError(
      `${name}: 'vllm:base' ${isTree(base) ? "holds" : "is"} ${stray.join(", ")}; what all stacks share belongs under 'value:' in it. Move it there, then repeat the command. Nothing was written`,
    );
}

/** The first line of a stack's file, by which editors know its settings. */
export const modeline = "# yaml-language-server: $schema=./schema.json\n";

/** `Pulumi.<stack>.yaml` with the stack's own part of an import. */
export function stackFile(name: string, text: string | undefined, { base, stack }: Imported): ProjectFile {
  const before = text ?? `${modeline}config: {}\n`;
  const document = parse(name, before);
  const config = groupAt(name, document, ["config"]);
  const own = Object.entries(config).flatMap(([key, value]) =>
    key.startsWith("vllm:") ? [[key.slice(5), value]] : [],
  );
  const file = edit(
    {
      name,
      text: before,
      document,
      path: (key) => ["config", `vllm:${key}`],
      prefix: "vllm:",
      models: modelsIn(merge(base, stack)),
    },
    Object.fromEntries(own),
    stack,
  );
  return { ...file, changed: file.changed || text === undefined };
}

const modelsIn = ({ models }: Tree): string[] => (isTree(models) ? Object.keys(models) : []);

interface Editing {
  name: string;
  text: string;
  document: Document;
  /** Where a top-level setting stands. */
  path: (key: string) => string[];
  prefix: string;
  /** The models that the import has; another's settings do not stay. */
  models: readonly string[];
}

function edit({ name, text, document, path, prefix, models }: Editing, there: Tree, imported: Tree): ProjectFile {
  const wanted = structuredClone(imported);
  for (const key of Object.keys(there).filter(ofStackAlone)) put(wanted, [key], there[key]);
  const mine = structuredClone(there);
  const kept: string[] = [];
  for (const leaf of leafPaths(there)) {
    const [top = "", model = ""] = leaf;
    const ofModel = top === "models" && models.includes(model) ? leaf.slice(2) : leaf;
    if (!ofStackAlone(top)) {
      if (!survivesImport(ofModel) || at(imported, leaf) !== undefined) continue;
      put(wanted, leaf, at(there, leaf));
      kept.push(`${prefix}${settingKey(leaf)} (${name})`);
    }
    remove(mine, leaf);
  }
  const conflicts = Object.keys(mine).length === 0 ? [] : changes(there, wanted, prefix);
  let changed = false;
  for (const key of new Set([...Object.keys(there), ...Object.keys(wanted)])) {
    if (same(own(there, key), own(wanted, key)) && Object.hasOwn(there, key) === Object.hasOwn(wanted, key)) continue;
    if (!changed) refuseAliases(name, document);
    changed = true;
    write(document, path(key), own(there, key), own(wanted, key));
  }
  return { name, text: changed ? print(document, text) : text, changed, conflicts, kept };
}

/** What a file itself says of a key, also of one such as `constructor`. */
const own = (tree: Tree, key: string): unknown => (Object.hasOwn(tree, key) ? tree[key] : undefined);

/** Writes what differs below a path, so that comments beside it stay. */
export function write(document: Document, path: string[], from: unknown, to: unknown): void {
  if (to === undefined) document.deleteIn(path);
  else if (isTree(from) && isTree(to)) {
    for (const key of new Set([...Object.keys(from), ...Object.keys(to)]))
      if (!same(own(from, key), own(to, key)) || !Object.hasOwn(from, key))
        write(document, [...path, key], own(from, key), own(to, key));
  } else {
    for (let length = 1; length < path.length; length++) {
      const node = document.getIn(path.slice(0, length), true);
      if (!isMap(node)) document.setIn(path.slice(0, length), document.createNode({}));
      else if (node.items.length === 0) node.flow = false;
    }
    const node = document.getIn(path, true);
    // In its own node a scalar keeps the comment beside it.
    if (isScalar(node) && typeof to !== "object") {
      node.value = to;
      node.type = undefined;
    } else document.setIn(path, document.createNode(to));
  }
}

/** What would be another value: each setting with what is there and what comes. */
function changes(from: unknown, to: unknown, prefix: string, path: readonly string[] = []): ProjectFile["conflicts"] {
  if (same(from, to)) return [];
  if (isTree(from) && (isTree(to) || (to === undefined && Object.keys(from).length > 0)))
    return [...new Set([...Object.keys(from), ...Object.keys(to ?? {})])].flatMap((name) =>
      changes(own(from, name), isTree(to) ? own(to, name) : undefined, prefix, [...path, name]),
    );
  const words = (value: unknown) => {
    if (value === undefined) return "nothing";
    const isSecret = isSecretAt(path) || holdsSecret(value, path.at(-1)) || mayHoldSecret(value);
    return isSecret ? encryptedText : shown(value);
  };
  return [{ key: prefix + path.join("."), from: words(from), to: words(to) }];
}

/** Whether two settings say the same; `"3"` and `3` do. */
function same(one: unknown, other: unknown): boolean {
  if (isTree(one) && isTree(other)) {
    const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
    return [...keys].every((key) => Object.hasOwn(one, key) && Object.hasOwn(other, key) && same(one[key], other[key]));
  }
  if (typeof one === "object" || typeof other === "object" || one === undefined || other === undefined)
    return JSON.stringify(one) === JSON.stringify(other);
  return String(one) === String(other);
}

function leafPaths(tree: Tree, path: string[] = []): string[][] {
  return Object.entries(tree).flatMap(([key, value]) => {
    const here = [...path, key];
    return isTree(value) && Object.keys(value).length > 0 ? leafPaths(value, here) : [here];
  });
}

/** Takes a leaf out, and the groups that are empty without it. */
function remove(tree: Tree, [key, ...rest]: readonly string[]): void {
  if (key === undefined || !Object.hasOwn(tree, key)) return;
  const inner = tree[key];
  if (rest.length > 0 && isTree(inner)) remove(inner, rest);
  if (rest.length === 0 || (isTree(inner) && Object.keys(inner).length === 0)) delete tree[key];
}
