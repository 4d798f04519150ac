import { readdir, readlink } from "node:fs/promises";
import { basename, join } from "node:path";
import { debianTool, libraryFolders } from "../buildDebian.ts";
import type { Tool } from "../buildStore.ts";
import { lastLines, run } from "../command.ts";
import { LabError } from "../errors.ts";
import { step } from "../progress.ts";

/** The tree that the lab's images begin with, in `<folder>/root`: a shell, its tools, Python, and what Node needs. */
export async function baseTree(signal: AbortSignal): Promise<Tool> {
  const debian = await debianTool(
    {
      name: "image-base",
      title: "fetching the images' base system",
      about: "10 s",
      packages: ["base-files", "coreutils", "dash", "libstdc++6", "python3"],
      room: 0.2,
    },
    signal,
  );
  return {
    ...debian,
    async make(folder) {
      await debian.make(folder);
      const root = join(folder, "root");
      const python = await treePython(root);
      const library = `usr/lib/${python.name}`;
      await step("compiling the images' Python", "5 s", () =>
        python.compile(join(root, library), `/${library}`, signal),
      );
    },
  };
}

/** The Python of an unpacked tree. */
export interface TreePython {
  /** As `python3.11`. */
  name: string;
  /**
   * Compiles the modules of a folder that images have at the path `at`, as installing Debian's and pip's packages does:
   * without, every start would compile them again, for a root that is read-only keeps nothing. The outcome depends on
   * the modules alone.
   */
  compile(folder: string, at: string, signal: AbortSignal): Promise<void>;
}

export async function treePython(root: string): Promise<TreePython> {
  const name = basename(await readlink(join(root, "usr/bin/python3")));
  const libraries = await libraryFolders(root);
  const loaders: string[] = [];
  for (const library of libraries) {
    const files = await readdir(library);
    loaders.push(...files.filter((file) => /^ld-linux.*\.so\.\d+$/.test(file)).map((file) => join(library, file)));
  }
  const [loader = ""] = loaders;
  return {
    name,
    async compile(folder, at, signal) {
      // By the tree's own loader and libraries: this machine's Python may be another.
      const python = ["--library-path", libraries.join(":"), join(root, "usr/bin", name), "-s"];
      const compileAll = ["-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"];
      const args = [...python, ...compileAll, "-s", folder, "-p", at, folder];
      const env = { PYTHONHOME: join(root, "usr"), PYTHONHASHSEED: "0", PYTHONDONTWRITEBYTECODE: "1" };
      const { code, output } = await run(loader, args, { env, signal });
      if (code !== 0) throw new LabError(`the Python of the lab's images does not compile:\n${lastLines(output)}`);
    },
  };
}
