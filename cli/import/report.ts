import { join } from "node:path";
import { type Problem, sentence } from "../../config/problems.ts";
import { table } from "../table.ts";
import { concealed } from "./document.ts";
import type { Imported } from "./import.ts";
import type { Start } from "./start.ts";
import type { Wanted } from "./writeFiles.ts";

/** What became of the files, or would become of them, for a person. */
export function writtenText({ kind, folder, kept }: Start, wanted: readonly Wanted[], dry: boolean): string {
  if (wanted.length === 0) return "nothing to do: the settings are there already";
  const shown = (name: string) => (kind === "elsewhere" ? join(folder, name) : name);
  const written = wanted.flatMap(({ name, text }) => (text === undefined ? [] : [{ name: shown(name), text }]));
  const removed = wanted.filter(({ text }) => text === undefined).map(({ name }) => name);
  const told = section(
    "stays",
    grouped(
      kept.map(({ key, name, reason }) => ({ from: `${key} (${shown(name)})`, reason })),
      ({ reason }) => reason,
    ).map(([reason, from]) => `${from.join(", ")} — ${reason}`),
  );
  return [
    ...(kind === "sample" ? ["this project is still the sample: the import replaces it"] : []),
    ...(dry
      ? written.map(({ name, text }) => `would write ${name}:\n${concealed(text).trimEnd()}\n`)
      : written.length > 0
        ? [`wrote ${words.format(written.map(({ name }) => name))}`]
        : []),
    ...(removed.length > 0
      ? [
          `${dry ? "would remove" : "removed"} ${words.format(removed)}, which ${dry ? "hold" : "held"} nothing but the sample`,
        ]
      : []),
    ...(told === "" ? [] : [told]),
  ]
    .join("\n")
    .trimEnd();
}

const words = new Intl.ListFormat("en-GB");

/** What an import has come to, for a person. `published` are the models that have a revision. */
export function reportOf(imported: Imported, problems: readonly Problem[], published: readonly string[]): string {
  const { mapped, unmapped, todo } = imported;
  const uploads = imported.uploads.filter(({ model }) => !published.includes(model)).map(({ text }) => text);
  const missing = problems.filter(({ kind }) => kind === "missing");
  const refused = problems.filter((problem) => !missing.includes(problem));
  return [
    section(
      `taken over from ${imported.chart}`,
      mapped.length === 0
        ? ["nothing"]
        : [
            table([
              ["setting", "from"],
              ...grouped(mapped, ({ to, note }) => `${to}${note ? ` (${note})` : ""}`).map(([to, from]) => [
                to,
                from.join(", "),
              ]),
            ]),
          ],
    ),
    section(
      "no counterpart",
      grouped(unmapped, ({ reason }) => reason).map(([reason, from]) => `${from.join(", ")} — ${reason}`),
    ),
    section(
      "to do",
      [...missing.map(line), ...uploads, ...todo].map((text) => `- ${text.replaceAll("\n", "\n  ")}`),
    ),
    section(
      "a preview refuses these settings until this is settled",
      refused.map((problem) => `- ${line(problem)}`),
    ),
  ]
    .filter((text) => text !== "")
    .join("\n\n");
}

const line = (problem: Problem) => `${problem.key} (${problem.layer}): ${sentence(problem)}`;

function section(title: string, lines: readonly string[]): string {
  if (lines.length === 0) return "";
  return `${title}\n${lines.map((text) => `  ${text.replaceAll("\n", "\n  ")}`).join("\n")}`;
}

/** Keys by what is said of them, in the order of the first. */
function grouped<Entry extends { from: string }>(
  entries: readonly Entry[],
  by: (entry: Entry) => string,
): [string, string[]][] {
  const groups = new Map<string, string[]>();
  for (const entry of entries) groups.set(by(entry), [...(groups.get(by(entry)) ?? []), entry.from]);
  return [...groups];
}
