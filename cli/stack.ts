import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Problem } from "../config/problems.ts";
import { resolveSettings, type Settings } from "../config/resolve.ts";
import { encryptedText, liftSecrets } from "../config/secrets.ts";
import { FileError, readProjectFile, readStackFile } from "../config/stackFile.ts";
import { at, drop, isTree, type Tree } from "../config/tree.ts";

/** The stacks that a project's folder has files of. */
export const stacksIn = (folder: string): string[] =>
  readdirSync(folder)
    .flatMap((name) => /^Pulumi\.(.+)\.yaml$/.exec(name)?.[1] ?? [])
    .sort();

/**
 * The settings of a stack from the files of its project, without Pulumi. What is encrypted stays so.
 * @throws FileError where a file is missing or no YAML
 */
export function settingsOf(folder: string, stack: string): Settings {
  const file = `Pulumi.${stack}.yaml`;
  if (!existsSync(join(folder, "Pulumi.yaml")))
    throw new FileError(`there is no Pulumi.yaml in ${folder}; run this in the project's folder`);
  if (!existsSync(join(folder, file)))
    throw new FileError(
      `there is no stack '${stack}': no file ${file}; there are: ${stacksIn(folder).join(", ") || "none"}`,
    );
  const read = (name: string) => readFileSync(join(folder, name), "utf8");
  const project = readProjectFile("Pulumi.yaml", read("Pulumi.yaml"));
  const { settings, encrypted, region } = readStackFile(file, read(file));
  const problems: Problem[] = [];

  const { base, ...own } = settings;
  if (base !== undefined)
    problems.push({
      key: "vllm:base",
      layer: file,
      message: "belongs into Pulumi.yaml, where all stacks share it; here it would replace the whole base",
    });
  if (!isTree(project.base))
    problems.push({ key: "vllm:base", layer: "Pulumi.yaml", message: "must be a group of settings under 'value:'" });
  const isEncrypted = (path: readonly string[]) =>
    encrypted.some((cipher) => cipher.every((key, depth) => key === path[depth]));
  const shared = liftSecrets({
    file: "Pulumi.yaml",
    prefix: "vllm:base.",
    tree: isTree(project.base) ? project.base : {},
    encrypted: () => false,
  });
  const lifted = liftSecrets({ file, prefix: "vllm:", tree: own, encrypted: isEncrypted });
  problems.push(...shared.problems, ...lifted.problems, ...unreadable(lifted.tree, encrypted, file));
  return resolveSettings({
    stack,
    region: region ?? project.region,
    base: { file: "Pulumi.yaml", prefix: "vllm:base.", tree: shared.tree },
    own: { file, prefix: "vllm:", tree: lifted.tree },
    problems,
  });
}

/** What is encrypted although the plan needs it; taken out of the tree. */
function unreadable(tree: Tree, encrypted: readonly string[][], file: string): Problem[] {
  return encrypted
    .filter((path) => at(tree, path) === encryptedText)
    .map((path) => {
      drop(tree, path);
      const key = `vllm:${path.join(".")}`;
      return {
        key,
        layer: file,
        message: `is encrypted, so that nothing can be said of it without Pulumi; it is no secret: pulumi config set --path ${key}`,
      };
    });
}
