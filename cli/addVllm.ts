import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Flag, isKnownType } from "../planning/engine/vllm/flagValue.ts";
import type { Field, Group, GroupTables } from "../planning/engine/vllm/groups.ts";
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
    caseless?: true;
    dashes?: true;
    items?: string;
    repeated?: true;
    elsewhere?: string[];
    group?: Group;
  }[];
}

/** One version's flags, and where they were read. */
export interface FlagTable {
  source: string;
  flags: Record<string, Flag>;
}

/** What is written of all versions: catalogue/vllm/flags.json and groups.json. */
export interface Tables {
  flags: FlagTables;
  groups: GroupTables;
}

/** catalogue/vllm/flags.json, by version. */
export type FlagTables = Record<string, FlagTable>;

const version = /^\d+\.\d+\.\d+$/;

/** What the checks need of a dump, by the flag's one name. A choice `None` of an optional value is never read as one. */
export function tableOf(dump: Dump): FlagTable {
  if (!Array.isArray(dump.arguments)) throw new Error("the file is not what cli/dumpFlags.py prints");
  if (!version.test(dump.vllm)) throw new Error(`'${dump.vllm}' is no released version of vLLM, such as 0.33.0`);
  const flags: [string, Flag][] = [];
  for (const { flags: names, kind, type, nargs, choices, default: preset, ...more } of dump.arguments) {
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
        ...(more.caseless && { caseless: true }),
        ...(more.dashes && { dashes: true }),
        ...(more.elsewhere && { elsewhere: more.elsewhere }),
        ...(more.items && { items: more.items }),
        ...(more.repeated && { repeated: true }),
        ...(aliases.length > 0 && { aliases }),
      },
    ]);
  }
  flags.sort(([a], [b]) => (a < b ? -1 : 1));
  return { source: dump.source, flags: Object.fromEntries(flags) };
}

/** What the classes behind a dump's groups have, by flag. */
export function groupsOf(dump: Dump): Record<string, Group> {
  const named = dump.arguments.flatMap(({ flags, group }): [string, Group][] => {
    const name = flags.find((word) => word.startsWith("--"));
    return name !== undefined && group ? [[name.slice(2), group]] : [];
  });
  return Object.fromEntries(named.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The tables of all versions with a dump's in its place. A group that several versions share stands there once. */
export function withDump({ flags, groups }: Tables, dump: Dump): Tables {
  const table = tableOf(dump);
  const found = groupsOf(dump);
  const names = [...new Set([...Object.keys(groups), ...Object.keys(found)])].sort();
  const merged = names.map((name) => {
    const others = (groups[name] ?? []).map(({ versions, ...group }) => ({
      versions: versions.filter((other) => other !== dump.vllm),
      ...group,
    }));
    const own = found[name];
    const same = others.find(({ versions, ...group }) => JSON.stringify(group) === JSON.stringify(own));
    if (same) same.versions = [...same.versions, dump.vllm].sort(compareVersions);
    else if (own) others.push({ versions: [dump.vllm], ...own });
    const left = others.filter(({ versions }) => versions.length > 0);
    return [name, left.sort((a, b) => compareVersions(a.versions[0] ?? "", b.versions[0] ?? ""))] as const;
  });
  return {
    flags: inOrder({ ...flags, [dump.vllm]: table }),
    groups: Object.fromEntries(merged.filter(([, left]) => left.length > 0)),
  };
}

const inOrder = (flags: FlagTables): FlagTables =>
  Object.fromEntries(Object.entries(flags).sort(([a], [b]) => compareVersions(a, b)));

const width = 120;

/** JSON as the formatter leaves it: on one line where it fits; the flags one a line. */
function json(value: unknown, indent: string, before: number): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const list = Array.isArray(value);
  const [open, close] = list ? "[]" : "{}";
  const pad = list || Object.keys(value).length === 0 ? "" : " ";
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

/** The text of one of the files. */
export const tableText = (table: FlagTables | GroupTables): string => `${json(table, "", width)}\n`;

/** What a version has, flags and what is in their groups, each by its name. */
function namesIn({ flags, groups }: Tables, version: string): Record<string, string> {
  const names: Record<string, string> = {};
  const visit = (path: string, { fields, ...said }: Partial<Field>) => {
    names[path] = `${names[path] ?? ""}${JSON.stringify(said)}`;
    for (const [name, field] of Object.entries(fields ?? {})) visit(`${path}.${name}`, field);
  };
  for (const [name, flag] of Object.entries(flags[version]?.flags ?? {})) names[name] = JSON.stringify(flag);
  for (const [flag, shapes] of Object.entries(groups))
    for (const { versions, ...group } of shapes) if (versions.includes(version)) visit(flag, group);
  return names;
}

/** What another version changed, a line each. */
export function changes(tables: Tables, older: string, newer: string): string[] {
  const [before, after] = [namesIn(tables, older), namesIn(tables, newer)];
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names
    .filter((name) => before[name] !== after[name])
    .map((name) => `${name in before ? (name in after ? "changed" : "removed") : "added  "} ${name}`);
}

/** The files of the tables. */
export interface Files {
  flags: string;
  groups: string;
}

/** Adds the tables of a dump to the files, or writes them anew, and says what differs from the version before. */
export function addVllm(dump: Dump, files: Files): string[] {
  const read = (file: string) => (existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {});
  const tables = withDump({ flags: read(files.flags), groups: read(files.groups) }, dump);
  writeFileSync(files.flags, tableText(tables.flags));
  writeFileSync(files.groups, tableText(tables.groups));
  const before = Object.keys(tables.flags)
    .filter((other) => compareVersions(other, dump.vllm) < 0)
    .at(-1);
  const own = tables.flags[dump.vllm]?.flags ?? {};
  const count = `vLLM ${dump.vllm}: ${Object.keys(own).length} flags, ${Object.keys(groupsOf(dump)).length} groups`;
  if (before === undefined) return [count];
  const lines = changes(tables, before, dump.vllm);
  return [`${count}; ${lines.length === 0 ? "the same as" : "changed since"} ${before}`, ...lines];
}

const usage = `usage: npm run add-vllm -- FILE
Adds a version of vLLM to the flags and groups that previews check. FILE is what cli/dumpFlags.py printed; - is standard input.`;

function run([file, ...more]: string[]): number {
  if (file === undefined || more.length > 0) throw new UsageError("one file is added");
  const table = (name: string) => fileURLToPath(new URL(`../catalogue/vllm/${name}.json`, import.meta.url));
  const tables = { flags: table("flags"), groups: table("groups") };
  try {
    console.log(addVllm(JSON.parse(readFileSync(file === "-" ? 0 : file, "utf8")), tables).join("\n"));
    return 0;
  } catch (error) {
    console.error(`${file}: ${(error as Error).message}`);
    return 1;
  }
}

if (import.meta.main) await runCommand({ usage, run });
