import { mkdirSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { type GoProgram, goTool } from "./buildGo.ts";
import { checkRoom, ensure, exists, folderOf } from "./buildStore.ts";
import { cacheDir, repository } from "./paths.ts";
import type { Lab } from "./state.ts";

const program: GoProgram = {
  name: "pulumi-language-yaml",
  title: "building the host of Pulumi YAML",
  about: "1 min",
  module: join(repository, "lab/go/yaml"),
  target: "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml",
  room: { modules: 1, compiled: 1.3, temporary: 0.3 },
};

/** Puts the host of programs that are written as YAML where the lab's engine finds it, and makes it where it is missing. */
export async function installYamlHost(lab: Lab, signal: AbortSignal): Promise<void> {
  const tool = await goTool(program, signal);
  if (!(await exists(folderOf(cacheDir, tool)))) await checkRoom(await tool.needs(cacheDir));
  await ensure(cacheDir, tool, signal, (line) => console.error(line));
  const bin = join(lab.stateDir, "pulumi", "bin");
  mkdirSync(bin, { recursive: true });
  const place = join(bin, program.name);
  rmSync(`${place}.new`, { force: true });
  symlinkSync(join(folderOf(cacheDir, tool), program.name), `${place}.new`);
  renameSync(`${place}.new`, place);
}
