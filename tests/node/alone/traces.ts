import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { folderOf } from "../../../lab/buildStore.ts";
import { fromTree, nodePrograms } from "../../../lab/node/debianPrograms.ts";
import { cacheDir } from "../../../lab/paths.ts";

/** What real nodes could leave on a machine, each a sorted list of lines. */
export interface Traces {
  mounts: string[];
  /** Of network, mounts and processes. */
  namespaces: string[];
  cgroups: string[];
  links: string[];
  routes: string[];
  /** Of routing, and of nftables. */
  rules: string[];
  sysctls: string[];
  /** Files of the system, where programs of a node would put theirs. */
  files: string[];
}

/** What a kernel counts by itself, whatever runs. */
const counted =
  /\/(random\/.*|ns_last_pid|pty\/nr|.*-nr|.*-state|.*_count|sched_domain.*|perf_.*|quota\/.*|.*cpu_time_max.*|tcp_.*fastopen_key)$/;

/** Reads all of it. */
export async function traces(): Promise<Traces> {
  const debian = join(folderOf(cacheDir, await nodePrograms(new AbortController().signal)), "root");
  return {
    mounts: lines(readFileSync("/proc/self/mountinfo", "utf8").replaceAll(/^\S+ \S+ /gm, "")),
    namespaces: unique(
      processes().flatMap((pid) => ["net", "mnt", "pid"].map((name) => link(`/proc/${pid}/ns/${name}`))),
    ),
    // Those at the top: below others that were there before, other programs' come and go.
    cgroups: lines(command("find", "/sys/fs/cgroup", "-maxdepth", "2", "-type", "d")),
    links: lines(command("ip", "-brief", "link")),
    routes: lines(command("ip", "route", "show", "table", "all")),
    rules: lines(command("ip", "rule") + command(...fromTree(debian, "nft", "list", "ruleset"))),
    sysctls: sysctls("/proc/sys"),
    files: lines(command("find", "/etc", "/opt", "/run", "/usr/libexec", "/var/lib", "-maxdepth", "3")),
  };
}

/** Whether a node of any lab is there: its dead hold its namespaces until this machine's init has looked after them. */
export const hasNodes = (): boolean => processes().some((pid) => read(`/proc/${pid}/comm`) === "tini-static\n");

/** What is there after and was not before, or the other way round; nothing where all is equal. */
export function changes(before: Traces, after: Traces): string[] {
  return (Object.keys(before) as (keyof Traces)[]).flatMap((name) => [
    ...after[name].filter((line) => !before[name].includes(line)).map((line) => `+ ${name}: ${line}`),
    ...before[name].filter((line) => !after[name].includes(line)).map((line) => `- ${name}: ${line}`),
  ]);
}

/** The processes that have that folder in their environment: those of its lab, all but the pods'. */
export function processesOf(folder: string): string[] {
  return processes()
    .filter((pid) => pid !== String(process.pid))
    .filter((pid) => read(`/proc/${pid}/environ`).includes(folder))
    .map((pid) => `${pid} ${read(`/proc/${pid}/cmdline`).replaceAll("\0", " ")}`);
}

const processes = (): string[] => readdirSync("/proc").filter((name) => /^\d+$/.test(name));

function sysctls(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return sysctls(path);
      return counted.test(path) ? [] : [`${path} ${read(path).trim()}`];
    })
    .sort();
}

const command = (program = "", ...args: string[]): string => execFileSync(program, args, { encoding: "utf8" });

const lines = (text: string): string[] => text.split("\n").filter(Boolean).sort();

const unique = (values: string[]): string[] => [...new Set(values.filter(Boolean))].sort();

/** A file's text; nothing where it is not to be read, or has just gone. */
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
