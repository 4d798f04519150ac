import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Surroundings } from "../../workspace/engine.ts";

/** A folder of a test's own, removed after it. */
export function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "workspace-test-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** An engine that does what those words say, and what it has done so far. */
export function fake(t: TestContext, words: string): Surroundings & { folder: string; diary: () => string[] } {
  const folder = folderOf(t);
  const engine = join(folder, "pulumi");
  writeFileSync(
    engine,
    `#!/bin/sh\nexec '${process.execPath}' '${join(import.meta.dirname, "fakeEngine.mjs")}' "$@"\n`,
  );
  chmodSync(engine, 0o755);
  const diary = join(folder, "diary");
  writeFileSync(diary, "");
  mkdirSync(join(folder, "program"));
  return {
    engine,
    env: { PATH: process.env.PATH, FAKE: words, FAKE_DIARY: diary },
    folder: join(folder, "program"),
    diary: () => readFileSync(diary, "utf8").split("\n").filter(Boolean),
  };
}

/** Polls until something is so. The test's runner ends one that waits for ever. */
export async function until(check: () => boolean): Promise<void> {
  while (!check()) await sleep(20);
}
