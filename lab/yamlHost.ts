import { mkdirSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { type GoProgram, madeProgram } from "./buildGo.ts";
import { repository } from "./paths.ts";
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
  const made = await madeProgram(program, signal);
  const bin = join(lab.stateDir, "pulumi", "bin");
  mkdirSync(bin, { recursive: true });
  const place = join(bin, program.name);
  rmSync(`${place}.new`, { force: true });
  symlinkSync(made, `${place}.new`);
  renameSync(`${place}.new`, place);
}
