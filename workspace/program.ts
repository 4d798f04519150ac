import { existsSync } from "node:fs";
import { cp, mkdir, rm, symlink } from "node:fs/promises";
import { join, resolve } from "node:path";
import { WorkspaceError } from "./problem.ts";

/** The folders of the program. */
export const rooms = ["program", "components", "planning", "config", "catalogue"];
/** What of a project the engine runs, and all that a staged copy takes along beside the files of its stacks. */
const parts = ["Pulumi.yaml", "package.json", "index.ts", ...rooms];

/**
 * Copies a program into a folder, in the place of one that is there; its packages by a link, the files of those stacks
 * where there are any. Nothing of the project is touched.
 * @param project the root of a checkout of this program
 * @throws WorkspaceError where it is none, or its packages are not installed
 */
export async function copyProgram(project: string, folder: string, stacks: readonly string[] = []): Promise<void> {
  for (const part of parts)
    if (!existsSync(join(project, part)))
      throw new WorkspaceError(`${project} is no checkout of this program: it has no ${part}`);
  const packages = resolve(project, "node_modules");
  if (!existsSync(packages)) throw new WorkspaceError(`${packages} does not exist: run \`npm ci\` in ${project}`);
  await mkdir(folder, { recursive: true });
  for (const part of parts) {
    await rm(join(folder, part), { recursive: true, force: true });
    await cp(join(project, part), join(folder, part), { recursive: true });
  }
  for (const file of stacks.map(stackFile))
    if (existsSync(join(project, file))) await cp(join(project, file), join(folder, file));
  if (!existsSync(join(folder, "node_modules"))) await symlink(packages, join(folder, "node_modules"));
}

/** Name of the file with a stack's settings; of an `organization/project/stack` the last part counts, as to Pulumi. */
export const stackFile = (stack: string): string => `Pulumi.${stack.split("/").at(-1)}.yaml`;
