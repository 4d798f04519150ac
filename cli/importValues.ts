import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Problem } from "../config/problems.ts";
import { decode, FileError } from "../config/sources/yaml.ts";
import { settingsOf } from "../render/settings.ts";
import { type Command, complain, runCommand, say, UsageError } from "./command.ts";
import { charts } from "./import/charts.ts";
import { importValues } from "./import/import.ts";
import { problemsOf } from "./import/judge.ts";
import { type ProjectFile, projectFile, stackFile } from "./import/projectFiles.ts";
import { reportOf, writtenText } from "./import/report.ts";
import { type Begun, type Start, startOf } from "./import/start.ts";
import { ImportError, parseValues, type ValuesFile } from "./import/values.ts";
import { codeOf, writeFiles } from "./import/writeFiles.ts";

const usage = `usage: npm run import-values -- -f FILE [-f FILE …] --stack STACK [--out FOLDER] [--chart CHART] [--dry-run] [--force]
Helm values as settings of this project. The first file is what all environments share: it becomes vllm:base in
Pulumi.yaml. It and the later ones, merged as Helm merges them, are this stack: its file has what differs. A project
that is still the sample is replaced by them; where it runs, secrets and Pulumi's own keys stay.
  --chart    whose values they are, where their keys do not tell: ${charts.map(({ name }) => name).join(", ")}
  --out      writes both files into this folder instead, with none of the project's own settings but where it runs and
             secrets; files that are there are imported into, as the project's are
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
      out: { type: "string" },
      project: { type: "string", default: process.cwd() },
    },
  });
  if (values.values.length === 0) throw new UsageError("-f is missing: which values file?");
  if (values.out === "") throw new UsageError("--out is empty: which folder?");
  // The file of a stack has the last part of `organisation/project/stack` in its name.
  const stack = values.stack?.split("/").pop();
  if (!stack) throw new UsageError("--stack is missing: which stack shall have the settings?");
  if (!/^[\w.-]+$/.test(stack))
    throw new UsageError(`'${stack}' is no name of a stack: letters, digits, '.', '_' and '-'`);

  const imported = importValues(values.values.map(readValues), {
    stack,
    ...(values.chart ? { chart: values.chart } : {}),
  });
  const start = startOf(values.project, stack, values.out);
  const { project, stack: own } = start;
  const files = [
    since(start, project, projectFile(project.name, project.text, imported)),
    since(start, own, stackFile(own.name, own.text, imported)),
  ];
  const conflicts = conflictsText(files, start);
  if (conflicts !== undefined && !values.force) {
    complain(conflicts);
    return 1;
  }

  const { problems, published } = judged(files, stack);
  const wanted = [...files.filter((file) => file.changed), ...start.others];
  if (!values["dry-run"]) writeFiles(start.folder, wanted);
  say(writtenText(start, wanted, values["dry-run"]));
  const kept = files.flatMap(({ kept }) => kept);
  if (kept.length > 0) say(`kept, because the values do not say: ${kept.join(", ")}`);
  const places = start.places.map((place) => `say where it runs: ${place} is still the sample's`);
  say(`\n${reportOf({ ...imported, todo: [...places, ...imported.todo] }, problems, published)}`);
  return 0;
}

/** A file against what stands there now. What is not there, or was the sample's, nobody can lose. */
function since({ kind }: Start, { before }: Begun, file: ProjectFile): ProjectFile {
  const changed = file.text !== before;
  if (before === undefined) return { ...file, changed, conflicts: [], kept: [] };
  if (kind !== "sample") return { ...file, changed };
  return { ...file, changed, conflicts: file.conflicts.filter(({ from }) => from !== "nothing"), kept: [] };
}

function conflictsText(files: readonly ProjectFile[], { changes }: Start): string | undefined {
  const conflicts = files.flatMap(({ name, conflicts }) =>
    conflicts.map(({ key, from, to }) => `  ${key} (${name}): ${from} → ${to}`),
  );
  if (conflicts.length === 0) return undefined;
  return [
    "nothing was written: there are settings that the import would change.",
    ...conflicts,
    ...(changes.length > 0
      ? [
          `A project that is still the sample is replaced as a whole; what makes this one another: ${changes.join(", ")}.`,
        ]
      : []),
    "To overwrite them, repeat the command with --force; with --out FOLDER it writes elsewhere.",
  ].join("\n");
}

function readValues(name: string): ValuesFile {
  try {
    return parseValues(name, decode(name, readFileSync(name)));
  } catch (error) {
    throw error instanceof FileError ? error : new ImportError(`${name}: cannot be read (${codeOf(error)})`);
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
