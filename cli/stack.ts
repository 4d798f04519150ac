import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { alteredIn } from "../config/layers/source.ts";
import { type Resolved, resolveSettings } from "../config/settings.ts";
import { writtenIn } from "../config/sources/project.ts";
import { type ProjectFile, readProjectFile, readStackFile } from "../config/sources/stackFile.ts";
import { decode, FileError } from "../config/sources/yaml.ts";
import { inKeyOrder, type Tree } from "../config/tree.ts";

/** The stacks that a project's folder has files of. */
const stacksIn = (folder: string): string[] =>
  (existsSync(folder) ? readdirSync(folder) : [])
    // A link may lead nowhere.
    .filter((name) => existsSync(join(folder, name)))
    .flatMap((name) => /^Pulumi\.(.+)\.yaml$/.exec(name)?.[1] ?? [])
    .sort();

function read(folder: string, name: string): string {
  try {
    return decode(name, readFileSync(join(folder, name)));
  } catch (error) {
    if (error instanceof FileError) throw error;
    throw new FileError(`${name} cannot be read: ${(error as NodeJS.ErrnoException).code}`, name);
  }
}

/**
 * What the `Pulumi.yaml` of a folder says.
 * @throws FileError where it is missing or no YAML
 */
export function projectFileOf(folder: string): ProjectFile {
  if (!existsSync(join(folder, "Pulumi.yaml")))
    throw new FileError(`there is no Pulumi.yaml in ${folder}; run this in the project's folder`, "Pulumi.yaml");
  return readProjectFile("Pulumi.yaml", read(folder, "Pulumi.yaml"));
}

/**
 * The settings of a stack from the files of its project, without Pulumi. What is encrypted stays so.
 * @throws FileError where a file is missing or no YAML
 */
export function settingsOf(folder: string, name: string): Resolved {
  // The file of a stack has the last part of `organisation/project/stack` in its name.
  const stack = name.split("/").pop() ?? name;
  const file = `Pulumi.${stack}.yaml`;
  const shared = projectFileOf(folder);
  const stacks = join(folder, shared.stackFolder);
  if (!existsSync(join(stacks, file)))
    throw new FileError(
      `there is no stack '${stack}': no file ${join(shared.stackFolder, file)}; there are: ${stacksIn(stacks).join(", ") || "none"}`,
      file,
    );
  const own = readStackFile(file, read(stacks, file), shared.project);
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
