import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { isTree, type Tree } from "../../config/tree.ts";
import type { RenderedObject } from "../../render/objects.ts";

/** An object of a render, whichever version of the program made it. */
export type Rendered = Omit<RenderedObject, "placeholders">;

/**
 * Reads the objects that `npm run render -- --out` wrote to a folder, of another version of this program too: its files
 * are what it says of them in docs/render.md.
 */
export function readObjects(folder: string): Rendered[] {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".yaml"));
  return files
    .sort()
    .map((file) => objectOf(file, parse(readFileSync(join(folder, file), "utf8"), { version: "1.1" })));
}

function objectOf(file: string, document: unknown): Rendered {
  if (!isTree(document)) throw new Error(`${file} holds no object`);
  const { apiVersion, kind, type, name, properties, options } = document;
  if (typeof apiVersion === "string" && typeof kind === "string") {
    const group = apiVersion.includes("/") ? apiVersion : `core/${apiVersion}`;
    const ownName = file.slice(file.indexOf("/") + 1, -".yaml".length);
    return { type: `kubernetes:${group}:${kind}`, name: ownName, properties: document, ...unguarded };
  }
  if (typeof type !== "string" || typeof name !== "string" || !isTree(properties))
    throw new Error(`${file} is no object of a render`);
  const { protect, retainOnDelete }: Tree = isTree(options) ? options : {};
  return { type, name, properties, protect: protect === true, retainOnDelete: retainOnDelete === true };
}

/** No object of Kubernetes has a guard, or a render's file of it says none. */
const unguarded = { protect: false, retainOnDelete: false };
