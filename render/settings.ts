import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { alteredIn } from "../config/layers/source.ts";
import { type Resolved, resolveSettings } from "../config/settings.ts";
import { writtenIn } from "../config/sources/project.ts";
import { type ProjectFile, readProjectFile, readStackFile } from "../config/sources/stackFile.ts";
import { decode, FileError } from "../config/sources/yaml.ts";
import { inKeyOrder, type Tree } from "../config/tree.ts";

/** The stacks that a folder has files of. */
const stacksIn = (folder: string): string[] =>
  (existsSync(folder) ? readdirSync(folder) : [])
    // A link may lead nowhere.
    .filter((name) => existsSync(join(folder, name)))
    .flatMap((name) => /^Pulumi\.(.+)\.yaml$/.exec(name)?.[1] ?? [])
    .sort();

function textOf(folder: string, name: string): string {
  try {
    return decode(name, readFileSync(join(folder, name)));
  } catch (error) {
    if (error instanceof FileError) throw error;
    throw new FileError(`${name} cannot be read: ${(error as NodeJS.ErrnoException).code}`, name);
  }
}

/** @throws FileError where there is none in that folder, or it is no YAML */
export function projectIn(folder: string): ProjectFile {
  if (!existsSync(join(folder, "Pulumi.yaml")))
    throw new FileError(`there is no Pulumi.yaml in ${folder}; run this in the project's folder`, "Pulumi.yaml");
  return readProjectFile("Pulumi.yaml", textOf(folder, "Pulumi.yaml"));
}

/**
 * The stacks that a project has files of, by name.
 * @throws FileError where it has no `Pulumi.yaml`, or that is no YAML
 */
export const stacksOf = (folder: string): string[] => stacksIn(join(folder, projectIn(folder).stackFolder));

/** The name of a stack as its file has it: the last part of `organisation/project/stack`. */
export const shortName = (stack: string): string => stack.split("/").pop() ?? stack;

/**
 * What the file of a stack says, before it is checked.
 * @throws FileError where it is missing or no YAML
 */
export function stackTextOf(folder: string, stack: string): { file: string; text: string } {
  const { stackFolder } = projectIn(folder);
  const file = `Pulumi.${shortName(stack)}.yaml`;
  const stacks = join(folder, stackFolder);
  if (!existsSync(join(stacks, file)))
    throw new FileError(
      `there is no stack '${shortName(stack)}': no file ${join(stackFolder, file)}; there are: ${stacksIn(stacks).join(", ") || "none"}`,
      file,
    );
  return { file, text: textOf(stacks, file) };
}

/**
 * The settings of a stack from the files of its project, without Pulumi. What is encrypted stays so.
 * @throws FileError where a file is missing or no YAML
 */
export function settingsOf(folder: string, name: string): Resolved {
  const stack = shortName(name);
  const shared = projectIn(folder);
  const { file, text } = stackTextOf(folder, stack);
  const own = readStackFile(file, text, shared.project);
  const region = own.region ?? shared.region;
  const written = writtenIn({
    stack,
    ...(region === undefined ? {} : { region }),
    // As Pulumi hands groups over; what is made of one as a list, such as the variables of a container, has this order.
    base: inKeyOrder(shared.settings.base ?? {}),
    own: inKeyOrder(own.settings) as Tree,
    encrypted: own.encrypted,
    unreadable: true,
    altered: { base: alteredIn(shared.altered, "base"), own: own.altered },
    problems: [...shared.problems, ...own.problems],
  });
  return resolveSettings(written);
}
