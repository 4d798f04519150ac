import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Problem } from "../config/problems.ts";
import { readProjectFile } from "../config/sources/stackFile.ts";
import { decode, FileError } from "../config/sources/yaml.ts";
import { settingsOf } from "../render/settings.ts";
import { type Command, complain, runCommand, say, UsageError } from "./command.ts";
import { charts } from "./import/charts.ts";
import { concealed } from "./import/document.ts";
import { importValues } from "./import/import.ts";
import { problemsOf } from "./import/judge.ts";
import { type ProjectFile, projectFile, stackFile } from "./import/projectFiles.ts";
import { reportOf } from "./import/report.ts";
import { ImportError, parseValues, type ValuesFile } from "./import/values.ts";
import { codeOf, writeFiles } from "./import/writeFiles.ts";

const usage = `usage: npm run import-values -- -f FILE [-f FILE …] --stack STACK [--chart CHART] [--dry-run] [--force]
Helm values as settings of this project. The first file is what all environments share: it becomes vllm:base in
Pulumi.yaml. It and the later ones, merged as Helm merges them, are this stack: its file has what differs.
  --chart    whose values they are, where their keys do not tell: ${charts.map(({ name }) => name).join(", ")}
  --dry-run  shows the files and writes none
  --force    overwrites settings that say otherwise
  --project  the project's folder; default: this one`;

function run(args: string[]): number {
  const { values } = parseArgs({
    args,
    options: {
      values: { type: "string", short: "f", multiple: true, default: [] },
      stack: { type: "string", short: "s" },
      chart: { type: "string" },
      "dry-run": { type: "boolean", default: false },
      force: { type: "boolean", default: false },
      project: { type: "string", default: process.cwd() },
    },
  });
  if (values.values.length === 0) throw new UsageError("-f is missing: which values file?");
  // The file of a stack has the last part of `organisation/project/stack` in its name.
  const stack = values.stack?.split("/").pop();
  if (!stack) throw new UsageError("--stack is missing: which stack shall have the settings?");
  if (!/^[\w.-]+$/.test(stack))
    throw new UsageError(`'${stack}' is no name of a stack: letters, digits, '.', '_' and '-'`);

  const imported = importValues(values.values.map(readValues), {
    stack,
    ...(values.chart ? { chart: values.chart } : {}),
  });
  const names = { project: "Pulumi.yaml", stack: `Pulumi.${stack}.yaml` };
  const project = read(values.project, names.project);
  if (project === undefined)
    throw new ImportError(`there is no Pulumi.yaml in ${values.project}; run this in the project's folder`);
  if (readProjectFile(names.project, project).stackFolder !== "")
    throw new ImportError(
      `${names.project}: has the files of its stacks in a folder of their own, which no import writes to; take 'stackConfigDir' out, or import into a copy of the project`,
    );
  const files = [
    projectFile(names.project, project, imported),
    stackFile(names.stack, read(values.project, names.stack), imported),
  ];
  const conflicts = files.flatMap(({ name, conflicts }) =>
    conflicts.map((one) => `  ${one.key} (${name}): ${one.from} → ${one.to}`),
  );
  if (conflicts.length > 0 && !values.force) {
    complain(
      `nothing was written: there are settings that the import would change.\n${conflicts.join("\n")}\nTo overwrite them, repeat the command with --force.`,
    );
    return 1;
  }

  const { problems, published } = judged(files, stack);
  const changed = files.filter((file) => file.changed);
  if (!values["dry-run"]) writeFiles(values.project, changed);
  say(said(files, values["dry-run"]));
  const kept = files.flatMap(({ kept }) => kept);
  if (kept.length > 0) say(`kept, because the values do not say: ${kept.join(", ")}`);
  say(`\n${reportOf(imported, problems, published)}`);
  return 0;
}

function said(files: readonly ProjectFile[], dry: boolean): string {
  const changed = files.filter((file) => file.changed);
  if (changed.length === 0) return "nothing to do: the settings are there already";
  if (!dry) return `wrote ${changed.map(({ name }) => name).join(" and ")}`;
  return changed
    .map(({ name, text }) => `would write ${name}:\n${concealed(text).trimEnd()}\n`)
    .join("\n")
    .trimEnd();
}

function readValues(name: string): ValuesFile {
  try {
    return parseValues(name, decode(name, readFileSync(name)));
  } catch (error) {
    throw error instanceof FileError ? error : new ImportError(`${name}: cannot be read (${codeOf(error)})`);
  }
}

function read(folder: string, name: string): string | undefined {
  try {
    return decode(name, readFileSync(join(folder, name)));
  } catch (error) {
    if (error instanceof FileError) throw error;
    if (["ENOENT", "ENOTDIR"].includes(codeOf(error))) return undefined;
    throw new ImportError(`${name}: cannot be read (${codeOf(error)})`);
  }
}

/** What the program itself says of the settings, before any of them is written, and which models have a revision. */
function judged(files: readonly ProjectFile[], stack: string): { problems: readonly Problem[]; published: string[] } {
  const folder = mkdtempSync(join(tmpdir(), "import-values-"));
  try {
    for (const { name, text } of files) writeFileSync(join(folder, name), text);
    const resolved = settingsOf(folder, stack);
    const published = resolved.settings.models.flatMap(({ name, revision }) => (revision ? [name] : []));
    return { problems: problemsOf(resolved), published };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export const command: Command = { usage, run };

if (import.meta.main) await runCommand(command);
