import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach } from "node:test";
import { python } from "../../lab/buildPython.ts";
import { LabError } from "../../lab/errors.ts";

/** A folder of the test file's own, gone after it, and programs on the PATH that each test chooses. */

export const folder = mkdtempSync(join(tmpdir(), "lab-build-"));
export const never = new AbortController().signal;
const path = process.env.PATH ?? "";
const interpreter = await python(never);
let count = 0;

afterEach(() => {
  process.env.PATH = path;
});
after(() => rmSync(folder, { recursive: true }));

/** A path where nothing is yet. */
export function fresh(name: string): string {
  return join(folder, `${name}-${count++}`);
}

/** A PATH of a few real programs, and of scripts that play others. */
export function usePath(real: string[], scripts: Record<string, string> = {}): void {
  const bin = fresh("bin");
  mkdirSync(bin);
  process.env.PATH = path;
  for (const name of real) {
    // A version manager may stand in front of Python with a script that needs the whole PATH.
    const found =
      name === "python3" ? interpreter : execFileSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" });
    symlinkSync(found.trim(), join(bin, name));
  }
  for (const [name, body] of Object.entries(scripts)) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  }
  process.env.PATH = bin;
}

/** What a person reads when it fails. */
export async function messageOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => assert.fail("it did not fail"),
    (error: unknown) => error,
  );
  assert.ok(error instanceof LabError, String(error));
  return error.message;
}
