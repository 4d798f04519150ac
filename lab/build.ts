import { join } from "node:path";
import { type GoProgram, goTool } from "./buildGo.ts";
import { python, pythonTool } from "./buildPython.ts";
import { checkRoom, ensure, exists, folderOf, type Need, type StatFs } from "./buildStore.ts";
import { run } from "./command.ts";
import { type NodeTools, nodeTools } from "./node/build.ts";
import { cacheDir, repository } from "./paths.ts";

/** The programs that the lab is made of. */
export interface Tools {
  /** The control plane: etcd, kube-apiserver, … are its first argument. */
  cluster: string;
  /** The Pulumi engine. */
  pulumi: string;
  /** Python, and the folder of packages that moto runs with. */
  moto: { python: string; packages: string };
  /** What real nodes are made of, where they are asked for. */
  node?: NodeTools;
}

const clusterProgram: GoProgram = {
  name: "lab-cluster",
  title: "building the Kubernetes control plane",
  about: "7 min",
  module: join(repository, "lab/go/cluster"),
  target: ".",
  version: {
    module: "k8s.io/kubernetes",
    variables: ["k8s.io/component-base/version.gitVersion", "k8s.io/client-go/pkg/version.gitVersion"],
  },
  room: { modules: 1.6, compiled: 1.9, temporary: 1 },
};

const engineProgram: GoProgram = {
  name: "pulumi",
  title: "building the Pulumi engine",
  about: "5 min",
  module: join(repository, "lab/go/engine"),
  target: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
  version: {
    module: "github.com/pulumi/pulumi/sdk/v3",
    variables: ["github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"],
  },
  room: { modules: 1, compiled: 1.3, temporary: 0.6 },
};

/** What is to be made, and what a test may put in the place of the machine. */
export interface BuildOptions {
  /** Those of real nodes too. */
  nodes?: boolean;
  cache?: string;
  readStats?: StatFs;
}

/** Makes what is missing of the lab's tools, and says where they are. */
export async function tools(signal: AbortSignal, options: BuildOptions = {}): Promise<Tools> {
  const cache = options.cache ?? cacheDir;
  const installed = await installedPulumi(signal);
  const interpreter = await python(signal);
  const requirements = join(repository, "lab/aws/requirements.txt");
  const moto = await pythonTool("moto", "installing the lab's AWS (moto)", requirements, interpreter, signal);
  const cluster = await goTool(clusterProgram, signal);
  const engine = await goTool(engineProgram, signal);

  const node = options.nodes ? await nodeTools(clusterProgram, cache, signal) : undefined;

  const wanted = [moto, cluster, ...(installed ? [] : [engine]), ...(node?.wanted ?? [])];
  const needs: Need[] = [];
  for (const tool of wanted) {
    if (!(await exists(folderOf(cache, tool)))) needs.push(...(await tool.needs(cache)));
  }
  await checkRoom(needs, options.readStats);
  // One after the other: Go uses every core by itself.
  for (const tool of wanted) await ensure(cache, tool, signal, (line) => console.error(line));

  return {
    cluster: join(folderOf(cache, cluster), clusterProgram.name),
    pulumi: installed ?? join(folderOf(cache, engine), engineProgram.name),
    moto: { python: interpreter, packages: join(folderOf(cache, moto), "packages") },
    ...(node && { node: node.made }),
  };
}

/** The `pulumi` on the PATH, if it is one that the program's SDK works with. */
async function installedPulumi(signal: AbortSignal): Promise<string | undefined> {
  const script = `command -v pulumi || exit 1
home=$(mktemp -d); trap 'rm -rf "$home"' EXIT
PULUMI_HOME=$home PULUMI_SKIP_UPDATE_CHECK=true pulumi version`;
  const { code, stdout } = await run("sh", ["-c", script], { signal });
  if (code !== 0) return undefined;
  const [path, version] = stdout.trim().split("\n");
  const [, major, minor] = /^v(\d+)\.(\d+)\./.exec(version ?? "") ?? [];
  return Number(major) === 3 && Number(minor) >= 259 ? path : undefined;
}
