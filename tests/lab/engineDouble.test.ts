import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { doubleEngine } from "../../lab/engine/double.ts";
import { memory } from "../../lab/memory.ts";
import { writeTinyModel } from "../../lab/tinyModel.ts";
import { identify } from "../../workspace/processes.ts";
import type { Engine } from "../contract/engine/engineProcess.ts";
import { startPod } from "../contract/engine/pod.ts";
import { ask, completion } from "../contract/engine/serving.ts";

/** What makes the double other than it is by default. What it is by default: tests/contract/engine.test.ts. */

const folder = mkdtempSync(join(tmpdir(), "engine-double-"));
before(() => writeTinyModel(folder));
after(() => rmSync(folder, { recursive: true }));

const { signal } = new AbortController();
const { command, env } = await doubleEngine(signal);
const engine: Engine = { name: "double", command, env, startupSeconds: 30 };
const start = (knobs: Record<string, string>) => startPod(engine, signal, folder, { env: knobs });

test("an engine that is told to crash ends with exit code 1 and says why", async () => {
  const pod = await start({ DOUBLE_STARTUP_SECONDS: "0", DOUBLE_CRASH: "no such kernel" });
  assert.equal(await pod.exit, 1);
  assert.ok(
    pod.lines.some((line) => line.includes("RuntimeError: no such kernel")),
    pod.lines.join("\n"),
  );
  assert.ok(!pod.lines.some((line) => line.includes("Starting vLLM server")));
});

test("the length of an answer and the memory are as told", async () => {
  const told = {
    STARTUP_SECONDS: "0",
    TOKEN_SECONDS: "0",
    TEARDOWN_SECONDS: "0",
    ANSWER_TOKENS: "7",
    MEMORY_BYTES: "3e8",
  };
  const pod = await start(Object.fromEntries(Object.entries(told).map(([name, text]) => [`DOUBLE_${name}`, text])));
  try {
    await pod.ready();
    const long = await ask(pod.port, completion(2000));
    const short = await ask(pod.port, completion(100, { ignore_eos: false }));
    const ends = [long, short].map((answer) => {
      assert.ok(answer !== "closed");
      const { choices, usage } = answer.body as {
        choices: { finish_reason: string }[];
        usage: Record<string, unknown>;
      };
      return [choices[0]?.finish_reason, usage.completion_tokens];
    });
    assert.deepEqual(ends, [
      ["length", 2000],
      ["stop", 7],
    ]);
    const identity = identify(pod.pid());
    assert.ok(identity && memory(identity) > 3e8);
    pod.signal("SIGTERM");
    assert.equal(await pod.exit, 0);
  } finally {
    await pod.stop();
  }
});
