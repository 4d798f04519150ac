import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { run } from "./command.ts";
import { lock } from "./lock.ts";
import { repository } from "./paths.ts";

/** What stands behind a plugin that Pulumi asks for. */
export interface Plugin {
  name: string;
  version: string;
  /** `folder`: from LAB_PLUGINS. `downloaded`: by the engine. `installed`: on the PATH. */
  source: "folder" | "downloaded" | "installed" | "stand-in";
}

/** The smallest first: where it cannot be downloaded, the others are not tried. */
const providers = ["random", "kubernetes", "aws"] as const;
const smallestSeconds = 60;
const largestSeconds = 900;
const languageHost = "pulumi-language-nodejs";

/** The version of a provider's SDK, which is the version of the plugin it asks for. */
const sdkVersion = (name: string): string =>
  JSON.parse(readFileSync(join(repository, "node_modules", "@pulumi", name, "package.json"), "utf8")).version;

/** The engine to run, and what stands behind the plugins it will ask for. */
export interface Engine {
  pulumi: string;
  plugins: Plugin[];
}

/**
 * Puts every plugin that the program needs where the engine finds it: a real one from the folder `LAB_PLUGINS`, else
 * one that the engine can download, else the lab's stand-in. What is there already stays.
 * @param options.home the lab's `PULUMI_HOME`
 */
export async function installPlugins(options: {
  home: string;
  pulumi: string;
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
}): Promise<Engine> {
  const plugins: Plugin[] = [];
  let reachable = true;
  // Projects that are staged at the same time share the folder.
  const held = await lock(join(options.home, "plugins"), options.signal, () => {});
  try {
    for (const name of providers) {
      const plugin = await installProvider(name, { ...options, reachable });
      reachable &&= plugin.source !== "stand-in";
      plugins.push(plugin);
    }
    const { source, pulumi } = installLanguageHost(options.home, options.pulumi);
    return { pulumi, plugins: [...plugins, { name: "nodejs", version: "", source }] };
  } finally {
    await held.release();
  }
}

interface Place {
  home: string;
  pulumi: string;
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
  reachable: boolean;
}

async function installProvider(name: (typeof providers)[number], options: Place): Promise<Plugin> {
  const version = sdkVersion(name);
  const executable = `pulumi-resource-${name}`;
  const place = join(options.home, "plugins", `resource-${name}-v${version}`);
  const real = inFolder(executable);
  // What is there and where it came from: another LAB_PLUGINS is another installation.
  const marker = join(place, "lab-source");
  const [origin, source] = existsSync(marker) ? readFileSync(marker, "utf8").split("\n") : [];
  if (source && origin === (real ?? "")) return { name, version, source: source as Plugin["source"] };

  rmSync(place, { recursive: true, force: true });
  const install = async (): Promise<Plugin["source"]> => {
    if (!real && options.reachable && (await download(name, version, options))) return "downloaded";
    mkdirSync(place, { recursive: true });
    if (real) symlinkSync(real, join(place, executable));
    else wrap(join(place, executable), name);
    return real ? "folder" : "stand-in";
  };
  const installed = await install();
  writeFileSync(marker, `${real ?? ""}\n${installed}`);
  return { name, version, source: installed };
}

/** The engine looks for the language host beside itself first, so a host of the lab stands beside a link to the engine. */
function installLanguageHost(home: string, pulumi: string): { source: Plugin["source"]; pulumi: string } {
  const real = inFolder(languageHost);
  const paths = [dirname(pulumi), ...(process.env.PATH ?? "").split(":")];
  if (!real && paths.some((path) => existsSync(join(path, languageHost)))) return { source: "installed", pulumi };
  const bin = join(home, "bin");
  mkdirSync(bin, { recursive: true });
  const engine = join(bin, "pulumi");
  if (!existsSync(engine) || statSync(engine).size !== statSync(pulumi).size)
    replace(engine, (place) => {
      try {
        linkSync(pulumi, place);
      } catch {
        copyFileSync(pulumi, place);
      }
    });
  replace(join(bin, languageHost), (place) => (real ? symlinkSync(real, place) : wrap(place, "nodejs")));
  return { source: real ? "folder" : "stand-in", pulumi: engine };
}

/** Puts a file in the place of one that an engine may be starting at this moment. */
function replace(place: string, make: (place: string) => void): void {
  const temporary = `${place}.new`;
  rmSync(temporary, { force: true });
  make(temporary);
  renameSync(temporary, place);
}

function inFolder(executable: string): string | undefined {
  const folder = process.env.LAB_PLUGINS;
  return folder && existsSync(join(folder, executable)) ? join(folder, executable) : undefined;
}

/** A plugin is an executable; a stand-in is a script that this Node runs. */
function wrap(place: string, name: string): void {
  const script = join(repository, "lab", "standins", name, "main.ts");
  writeFileSync(place, `#!/bin/sh\nexec '${process.execPath}' '${script}' "$@"\n`);
  chmodSync(place, 0o755);
}

async function download(name: string, version: string, { pulumi, env, signal }: Place): Promise<boolean> {
  const limit = AbortSignal.timeout((name === providers[0] ? smallestSeconds : largestSeconds) * 1000);
  try {
    const args = ["plugin", "install", "resource", name, version];
    return (await run(pulumi, args, { env, signal: AbortSignal.any([signal, limit]) })).code === 0;
  } catch (error) {
    if (signal.aborted) throw error;
    return false;
  }
}
