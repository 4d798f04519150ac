import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { doubleEngine } from "../../lab/engine/double.ts";
import { repository } from "../../lab/paths.ts";
import { writeTinyModel } from "../../lab/tinyModel.ts";
import type { Engine } from "./engine/engineProcess.ts";
import { sessions } from "./engine/sessions.ts";

/**
 * What a real vLLM showed of itself (tests/data/engine-0.32.0, written by engine/record.ts), played again: on the lab's
 * double, and on a real one where `VLLM` names its executable.
 */

const recorded = join(repository, "tests/data/engine-0.32.0");
const home = mkdtempSync(join(tmpdir(), "engine-"));
const folder = join(home, "model");
before(() => writeTinyModel(folder));
after(() => rmSync(home, { recursive: true }));

const { command, env } = await doubleEngine(new AbortController().signal);
const engines: Engine[] = [{ name: "double", command, env, startupSeconds: 30 }];
const real = process.env.VLLM;
if (real) engines.push({ name: "real", command: [real], env: { HOME: process.env.HOME ?? "/" }, startupSeconds: 900 });

for (const engine of engines) {
  // The double sleeps most of the time, a real one takes the machine.
  const concurrency = engine.name === "double" ? Object.keys(sessions).length : 1;
  describe(`engine, ${engine.name}`, { concurrency }, () => {
    for (const [name, play] of Object.entries(sessions))
      test(name, { timeout: engine.startupSeconds * 4000 }, async ({ signal }) => {
        const expected: unknown = JSON.parse(readFileSync(join(recorded, `${name}.json`), "utf8"));
        const actual: unknown = JSON.parse(JSON.stringify(await play(engine, folder, signal)));
        assert.deepEqual(actual, expected);
      });
  });
}
