import { glob, readFile, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { install } from "../buildPython.ts";
import type { Tool } from "../buildStore.ts";
import { step } from "../progress.ts";
import { treePython } from "./baseTree.ts";

/** Python packages for the Python of an unpacked tree, whatever Python this machine has. */
export interface TreePackages {
  name: string;
  title: string;
  about: string;
  /** A file that lists them, exactly and all of them. */
  requirements: string;
  /** The folder of the tree's tool. */
  base: string;
  /** A Python with a venv module. */
  interpreter: string;
  /** What they take, in gigabytes. */
  room: number;
}

/** Where a Debian's Python looks for packages, whatever its version. */
export const sitePath = "/usr/lib/python3/dist-packages";

/** Python's words for a machine, by Node's. */
const machines: Readonly<Record<string, string>> = { x64: "x86_64", arm64: "aarch64" };

/** The tool that the packages are, in `<folder>/packages`. */
export async function treePackagesTool(wanted: TreePackages, signal: AbortSignal): Promise<Tool> {
  const { name, title, about, requirements, base, interpreter, room } = wanted;
  return {
    name,
    inputs: [basename(base), await readFile(requirements, "utf8")],
    needs: async (cache) => [{ path: cache, gigabytes: room }],
    make: (folder) =>
      step(title, about, async () => {
        const python = await treePython(join(base, "root"));
        const platforms = ["manylinux2014", "manylinux_2_28"].flatMap((libc) => [
          "--platform",
          `${libc}_${machines[process.arch] ?? process.arch}`,
        ]);
        const version = python.name.replace("python", "");
        const target = join(folder, "packages");
        await install(
          {
            title,
            interpreter,
            requirements,
            target,
            arguments: ["--only-binary=:all:", "--no-compile", "--python-version", version, ...platforms],
          },
          signal,
        );
        // Scripts for another Python, and lists of what pip has written.
        await rm(join(target, "bin"), { recursive: true, force: true });
        for await (const list of glob("*.dist-info/RECORD", { cwd: target })) await rm(join(target, list));
        await python.compile(target, sitePath, signal);
      }),
  };
}
