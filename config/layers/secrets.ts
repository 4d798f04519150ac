import * as v from "valibot";
import type { Problem } from "../problems.ts";
import { schemaAt } from "../schema/schema.ts";
import { type AnySchema, about, bare } from "../schema/setting.ts";
import { drop, isRemoval, isTree, put, type Tree } from "../tree.ts";

/** Stands where an encrypted value is that nobody may see, or that nobody can read. */
export const encryptedText = "[secret]";

/** The group of settings, or the setting, that is secret and in which a path lies. */
export function secretSetting(path: readonly string[]): string[] | undefined {
  for (let length = 1; length <= path.length; length++) {
    const schema = schemaAt(path.slice(0, length));
    if (schema && about(schema).secret) return path.slice(0, length);
  }
  return undefined;
}

/** Whether what stands at a path could be, or hold, a secret: no message shows it. */
export function maySecret(path: readonly string[]): boolean {
  const holds = (schema: AnySchema | undefined): boolean =>
    schema !== undefined && (about(schema).secret === true || Object.values(bare(schema).entries ?? {}).some(holds));
  return secretSetting(path) !== undefined || holds(schemaAt(path)) || path.includes("env");
}

/** Where settings are written, and what of it is encrypted there. */
export interface Writing {
  file: string;
  /** How keys begin: `vllm:base.` or `vllm:`. */
  prefix: string;
  tree: Tree;
  encrypted: (path: readonly string[]) => boolean;
}

/**
 * Takes the values of secret settings out and leaves in the place of each the key that it is written under. A secret
 * in plain text, and one of a wrong form, is a problem; its value is in none of the words. An environment variable
 * that is encrypted is a secret one, wherever it stands.
 */
export function liftSecrets({ file, prefix, tree, encrypted }: Writing): {
  tree: Tree;
  secrets: Record<string, string>;
  problems: Problem[];
} {
  const lifted = structuredClone(tree);
  const secrets: Record<string, string> = {};
  const problems: Problem[] = [];
  const visit = (group: Tree, path: readonly string[]) => {
    for (const [name, value] of Object.entries(group)) {
      const here = [...path, name];
      if (isRemoval(value)) continue;
      const place = secretSetting(here);
      if (!place) {
        if (isTree(value)) visit(value, here);
        else if (path.at(-2) === "engine" && path.at(-1) === "env" && encrypted(here)) {
          drop(lifted, here);
          const key = prefix + here.join(".");
          put(lifted, [...path.slice(0, -1), "secretEnv", name], key);
          secrets[key] = String(value);
        }
        continue;
      }
      const key = prefix + here.join(".");
      const report = (message: string) => problems.push({ key, layer: file, message });
      if (schemaAt(place)?.type === "record" && here.length === place.length) {
        if (isTree(value)) visit(value, here);
        else {
          drop(lifted, here);
          report("must be a group: names of variables, each with its secret");
        }
        continue;
      }
      put(lifted, here, key);
      const wrong = formProblem(place, here, value);
      if (wrong) report(wrong);
      else if (!encrypted(here)) report(plainSecret(prefix, here));
      else secrets[key] = String(value);
    }
  };
  visit(tree, []);
  return { tree: lifted, secrets, problems };
}

/** What is wrong with a secret's value, without the value. */
function formProblem(place: readonly string[], here: readonly string[], value: unknown): string | undefined {
  const schema = schemaAt(place) as unknown as v.GenericSchema;
  const [name] = here.slice(place.length);
  // What cannot be read has no form.
  if (value === encryptedText && name === undefined) return undefined;
  const result = v.safeParse(schema, name === undefined ? value : { [name]: value });
  const [issue] = result.issues ?? [];
  // The library's own words show the value.
  return issue && `is a secret that is not ${issue.message.startsWith("Invalid ") ? "text" : issue.message}`;
}

function plainSecret(prefix: string, path: readonly string[]): string {
  const base = prefix.endsWith("base.");
  const key = `vllm:${path.join(".")}`;
  return (
    `is a secret in plain text; ${base ? "it belongs, encrypted, into a stack's file: take it out and" : "encrypt it:"} ` +
    `pulumi config set --secret --path ${key} (and take another value: this one is in the file's history)`
  );
}
