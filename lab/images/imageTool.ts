import { mkdir, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Tool } from "../buildStore.ts";
import { lastLines, run } from "../command.ts";
import { LabError } from "../errors.ts";
import { step } from "../progress.ts";

/** A file or folder of an image, and where it is there. */
export interface Source {
  from: string;
  /** What decides its contents: the name of the tool that it is a part of, or a version. */
  of: string;
  to: string;
  /** Paths below it that are left out. */
  without?: string[];
}

/** A small file of an image, by its text. */
interface TextFile {
  to: string;
  text: string;
  executable?: boolean;
}

/** What an image says of how it runs, in the words of OCI's image-spec. */
interface ImageConfig {
  Entrypoint: string[];
  Env?: string[];
  WorkingDir?: string;
  User?: string;
}

/** A container image to assemble. */
export interface ImagePlan {
  /** The name of its folder in the cache. */
  name: string;
  /** All names that containers use for it. */
  names: string[];
  /** Its layers, from the lowest. */
  layers: Source[];
  /** One more layer above these. */
  files?: TextFile[];
  config: ImageConfig;
  /** Room for the archive and the work on it, in gigabytes. */
  room: number;
}

const architectures: Readonly<Record<string, string>> = { x64: "amd64" };

/** The tool that an image is: `<folder>/image.tar`, an OCI archive. `assembler` is the program lab/go/images. */
export function imageTool(plan: ImagePlan, assembler: string, signal: AbortSignal): Tool {
  const { name, names, layers, files = [], config, room } = plan;
  const contents = layers.map(({ from, ...rest }) => rest);
  return {
    name,
    inputs: [basename(dirname(assembler)), process.arch, JSON.stringify({ names, contents, files, config })],
    needs: async (cache) => [{ path: cache, gigabytes: room }],
    make: (folder) =>
      step(`assembling the image ${names[0]}`, "5 s", async () => {
        const work = join(folder, "work");
        const own = join(work, "files");
        await mkdir(own, { recursive: true });
        for (const { to, text, executable } of files) {
          const file = join(own, to);
          await mkdir(dirname(file), { recursive: true });
          await writeFile(file, text, { mode: executable ? 0o755 : 0o644 });
        }
        const assembly = {
          names,
          architecture: architectures[process.arch] ?? process.arch,
          layers: files.length > 0 ? [...layers, { from: own, to: "/" }] : layers,
          config,
          archive: join(folder, "image.tar"),
        };
        const file = join(work, "plan.json");
        await writeFile(file, JSON.stringify(assembly));
        const { code, output } = await run(assembler, [file], { signal });
        if (code !== 0) throw new LabError(`the image ${names[0]} could not be assembled:\n${lastLines(output)}`);
        await rm(work, { recursive: true });
      }),
  };
}
