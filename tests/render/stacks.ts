import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import type { Resolved } from "../../config/settings.ts";
import { put, type Tree } from "../../config/tree.ts";
import { settingsOf } from "../../render/settings.ts";
import { projectOf } from "../cli/run.ts";
import { root, stacks } from "../config/settings.ts";

/** The stacks that are rendered: the repository's four, and one with every setting on. */

const read = (file: string) => readFileSync(join(root, file), "utf8");

/** The file of the stack `all`. */
export const everything = read("tests/render/everything.yaml");

export const allStacks = [...stacks, "all"] as const;

/**
 * A folder with the project's files, in which the model of the four stacks has a revision, and with those of `all`.
 * @param namespace of all of them, where it is not what they say
 */
export function publishedProject(namespace?: string): string {
  const text = (file: Tree) => {
    if (namespace) put(file, ["config", "vllm:namespace", "name"], namespace);
    return stringify(file);
  };
  const project = parse(read("Pulumi.yaml")) as Tree;
  put(project, ["config", "vllm:base", "value", "models", "chat", "revision"], "v1");
  const own = stacks.map((stack) => [`Pulumi.${stack}.yaml`, text(parse(read(`Pulumi.${stack}.yaml`)))]);
  const all = text(parse(everything));
  return projectOf({ "Pulumi.yaml": stringify(project), ...Object.fromEntries(own), "Pulumi.all.yaml": all });
}

/** The settings of a stack that serves. */
export const publishedSettings = (stack: string, folder = publishedProject()): Resolved => settingsOf(folder, stack);
