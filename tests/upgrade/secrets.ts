import { createDecipheriv, pbkdf2Sync } from "node:crypto";
import { isTree } from "../../config/tree.ts";
import type { Recorded } from "./state.ts";

/** What the lab's Pulumi encrypts with, by `lab/project.ts`. */
export const passphrase = "lab";

/** The key under which Pulumi marks a value that is more than it seems, and the mark of a secret. */
const mark = "4dabf18193072939515e22adb298388d";
const secretMark = "1b47061264138c4ac30d75fd1eb44270";

/** A value with its secrets laid open, of an export that shows them. */
export function revealed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(revealed);
  if (!isTree(value)) return value;
  if (value[mark] === secretMark) return JSON.parse(String(value.plaintext));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, revealed(item)]));
}

/** The secrets in a state, as they are encrypted. */
function ciphertexts(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(ciphertexts);
  if (!isTree(value)) return [];
  if (value[mark] !== secretMark) return Object.values(value).flatMap(ciphertexts);
  if (typeof value.ciphertext !== "string") throw new Error("a secret is not encrypted");
  return [value.ciphertext];
}

const texts = (value: unknown): string[] => {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(texts) : [];
};

/**
 * The texts that are secret in a state, as Pulumi's passphrase provider has encrypted them.
 * @throws where a secret is not encrypted, or with another passphrase.
 */
export function secretTexts({ encryptionsalt, state }: Recorded): string[] {
  const [version, salt = ""] = encryptionsalt.split(":");
  if (version !== "v1") throw new Error(`the salt is of version ${version}`);
  const key = pbkdf2Sync(passphrase, Buffer.from(salt, "base64"), 1_000_000, 32, "sha256");
  return ciphertexts(state).flatMap((ciphertext) => {
    const [, nonce = "", sealed = ""] = ciphertext.split(":");
    const bytes = Buffer.from(sealed, "base64");
    const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(nonce, "base64"));
    decipher.setAuthTag(bytes.subarray(-16));
    const plain = decipher.update(bytes.subarray(0, -16), undefined, "utf8") + decipher.final("utf8");
    return texts(JSON.parse(plain));
  });
}

/** The secrets that stand in plain text too, or in a form that anyone can read. A short one stands anywhere by chance. */
export function exposed(recorded: Recorded): string[] {
  const text = JSON.stringify(recorded);
  const forms = (secret: string) => [
    secret,
    ...(["base64", "hex"] as const).map((as) => Buffer.from(secret).toString(as)),
  ];
  return secretTexts(recorded).filter(
    (secret) => secret.length >= 8 && forms(secret).some((form) => text.includes(form)),
  );
}
