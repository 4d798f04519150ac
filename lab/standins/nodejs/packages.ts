import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** What the host reads in a package.json. */
interface PackageJson {
  name?: string;
  version?: string;
  dependencies?: { [name: string]: string };
  devDependencies?: { [name: string]: string };
  pulumi?: { resource?: boolean; name?: string; version?: string; server?: string };
}

/** An installed package. */
export interface InstalledPackage {
  name: string;
  version: string;
}

/** A provider plugin that a program's packages ask for. */
export interface RequiredPlugin {
  name: string;
  /** With a leading `v`, as the engine wants it. */
  version: string;
  server: string;
}

/** The packages that the program's package.json names and that are installed. */
export function directDependencies(programDirectory: string): InstalledPackage[] {
  const manifest = readManifest(programDirectory);
  return dependencyNames(manifest).flatMap((name) => {
    const found = findPackage(programDirectory, name);
    return found ? [{ name, version: found.manifest.version ?? "" }] : [];
  });
}

/** The provider plugins of all packages that the program depends on, directly or through others. */
export function requiredPlugins(programDirectory: string): RequiredPlugin[] {
  const plugins = new Map<string, RequiredPlugin>();
  const seen = new Set<string>();
  const visit = (directory: string, names: string[]) => {
    for (const name of names) {
      const found = findPackage(directory, name);
      if (!found || seen.has(found.directory)) continue;
      seen.add(found.directory);
      const plugin = pluginOf(found.manifest);
      if (plugin) plugins.set(`${plugin.name} ${plugin.version}`, plugin);
      visit(found.directory, Object.keys(found.manifest.dependencies ?? {}));
    }
  };
  visit(programDirectory, dependencyNames(readManifest(programDirectory)));
  return [...plugins.values()];
}

function pluginOf(manifest: PackageJson): RequiredPlugin | undefined {
  const { pulumi } = manifest;
  if (!pulumi?.resource) return undefined;
  const name = pulumi.name ?? manifest.name?.replace(/^@pulumi\//, "");
  const version = pulumi.version ?? manifest.version;
  if (!name || !version) return undefined;
  return { name, version: version.startsWith("v") ? version : `v${version}`, server: pulumi.server ?? "" };
}

function dependencyNames(manifest: PackageJson | undefined): string[] {
  return Object.keys({ ...manifest?.devDependencies, ...manifest?.dependencies });
}

/** The package as Node finds it from a directory: in the nearest `node_modules` on the way up. */
function findPackage(from: string, name: string): { directory: string; manifest: PackageJson } | undefined {
  for (let at = from; ; at = dirname(at)) {
    const directory = join(at, "node_modules", name);
    const manifest = readManifest(directory);
    if (manifest) return { directory, manifest };
    if (dirname(at) === at) return undefined;
  }
}

function readManifest(directory: string): PackageJson | undefined {
  try {
    return JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as PackageJson;
  } catch {
    return undefined;
  }
}
