import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../lab/command.ts";
import { lock } from "../../lab/lock.ts";
import { repository } from "../../lab/paths.ts";

async function npm(cwd: string, ...args: string[]): Promise<void> {
  const { code, output } = await run("npm", args, { cwd, signal: AbortSignal.timeout(300_000) });
  assert.equal(code, 0, output);
}

/** Builds the package, packs it, and installs it in a folder as npm does. */
export async function installPackage(folder: string): Promise<void> {
  // Test files that run at the same time build it in one place.
  const held = await lock(join(repository, "dist"), AbortSignal.timeout(300_000), () => {});
  try {
    await npm(repository, "run", "build");
    await npm(repository, "pack", "./dist", "--pack-destination", folder);
  } finally {
    await held.release();
  }
  const { peerDependencies } = JSON.parse(readFileSync(join(repository, "dist/package.json"), "utf8"));
  const dependencies = { ...peerDependencies, "pulumi-vllm": "file:pulumi-vllm-0.1.0.tgz" };
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module", dependencies }));
  await npm(folder, "install", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error");
}
