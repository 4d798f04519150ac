import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Flag, isKnownType } from "../planning/engine/vllm/flagValue.ts";
import { compareVersions } from "../planning/engine/vllm/version.ts";
import { runCommand, UsageError } from "./command.ts";

/** What cli/dumpFlags.py prints. */
export interface Dump {
  vllm: string;
  source: string;
  arguments: {
    flags: string[];
    kind: string;
    type: string | null;
    nargs: string | number | null;
    choices: (string | number | null)[] | null;
    default: unknown;
  }[];
}

/** One version's flags, and where they were read. */
export interface FlagTable {
  source: string;
  flags: Record<string, Flag>;
}

/** catalogue/vllm/flags.json, by version. */
export type FlagTables = Record<string, FlagTable>;

const version = /^\d+\.\d+\.\d+$/;

/** What the checks need of a dump, by the flag's one name. A choice `None` of an optional value is never read as one. */
export function tableOf(dump: Dump): FlagTable {
  if (!Array.isArray(dump.arguments)) throw new Error("the file is not what cli/dumpFlags.py prints");
  if (!version.test(dump.vllm)) throw new Error(`'${dump.vllm}' is no released version of vLLM, such as 0.33.0`);
  const flags: [string, Flag][] = [];
  for (const { flags: names, kind, type, nargs, choices, default: preset } of dump.arguments) {
    const [name, ...others] = names.filter((word) => word.startsWith("--")).map((word) => word.slice(2));
    if (name === undefined || name === "help") continue;
    if (type !== null && !isKnownType(type)) throw new Error(`--${name} has the type '${type}', which no check knows`);
    const short = names.filter((word) => !word.startsWith("--")).map((word) => word.slice(1));
    const aliases = [...others.filter((other) => other !== `no-${name}`), ...short].sort();
    const isList = type === "json" && Array.isArray(preset);
    flags.push([
      name,
      {
        type: kind === "flag" ? "bool" : isList ? "json list" : type,
        ...(others.includes(`no-${name}`) && { no: true }),
        ...(kind !== "flag" && nargs !== null && { nargs: nargs as NonNullable<Flag["nargs"]> }),
        ...(choices && { choices: choices.filter((choice) => choice !== "None" || !type?.startsWith("optional ")) }),
        ...(aliases.length > 0 && { aliases }),
      },
    ]);
  }
  flags.sort(([a], [b]) => (a < b ? -1 : 1));
  return { source: dump.source, flags: Object.fromEntries(flags) };
}

const width = 120;

/** JSON as the formatter leaves it: on one line where it fits; the flags one a line. */
function json(value: unknown, indent: string, before: number): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const list = Array.isArray(value);
  const [open, close, pad] = list ? ["[", "]", ""] : ["{", "}", " "];
  const parts = (deeper: string, room: number) =>
    Object.entries(value).map(([key, item]) => {
      const name = list ? "" : `${JSON.stringify(key)}: `;
      return name + json(item, deeper, room + name.length);
    });
  const flat = `${open}${pad}${parts("", Number.NEGATIVE_INFINITY).join(", ")}${pad}${close}`;
  if (before + flat.length + ",".length <= width) return flat;
  const deeper = `${indent}  `;
  const lines = parts(deeper, deeper.length).join(`,\n${deeper}`);
  return `${open}\n${deeper}${lines}\n${indent}${close}`;
}

/** The text of the file, its versions in their order. */
export function tablesText(tables: FlagTables): string {
  const ordered = Object.entries(tables).sort(([a], [b]) => compareVersions(a, b));
  return `${json(Object.fromEntries(ordered), "", width)}\n`;
}

/** What another version changed, a line each. */
export function changes(before: FlagTable, after: FlagTable): string[] {
  const names = [...new Set([...Object.keys(before.flags), ...Object.keys(after.flags)])].sort();
  return names.flatMap((name) => {
    const [old, now] = [before.flags[name], after.flags[name]];
    if (JSON.stringify(old) === JSON.stringify(now)) return [];
    return [`${old ? (now ? "changed" : "removed") : "added  "} ${name}`];
  });
}

/** Adds the table of a dump to the file, or writes it anew, and says what differs from the version before. */
export function addVllm(dump: Dump, file: string): string[] {
  const tables: FlagTables = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
  const table = tableOf(dump);
  tables[dump.vllm] = table;
  writeFileSync(file, tablesText(tables));
  const before = Object.keys(tables)
    .filter((other) => compareVersions(other, dump.vllm) < 0)
    .sort(compareVersions)
    .at(-1);
  const count = `vLLM ${dump.vllm}: ${Object.keys(table.flags).length} flags`;
  if (before === undefined) return [count];
  const lines = changes(tables[before] as FlagTable, table);
  return [`${count}; ${lines.length === 0 ? "the same as" : "changed since"} ${before}`, ...lines];
}

const usage = `usage: npm run add-vllm -- FILE
Adds a version of vLLM to the flags that previews check. FILE is what cli/dumpFlags.py printed; - is standard input.`;

if (process.argv[1] === fileURLToPath(import.meta.url))
  await runCommand(usage, ([file, ...more]) => {
    if (file === undefined || more.length > 0) throw new UsageError("one file is added");
    const tables = fileURLToPath(new URL("../catalogue/vllm/flags.json", import.meta.url));
    try {
      console.log(addVllm(JSON.parse(readFileSync(file === "-" ? 0 : file, "utf8")), tables).join("\n"));
      return 0;
    } catch (error) {
      console.error(`${file}: ${(error as Error).message}`);
      return 1;
    }
  });
