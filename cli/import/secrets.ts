import { isSecretPair, looksSecret } from "../../config/secretNames.ts";
import { isTree } from "../../config/tree.ts";

/** Whether a value is a secret, or holds one: by its name, by the names in it, or by the form of a text in it. */
export function holdsSecret(value: unknown, name = ""): boolean {
  if (Array.isArray(value)) return value.some((entry) => holdsSecret(entry, name));
  if (isTree(value)) return Object.entries(value).some(([key, inner]) => looksSecret(key) || holdsSecret(inner, key));
  if (typeof value !== "string" && typeof value !== "number") return false;
  return value !== "" && (isSecretPair(name, String(value)) || looksSecret(String(value)));
}

/** Text with `[secret]` for each word that has the form of a secret; nothing else where several words make one. */
export function withoutSecrets(text: string): string {
  const rest = text.replace(/\b(bearer|basic)\s+\S+|\S+/gi, (word) => (looksSecret(word) ? "[secret]" : word));
  return looksSecret(rest) ? "[secret]" : rest;
}
