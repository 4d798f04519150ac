import { createHash } from "node:crypto";
import { encryptedText } from "../config/problems.ts";
import { inKeyOrder } from "../config/tree.ts";
import type { Placeholder, PlaceholderKind } from "./objects.ts";

/** Stands in every ARN where the number of the account is, which is known only with credentials. */
export const account = "000000000000";

/** Stands for every secret. */
export const secret = encryptedText;

/** Stands for a secret that differs from the one that `secret` stands for; long enough for any secret's form. */
export const otherSecret = `${secret}[changed]`;

/** Stands for a secret that is another one whenever these inputs are others. */
export const secretOf = (inputs: object): string =>
  `${secret}[${createHash("sha256")
    .update(JSON.stringify(inKeyOrder(inputs)))
    .digest("hex")
    .slice(0, 8)}]`;

/** Where an object has placeholders: secrets, ARNs of the unknown account, and the automatic names of its stack. */
export function placeholdersIn(properties: object, automaticNames: ReadonlySet<string>): Placeholder[] {
  const names = [...automaticNames];
  const is: Readonly<Record<PlaceholderKind, (text: string) => boolean>> = {
    secret: (text) => text.includes(secret),
    account: (text) => text.includes(`:${account}:`),
    name: (text) => names.some((name) => text.includes(name)),
  };
  const found: Placeholder[] = [];
  const visit = (value: unknown, path: string): void => {
    if (typeof value === "string") {
      const kinds = (Object.keys(is) as PlaceholderKind[]).filter((kind) => is[kind](value));
      if (kinds.length > 0) found.push({ path, kinds });
    } else if (Array.isArray(value)) for (const [at, item] of value.entries()) visit(item, `${path}[${at}]`);
    else if (typeof value === "object" && value !== null)
      for (const [key, item] of Object.entries(value)) visit(item, below(path, key));
  };
  visit(properties, "");
  return found;
}

function below(path: string, key: string): string {
  if (!/^[\w-]+$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === "" ? key : `${path}.${key}`;
}
