import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Tool } from "./buildStore.ts";
import { type Finished, lastLines, run } from "./command.ts";
import { LabError } from "./errors.ts";
import { step } from "./progress.ts";

/** Packages of the distribution that the lab runs on, unpacked into a folder and never installed. */
export interface DebianPackages {
  /** The name of the folder in the cache. */
  name: string;
  /** What a person reads while they are fetched. */
  title: string;
  about: string;
  /** They come with all that they depend on, recommendations apart. */
  packages: string[];
  /** What is there already, with all that it depends on, where the packages are used: none of it comes again. */
  beside?: string[];
  /** What they take when unpacked, in gigabytes. */
  room: number;
  /** Refuses, by an error, versions that would not do. */
  check?(versions: ReadonlyMap<string, string>): void;
}

const needed =
  "a real node is made of Debian's packages: use a machine with Debian or Ubuntu, or the lab without --node";

/**
 * The tool that unpacked packages are: their files are below `<folder>/root`, and `<folder>/packages.txt` tells the
 * exact version of each. What decides the folder's name are the names of the packages and the distribution's release:
 * within a release a package changes by security updates and little else, and apt proves by the distribution's
 * signature that each is the genuine one. So a version is not pinned, which mirrors drop with the next update: one that
 * would not do is refused by `check`.
 */
export async function debianTool(wanted: DebianPackages, signal: AbortSignal): Promise<Tool> {
  const { name, packages, beside = [], room } = wanted;
  return {
    name,
    inputs: [process.arch, await release(), ...packages, "beside", ...beside],
    async needs(cache) {
      for (const program of ["apt-get", "dpkg-deb"]) {
        const { code } = await run(program, ["--version"], { signal });
        if (code !== 0) throw new LabError(`no ${program} was found, and ${needed}`);
      }
      return [{ path: cache, gigabytes: room }];
    },
    make: (folder) => step(wanted.title, wanted.about, () => fetchAndUnpack(wanted, folder, signal)),
  };
}

/** The folders of an unpacked tree that hold its libraries. */
export async function libraryFolders(root: string): Promise<string[]> {
  const found: string[] = [];
  for (const parent of [join(root, "lib"), join(root, "usr/lib")]) {
    const names = await readdir(parent).catch(() => []);
    found.push(...names.filter((name) => name.includes("-linux-gnu")).map((name) => join(parent, name)));
  }
  return found;
}

/** The distribution and its release, as `debian 12`. */
async function release(): Promise<string> {
  const text = await readFile("/etc/os-release", "utf8").catch(() => "");
  const field = (name: string) => new RegExp(`^${name}="?([^"\n]*)`, "m").exec(text)?.[1] ?? "";
  return `${field("ID")} ${field("VERSION_ID") || field("VERSION_CODENAME")}`;
}

async function fetchAndUnpack(wanted: DebianPackages, folder: string, signal: AbortSignal): Promise<void> {
  const work = join(folder, "work");
  const root = join(folder, "root");
  await mkdir(root);
  const archives = await download(wanted, await aptFor(work, signal), work);
  const versions = new Map<string, string>();
  for (const archive of archives) {
    const shown = await run("dpkg-deb", ["--show", archive], { signal });
    const [name = "", version = ""] = shown.stdout.trim().split("\t");
    versions.set(name, version);
  }
  wanted.check?.(versions);
  for (const archive of archives) {
    const { code, output } = await run("dpkg-deb", ["--extract", archive, root], { signal });
    if (code !== 0) throw new LabError(failure(wanted, output));
  }
  const lines = [...versions].map(([name, version]) => `${name} ${version}\n`);
  await writeFile(join(folder, "packages.txt"), lines.sort().join(""));
  await rm(work, { recursive: true });
}

type Apt = (args: string[], cwd?: string) => Promise<Finished>;

/**
 * An apt-get with the sources and keys of this machine and nothing else of it: its lists, archives and knowledge of what
 * is installed (nothing) are in `work`, and commands that the machine runs after each update are left out.
 */
async function aptFor(work: string, signal: AbortSignal): Promise<Apt> {
  for (const path of ["state/lists/partial", "cache/archives/partial"]) {
    await mkdir(join(work, path), { recursive: true });
  }
  const status = join(work, "status");
  const settings = join(work, "apt.conf");
  await writeFile(status, "");
  await writeFile(
    settings,
    `Dir::State "${join(work, "state")}";
Dir::State::status "${status}";
Dir::Cache "${join(work, "cache")}";
Dir::Log "${work}";
APT::Install-Recommends "false";
// Another user could not write here.
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "3";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
`,
  );
  const env = { ...process.env, LC_ALL: "C" };
  return (args, cwd) => run("apt-get", ["--config-file", settings, ...args], { cwd, signal, env });
}

/** Downloads the packages with what they depend on, and returns their archives. */
async function download(wanted: DebianPackages, apt: Apt, work: string): Promise<string[]> {
  const updated = await apt(["update"]);
  const closure = async (packages: string[]) => {
    const { code, stdout, output } = await apt(["install", "--simulate", ...packages]);
    // A source that does not answer matters only where what is wanted is missing for it.
    if (code !== 0) throw new LabError(failure(wanted, output, updated.output));
    return [...stdout.matchAll(/^Inst (\S+) /gm)].map(([, name = ""]) => name);
  };
  const there = wanted.beside ? await closure(wanted.beside) : [];
  const missing = (await closure(wanted.packages)).filter((name) => !there.includes(name));
  const downloaded = await apt(["download", ...missing], work);
  if (downloaded.code !== 0) throw new LabError(failure(wanted, downloaded.output));
  return (await readdir(work)).filter((file) => file.endsWith(".deb")).map((file) => join(work, file));
}

function failure({ title }: DebianPackages, output: string, updating = ""): string {
  if (/no space left on device/i.test(output + updating)) {
    return `${title} failed, the disk is full: make room, or let LAB_CACHE point to another disk`;
  }
  const offline = /^(Err:|[EW]: Failed to fetch)/m.test(output + updating);
  const said = offline && updating ? `${updating}${output}` : output;
  const hint = offline
    ? "\n  A package source did not answer: check the network, and apt's sources and proxy (/etc/apt)."
    : /Unable to locate package|has no installation candidate/.test(output)
      ? "\n  This release of the distribution lacks a package: use Debian 12, or add the source that has it to /etc/apt."
      : "";
  return `${title} failed:\n${lastLines(said)}${hint}`;
}
