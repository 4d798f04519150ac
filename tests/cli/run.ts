import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { type Finished, run } from "../../lab/command.ts";
import { repository } from "../../lab/paths.ts";

/** Runs a command of `cli/` by itself, as npm does. */
export const cli = (name: string, ...args: string[]): Promise<Finished> =>
  run(process.execPath, [join(repository, "cli", `${name}.ts`), ...args], {
    cwd: repository,
    signal: AbortSignal.timeout(60_000),
  });

/** A folder with a project's settings files: the repository's, or those given. It goes with the test file. */
export function projectOf(files?: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), "cli-"));
  after(() => rmSync(folder, { recursive: true }));
  if (!files)
    for (const name of ["Pulumi.yaml", ...["dev", "test", "staging", "prod"].map((stack) => `Pulumi.${stack}.yaml`)])
      cpSync(join(repository, name), join(folder, name));
  for (const [name, text] of Object.entries(files ?? {})) writeFileSync(join(folder, name), text);
  symlinkSync(join(repository, "node_modules"), join(folder, "node_modules"));
  return folder;
}

/** The files of a folder with their texts, by their names; folders and links to such are none. */
export const contents = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder)
      .filter((name) => statSync(join(folder, name)).isFile())
      .sort()
      .map((name) => [name, readFileSync(join(folder, name), "utf8")]),
  );
