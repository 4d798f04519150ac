import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Tool } from "./buildStore.ts";
import { lastLines, run } from "./command.ts";
import { LabError } from "./errors.ts";
import { step } from "./progress.ts";

const needed = "Python 3.11 or newer is needed to run the lab";
const candidates = ["python3", "python3.14", "python3.13", "python3.12", "python3.11"];

/** A folder of Python packages, `<folder>/packages`: what `requirements` lists, exactly. */
export async function pythonTool(
  name: string,
  title: string,
  requirements: string,
  interpreter: string,
  signal: AbortSignal,
): Promise<Tool> {
  const content = await readFile(requirements, "utf8");
  const { stdout: version } = await run(interpreter, ["-c", "import sys; print(sys.version_info[:2])"], { signal });
  return {
    name,
    inputs: [process.platform, process.arch, version.trim(), content],
    needs: async (cache) => [{ path: cache, gigabytes: 0.3 }],
    make: (folder) =>
      step(title, "40 s", () =>
        install({ title, interpreter, requirements, target: join(folder, "packages") }, signal),
      ),
  };
}

/** A folder of Python packages to make. */
export interface Installation {
  /** What a person reads while it is made. */
  title: string;
  /** The Python that runs pip. */
  interpreter: string;
  /** A file that lists the packages, exactly and all of them. */
  requirements: string;
  /** The folder for the packages, to be put on PYTHONPATH; not there yet. */
  target: string;
  /** Further arguments of pip. */
  arguments?: string[];
}

/**
 * Installs packages into a folder. It is renamed when it is complete, and a virtual environment holds absolute paths: so
 * one is used for its pip only, and thrown away.
 */
export async function install(packages: Installation, signal: AbortSignal): Promise<void> {
  const { title, interpreter, requirements, target } = packages;
  const venv = `${target}.venv`;
  const options = { signal, env: { ...process.env, PIP_DISABLE_PIP_VERSION_CHECK: "1" } };
  const created = await run(interpreter, ["-m", "venv", venv], options);
  if (created.code !== 0) {
    throw new LabError(
      `${needed}, with its venv module. ${interpreter} has none: install it (Debian and Ubuntu: the package python3-venv). It said:\n${lastLines(created.output)}`,
    );
  }
  await mkdir(target);
  const pip = ["-m", "pip", "install", "--no-deps", "--no-cache-dir", "--target", target, "-r", requirements];
  const installed = await run(join(venv, "bin", "python"), [...pip, ...(packages.arguments ?? [])], options);
  if (installed.code !== 0) throw new LabError(failure(title, installed.output));
  await rm(venv, { recursive: true });
}

function failure(title: string, output: string): string {
  if (/no space left on device/i.test(output)) {
    return `${title} failed, the disk is full: make room, or let LAB_CACHE and TMPDIR point to another disk`;
  }
  return `${title} failed (check the network, or pip's configuration):\n${lastLines(output)}`;
}

/** The first interpreter on the PATH that is new enough. */
export async function python(signal: AbortSignal): Promise<string> {
  const check =
    "import sys; print(sys.executable); print(sys.version.split()[0]); sys.exit(sys.version_info < (3, 11))";
  let found = "no Python was found";
  for (const candidate of candidates) {
    const { code, stdout } = await run(candidate, ["-c", check], { signal });
    const [executable, version] = stdout.split("\n");
    if (code === 0 && executable) return executable;
    if (version) found = `Python ${version} is too old`;
  }
  throw new LabError(`${found}. ${needed}: install it and have \`python3\` on the PATH`);
}
