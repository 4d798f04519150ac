import { mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { checkRoom, ensure, exists, folderOf, type Tool } from "./buildStore.ts";
import { lastLines, run } from "./command.ts";
import { LabError } from "./errors.ts";
import { cacheDir } from "./paths.ts";
import { step } from "./progress.ts";

/** A Go program of the lab: one module of ours that pins everything it needs in go.mod and go.sum. */
export interface GoProgram {
  /** The name of the binary and of its folder in the cache. */
  name: string;
  /** What a person reads while it is built. */
  title: string;
  about: string;
  /** The folder of its go.mod. */
  module: string;
  /** The package to build. */
  target: string;
  /** Variables of the program that hold its version, if it tells one, and the module whose version in go.mod they hold. */
  version?: { module: string; variables: string[] };
  /** Room for downloaded modules, compiled packages and the linker's work, in gigabytes. */
  room: { modules: number; compiled: number; temporary: number };
}

/** What is asked of the Go installation, by `go env`. */
interface GoEnvironment {
  GOCACHE: string;
  GOMODCACHE: string;
  GOVERSION: string;
}

/** The path of a Go program that not every lab has, which is made where it is missing. */
export async function madeProgram(program: GoProgram, signal: AbortSignal): Promise<string> {
  const tool = await goTool(program, signal);
  if (!(await exists(folderOf(cacheDir, tool)))) await checkRoom(await tool.needs(cacheDir));
  return join(await ensure(cacheDir, tool, signal, (line) => console.error(line)), program.name);
}

/** The tool that a Go program is; its binary is `<folder>/<name>`. */
export async function goTool(program: GoProgram, signal: AbortSignal): Promise<Tool> {
  // In this order: go.mod, go.sum (which a module that needs no other lacks), and the program's own code.
  const code = join(program.module, program.target.startsWith(".") ? program.target : ".");
  const sources = [...(await files(program.module, /^go\.(mod|sum)$/)), ...(await files(code, /\.go$/))];
  const contents = await Promise.all(sources.map((file) => readFile(file, "utf8")));
  const [goMod = ""] = contents;
  const flags = linkerFlags(program, goMod);
  return {
    name: program.name,
    inputs: [
      process.platform,
      process.arch,
      program.target,
      flags,
      ...sources.map((file) => basename(file)),
      ...contents,
    ],
    async needs(cache) {
      const go = await goEnvironment(program.module, wantedGo(goMod), signal);
      return [
        { path: go.GOMODCACHE, gigabytes: program.room.modules },
        { path: go.GOCACHE, gigabytes: program.room.compiled },
        { path: cache, gigabytes: program.room.temporary },
      ];
    },
    make: (folder) => step(program.title, program.about, () => build(program, flags, folder, signal)),
  };
}

async function files(folder: string, pattern: RegExp): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => pattern.test(name)).sort();
  return names.map((name) => join(folder, name));
}

async function build(program: GoProgram, flags: string, folder: string, signal: AbortSignal): Promise<void> {
  const temporary = join(folder, "work");
  const binary = join(temporary, program.name);
  await mkdir(temporary);
  // No cgo: the same binary with or without a C compiler on the machine.
  const env = { ...process.env, CGO_ENABLED: "0", GOFLAGS: "", GOWORK: "off", GOTMPDIR: temporary };
  const args = ["build", "-trimpath", `-ldflags=${flags}`, "-o", binary, program.target];
  const { code, output } = await run("go", args, { cwd: program.module, env, signal });
  if (code !== 0) throw new LabError(failure(program, output));
  await rename(binary, join(folder, program.name));
  await rm(temporary, { recursive: true, force: true });
}

function failure(program: GoProgram, output: string): string {
  if (/no space left on device/i.test(output)) {
    return `${program.title} failed, the disk is full: make room, or let LAB_CACHE, GOCACHE, GOMODCACHE and TMPDIR point to another disk`;
  }
  const offline = /dial tcp|no such host|i\/o timeout|connection refused|TLS handshake/i.test(output);
  const hint = offline
    ? "\n  Go modules could not be downloaded: check the network, or set GOPROXY to one you reach."
    : "";
  return `${program.title} failed:\n${lastLines(output)}${hint}`;
}

/** The lowest Go version that a go.mod accepts. */
function wantedGo(goMod: string): string {
  return /^go (\d+\.\d+)/m.exec(goMod)?.[1] ?? "";
}

function linkerFlags(program: GoProgram, goMod: string): string {
  if (program.version === undefined) return "-s -w";
  const { module, variables } = program.version;
  const version = new RegExp(`^\\s*(?:require )?${module.replaceAll(".", "\\.")} (v\\S+)`, "m").exec(goMod)?.[1];
  if (version === undefined) throw new Error(`${program.module}/go.mod does not require ${module}`);
  return ["-s -w", ...variables.map((variable) => `-X ${variable}=${version}`)].join(" ");
}

async function goEnvironment(module: string, wanted: string, signal: AbortSignal): Promise<GoEnvironment> {
  const install = `Go ${wanted} or newer is needed to build the lab; install it from https://go.dev/doc/install and have \`go\` on the PATH`;
  const { code, stdout, output } = await run("go", ["env", "-json", "GOCACHE", "GOMODCACHE", "GOVERSION"], {
    cwd: module,
    env: { ...process.env, GOFLAGS: "", GOWORK: "off" },
    signal,
  });
  if (code === 127) throw new LabError(`no Go was found. ${install}`);
  if (code !== 0) throw new LabError(`Go does not work here. ${install}. It said:\n${lastLines(output)}`);
  const environment = JSON.parse(stdout) as GoEnvironment;
  if (isOlder(environment.GOVERSION, wanted)) {
    throw new LabError(
      `${environment.GOVERSION} is too old. ${install}, or let it fetch a newer one with GOTOOLCHAIN=auto`,
    );
  }
  return environment;
}

/** Whether a version such as `go1.22.3` is older than one such as `1.26`; one that does not look like that is not. */
function isOlder(version: string, wanted: string): boolean {
  const [, major, minor] = /^go(\d+)\.(\d+)/.exec(version) ?? [];
  const [wantedMajor, wantedMinor] = wanted.split(".").map(Number);
  if (major === undefined || wantedMajor === undefined || wantedMinor === undefined) return false;
  return Number(major) < wantedMajor || (Number(major) === wantedMajor && Number(minor) < wantedMinor);
}
