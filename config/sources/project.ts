import * as v from "valibot";
import { resolveSettings, type Settings } from "../layers/resolve.ts";
import { encryptedText, liftSecrets, maySecret } from "../layers/secrets.ts";
import type { Problem } from "../problems.ts";
import { schemaAt } from "../schema/schema.ts";
import { at, drop, isTree, type Tree } from "../tree.ts";

/** The settings' namespace, whatever the project is called. */
export const namespace = "vllm";

/** What stands in a project's files for one stack. */
export interface Files {
  stack: string;
  /** `aws:region`. */
  region?: string;
  /** `vllm:base`, whatever it is. */
  base: unknown;
  /** The stack's own keys. */
  own: Tree;
  encrypted: (path: readonly string[]) => boolean;
  /** Paths of what is encrypted and cannot be read here. */
  unreadable?: readonly string[][];
  /** Keys of the project's own namespace, which nothing reads. */
  foreign: readonly string[];
  /** Whether `vllm:base` stands in the stack's file. */
  misplacedBase: boolean;
}

/** The settings of a stack, with everything that is wrong with them, and the secrets that were lifted out. */
export function settingsFrom(files: Files): { settings: Settings; secrets: Record<string, string> } {
  const { stack, region, base, own, encrypted, unreadable = [], foreign, misplacedBase } = files;
  const file = `Pulumi.${stack}.yaml`;
  const problems: Problem[] = foreign.map((key) => ({
    key,
    layer: file,
    message: `has no effect; settings are read from '${namespace}:${key.split(":")[1]}'`,
  }));
  if (misplacedBase)
    problems.push({
      key: `${namespace}:base`,
      layer: file,
      message: "belongs into Pulumi.yaml, where all stacks share it; here it would replace the whole base",
    });
  if (!isTree(base))
    problems.push({
      key: `${namespace}:base`,
      layer: "Pulumi.yaml",
      message: "must be a group of settings under 'value:'",
    });

  const shared = { file: "Pulumi.yaml", prefix: `${namespace}:base.` };
  const ofStack = { file, prefix: `${namespace}:` };
  const fromBase = liftSecrets({ ...shared, tree: isTree(base) ? base : {}, encrypted: () => false });
  const fromStack = liftSecrets({ ...ofStack, tree: own, encrypted });
  for (const path of unreadable) {
    if (at(fromStack.tree, path) !== encryptedText || isText(path)) continue;
    drop(fromStack.tree, path);
    const key = `${namespace}:${path.join(".")}`;
    const advice = maySecret(path)
      ? "encrypt what is secret in it by itself, such as vllm:apiKey.value"
      : `it is no secret: pulumi config set --path ${key}`;
    problems.push({ key, layer: file, message: `is encrypted, and its value is needed here; ${advice}` });
  }
  const settings = resolveSettings({
    stack,
    region,
    base: { ...shared, tree: fromBase.tree },
    own: { ...ofStack, tree: fromStack.tree, hidden: encrypted },
    problems: [...problems, ...fromBase.problems, ...fromStack.problems],
  });
  return { settings, secrets: fromStack.secrets };
}

/** Whether any text will do for what stands at a path, so that the plan is the same whatever it is. */
function isText(path: readonly string[]): boolean {
  const schema = schemaAt(path);
  return path.at(-1) !== "product" && v.is(schema as unknown as v.GenericSchema, encryptedText);
}
