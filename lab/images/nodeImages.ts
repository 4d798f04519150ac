import { readdir, readFile } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import { goTool } from "../buildGo.ts";
import { python } from "../buildPython.ts";
import { folderOf, type Tool } from "../buildStore.ts";
import { LabError } from "../errors.ts";
import { repository } from "../paths.ts";
import { baseTree } from "./baseTree.ts";
import { type ImagePlan, imageTool, type Source } from "./imageTool.ts";
import { type ImageNames, stockNames } from "./names.ts";
import { sitePath, treePackagesTool } from "./pythonPackages.ts";

/** The image that every pod's namespaces live by, and the one that asks from within the cluster. No registry has them. */
export const pauseImage = "lab.invalid/pause:1";
export const clientImage = "lab.invalid/client:1";

/** An image in the cache. */
export interface NodeImage {
  /** For `ctr --namespace k8s.io images import`, which makes a record of each name. */
  archive: string;
  /** As pods write them. */
  names: string[];
}

/** The images of the lab's real nodes. */
export interface NodeImages {
  /** What they are made of and themselves: to be made in this order. */
  tools: Tool[];
  /** Where they are once that is done. */
  images: NodeImage[];
}

/** What another checkout, or a test, may have elsewhere. */
export interface ImageOptions {
  /** The names of the engine and the copier; those of stacks without images of their own, unless given. */
  names?: ImageNames;
  /** The folder of the engine double's package, and that of npm's packages. */
  double?: string;
  modules?: string;
}

/** What Python starts with, and every image's PATH. */
const environment = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"];

/** Of Debian's files, those that are there to be read. */
const documents = ["doc", "info", "lintian", "locale", "man"].map((name) => `usr/share/${name}`);

const users = [
  { to: "/etc/passwd", text: "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n" },
  { to: "/etc/group", text: "root:x:0:\nnogroup:x:65534:\n" },
];

/** A command that is a module of Python. */
const launcher = (to: string, module: string) => ({
  to,
  text: `#!/bin/sh\nexec python3 -m ${module} "$@"\n`,
  executable: true,
});

/** Says of which tools the images are made, and makes nothing yet. */
export async function nodeImages(cache: string, signal: AbortSignal, options: ImageOptions = {}): Promise<NodeImages> {
  const names = options.names ?? stockNames();
  const goFolder = join(repository, "lab/go");
  const room = { modules: 0.1, compiled: 0.2, temporary: 0.05 };
  const program = { target: ".", about: "15 s", room };
  const assembler = await goTool(
    { ...program, name: "lab-images", title: "building what assembles images", module: join(goFolder, "images") },
    signal,
  );
  const pause = await goTool(
    { ...program, name: "pause", title: "building the program of the pause image", module: join(goFolder, "pause") },
    signal,
  );
  const base = await baseTree(signal);
  const at = (tool: Tool, path: string) => join(folderOf(cache, tool), path);
  const part = (tool: Tool, path: string, to: string, without: string[] = []): Source => ({
    from: at(tool, path),
    of: basename(folderOf(cache, tool)),
    to,
    without,
  });

  const interpreter = await python(signal);
  const packagesOf = (image: string, requirements: string, room: number) =>
    treePackagesTool(
      {
        name: `image-packages-${image}`,
        title: `installing the Python packages of the image ${image}`,
        about: "10 s",
        requirements: join(repository, requirements),
        base: folderOf(cache, base),
        interpreter,
        room,
      },
      signal,
    );
  const copierPackages = await packagesOf("copier", "lab/images/copierRequirements.txt", 0.3);
  const enginePackages = await packagesOf("engine", "lab/engine/requirements.txt", 0.1);

  const double = `${sitePath}/double`;
  const system = part(base, "root", "/", documents);
  const plans: ImagePlan[] = [
    {
      name: "image-pause",
      names: [pauseImage],
      layers: [part(pause, "pause", "/pause")],
      config: { Entrypoint: ["/pause"], User: "65535:65535" },
      room: 0.02,
    },
    {
      name: "image-copier",
      names: names.copier,
      layers: [system, part(copierPackages, "packages", sitePath, ["awscli/examples"])],
      files: [...users, launcher("/usr/local/bin/aws", "awscli")],
      // The lab's AWS asks for some key, and takes any.
      config: {
        Entrypoint: ["/usr/local/bin/aws"],
        Env: [...environment, "AWS_ACCESS_KEY_ID=lab", "AWS_SECRET_ACCESS_KEY=lab"],
      },
      room: 0.4,
    },
    {
      name: "image-engine",
      names: names.engine,
      layers: [system, part(enginePackages, "packages", sitePath)],
      files: [
        ...users,
        launcher("/usr/local/bin/vllm", "double"),
        ...(await sources(options.double ?? join(repository, "lab/engine/double"), double)),
        // The double takes the engine's flags from the catalogue, here from beside itself.
        { to: `${double}/flags.json`, text: await readFile(join(repository, "catalogue/vllm/flags.json"), "utf8") },
      ],
      config: { Entrypoint: ["vllm", "serve"], Env: environment },
      room: 0.2,
    },
    await clientPlan(system, options.modules ?? join(repository, "node_modules")),
  ];

  const imageTools = plans.map((plan) => imageTool(plan, at(assembler, "lab-images"), signal));
  return {
    tools: [assembler, pause, base, copierPackages, enginePackages, ...imageTools],
    images: plans.map(({ names }, index) => ({ archive: at(imageTools[index] as Tool, "image.tar"), names })),
  };
}

/** The Node that runs the lab, with npm's client for the engine's API where every module finds it. */
async function clientPlan(system: Source, modules: string): Promise<ImagePlan> {
  const folder = join(modules, "openai");
  const manifest = await readFile(join(folder, "package.json"), "utf8").catch(() => {
    throw new LabError(`the package openai is not in ${modules}: run \`npm ci\``);
  });
  const { version } = JSON.parse(manifest) as { version: string };
  return {
    name: "image-client",
    names: [clientImage],
    layers: [
      system,
      { from: process.execPath, of: process.version, to: "/usr/local/bin/node" },
      { from: folder, of: version, to: "/node_modules/openai", without: ["src"] },
    ],
    files: users,
    config: { Entrypoint: ["node"], Env: environment },
    room: 0.4,
  };
}

/** The files of a Python package, for a place in an image. */
async function sources(folder: string, to: string): Promise<{ to: string; text: string }[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && !entry.parentPath.includes("__pycache__"))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
  return Promise.all(
    files.map(async (file) => ({ to: `${to}/${file}`, text: await readFile(join(folder, file), "utf8") })),
  );
}
