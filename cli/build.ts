import { spawnSync } from "node:child_process";
import { cpSync, globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "./command.ts";

const usage = `usage: npm run build
Writes the package that other programs install to dist/: JavaScript with declarations. 'npm pack ./dist' packs it.`;

const root = join(import.meta.dirname, "..");

/** The facts of this program's own package.json that its package shares. */
interface Manifest {
  name: string;
  version: string;
  description: string;
  license: string;
  engines: object;
  dependencies: Readonly<Record<string, string>>;
}

/**
 * The package's own package.json. Pulumi's SDKs are the program's that installs it: with a second copy of one, resources
 * would not be known as what they are.
 */
function manifest({ name, version, description, license, engines, dependencies }: Manifest): object {
  const entries = Object.entries(dependencies);
  const isSdk = ([name]: [string, string]) => name.startsWith("@pulumi/");
  // Of files of settings, of the engine's events, of the policy pack and of comments on pull requests: none of which is in it.
  const notIts = ["yaml", "@grpc/grpc-js", "google-protobuf", "@pulumi/policy"];
  const isOurs = ([name]: [string, string]) => notIts.includes(name) || /^@(octokit|gitbeaker)\//.test(name);
  const needed = entries.filter((entry) => !isOurs(entry));
  return {
    ...{ name, version, description, license, engines },
    type: "module",
    // What Pulumi runs as a plugin; programs, and compilers that do not read the third, take the others.
    main: "./provider/main.js",
    types: "./components/index.d.ts",
    exports: { ".": { types: "./components/index.d.ts", default: "./components/index.js" } },
    dependencies: Object.fromEntries(needed.filter((entry) => !isSdk(entry))),
    peerDependencies: Object.fromEntries(needed.filter(isSdk).map(([name, version]) => [name, `^${version}`])),
  };
}

function run(): number {
  const dist = join(root, "dist");
  rmSync(dist, { recursive: true, force: true });
  const compiler = join(root, "node_modules/typescript/lib/tsc.js");
  const args = [compiler, "--project", "tsconfig.package.json"];
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" });
  if (status !== 0) return 1;
  // What pods run is no module; whoever installs the package reads which settings there are.
  const others = [...globSync("components/**/*.py", { cwd: root }), "provider/schema.json", "docs/settings.md"];
  for (const file of [...others, "CHANGELOG.md"]) cpSync(join(root, file), join(dist, file));
  cpSync(join(root, "provider/PulumiPlugin.yaml"), join(dist, "PulumiPlugin.yaml"));
  const own = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest;
  writeFileSync(join(dist, "package.json"), `${JSON.stringify(manifest(own), null, 2)}\n`);
  return 0;
}

await runCommand({ usage, run });
