import { namespace } from "../../config/sources/keys.ts";
import { readYaml } from "../../config/sources/yaml.ts";
import { isTree } from "../../config/tree.ts";
import type { Cipher } from "./settings.ts";

/**
 * What is encrypted in the file of a stack, by the key that it is written under. Two values of one secret are never
 * encrypted alike, and nor is one value twice.
 * @throws FileError where it is no YAML
 */
export function ciphersIn(file: string, text: string): Map<string, Cipher> {
  const { config } = readYaml(file, text).tree;
  const found = new Map<string, Cipher>();
  for (const [key, value] of Object.entries(isTree(config) ? config : {}))
    if (key.startsWith(`${namespace}:`)) collect(value, [key.slice(namespace.length + 1)], found);
  return found;
}

function collect(value: unknown, path: readonly string[], found: Map<string, Cipher>): void {
  if (Array.isArray(value)) {
    const inner = new Map<string, Cipher>();
    for (const [index, item] of value.entries()) collect(item, [String(index)], inner);
    // A list is one setting.
    const text = [...inner.values()].map((cipher) => cipher.text).join(" ");
    if (text !== "") found.set(keyOf(path), { path, text });
    return;
  }
  if (!isTree(value)) return;
  if (Object.keys(value).length === 1 && typeof value.secure === "string")
    found.set(keyOf(path), { path, text: value.secure });
  else for (const [key, inner] of Object.entries(value)) collect(inner, [...path, key], found);
}

const keyOf = (path: readonly string[]) => `${namespace}:${path.join(".")}`;
