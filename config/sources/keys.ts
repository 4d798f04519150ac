import { nearest, type Problem } from "../problems.ts";
import { layerSchema } from "../schema/schema.ts";
import { redacted } from "../secretForms.ts";

/** The settings' namespace, whatever the project is called. */
export const namespace = "vllm";

/** Namespaces that something else reads: the AWS provider that Pulumi makes by itself, and Pulumi. */
const others: readonly string[] = ["aws", "pulumi"];

/** What Pulumi itself has beside `config` in a stack's file. */
const besideConfig: readonly string[] = ["config", "environment", "secretsprovider", "encryptedkey", "encryptionsalt"];

/** A key of `config` by its parts. */
export interface Key {
  space: string;
  name: string;
}

/** The parts of a key as Pulumi takes it: one without a namespace is in the project's own. */
export function parseKey(key: string, project: string): Key | undefined {
  const [space = "", middle, name, ...more] = key.split(":");
  if (middle === undefined) return { space: project, name: space };
  if (name === undefined) return { space, name: middle };
  return middle === "config" && more.length === 0 ? { space, name } : undefined;
}

/** A name's path. A secret that is taken apart at its dots would be known for none. */
const pathOf = (name: string): string[] => redacted(name).split(".");

/** The files of a project that hold settings. */
type FileKind = "project" | "stack";

/** What is wrong with a key of `config`; undefined where it is a setting's, or something else reads it. */
export function keyProblem(file: string, kind: FileKind, key: string, project: string): Problem | undefined {
  const { space, name } = parseKey(key, project) ?? {};
  const misplaced = (reason: string, meant?: string): Problem => {
    const path = pathOf(name ?? key);
    return { path, key, layer: file, kind: "misplaced", reason, ...(meant ? { meant } : {}) };
  };
  if (space === undefined || name === undefined)
    return misplaced(`is no key that Pulumi takes; a setting's is written '${namespace}:' and its name`);
  const setting = `${namespace}:${name}`;
  if (space !== namespace) {
    if (others.includes(space)) return undefined;
    // What stood indented below another key has no namespace, and is no setting by itself.
    if (space === project && !key.includes(":") && !Object.hasOwn(layerSchema.members, name))
      return misplaced(
        "has no effect: it is no setting by itself; indent it below the key that it belongs to, or remove it",
      );
    if (space === project || nearest(space, [namespace]))
      return misplaced(`has no effect; settings are read from '${setting}'`, setting);
    if (space === "kubernetes")
      return misplaced(`has no effect: the cluster is that of ${namespace}:cluster; remove it`);
    return misplaced(`has no effect: nothing here reads the namespace '${space}'; remove it`);
  }
  if (key.split(":").length === 3) return misplaced(`is an old way to write '${setting}'; write that`, setting);
  if (kind === "project" && name !== "base")
    return misplaced(
      `stands beside what all stacks share; write it as '${name}' under ${namespace}:base.value`,
      `${namespace}:base.${name}`,
    );
  if (kind === "stack" && name === "base")
    return misplaced("belongs into Pulumi.yaml, where all stacks share it; here it would replace the whole base");
  const [first = ""] = name.split(/[.[]/);
  if (first !== name && Object.hasOwn(layerSchema.members, first))
    return misplaced(
      `is one name, with dots in it; with --path it is a setting: pulumi config set --path '${setting}'`,
    );
  return undefined;
}

/** What is wrong with a key outside of `config`, where Pulumi reads no settings. */
export function outsideProblem(file: string, kind: FileKind, key: string): Problem | undefined {
  const name = key.startsWith(`${namespace}:`) ? key.slice(namespace.length + 1) : key;
  const isSetting = key !== name || Object.hasOwn(layerSchema.members, name);
  const meant = nearest(key, ["config"]);
  // Pulumi.yaml has much beside it, and other versions of Pulumi have more.
  if (kind === "stack" ? besideConfig.includes(key) : key === "config" || !(isSetting || meant)) return undefined;
  const reason = meant
    ? "and what stands in it have no effect; did you mean 'config'?"
    : "stands outside of 'config:' and has no effect; indent it below that, or remove it";
  return { path: pathOf(name), key, layer: file, kind: "misplaced", reason, ...(meant ? { meant } : {}) };
}
