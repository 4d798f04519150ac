import assert from "node:assert/strict";
import { test } from "node:test";
import { logEnd } from "../../../components/rollout/logEnd.ts";

const frames = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => `  File "vllm/v1/engine/core.py", line ${from + index}, in step`);
const logged = (line: string) => `(Worker pid=241) ERROR 11-22 11:55:56 [multiproc_executor.py:953] ${line}`;

test("a short log is told whole", () => {
  assert.equal(logEnd("loading\nValueError: no room\n"), "loading\nValueError: no room");
  assert.equal(logEnd(""), "");
});

test("an engine that fails is told by its reason, which vLLM logs dozens of lines above its last word", () => {
  const last = "RuntimeError: Engine core initialization failed. See root cause above. Failed core proc(s): {}";
  const reason = logged("RuntimeError: Cannot find any model weights with `/model`");
  const told = logEnd([...frames(1, 40), reason, ...frames(100, 110), last, ""].join("\n"));
  assert.deepEqual(told.split("\n"), [reason, "…", ...frames(199, 11), last]);
});

test("of what several processes tell each reason is told once, the last three, in their order", () => {
  const one = (name: string) => logged(`${name}Error: ${name}`);
  const lines = ["A", "B", "B", "C", "D", "D"].flatMap((name) => [one(name), ...frames(1, 3)]);
  const bare = "BError: B";
  const told = logEnd([...lines, bare, ...frames(200, 12)].join("\n"));
  assert.deepEqual(told.split("\n"), [one("B"), one("C"), one("D"), "…", ...frames(200, 12)]);
});

test("what stands at the end is not told above it too", () => {
  const reason = "torch.OutOfMemoryError: CUDA out of memory.";
  assert.deepEqual(logEnd([logged(reason), ...frames(1, 20), reason].join("\n")).split("\n"), [
    ...frames(10, 11),
    reason,
  ]);
});

test("what only speaks of errors is no reason, and a line is cut where it is long", () => {
  const warning =
    "(APIServer pid=1) WARNING 11-22 11:55:40 [system_utils.py:255] may cause `OSError: [Errno 24]` files";
  assert.deepEqual(logEnd([warning, ...frames(1, 12)].join("\n")).split("\n"), frames(1, 12));
  assert.equal(logEnd("x".repeat(500)), `${"x".repeat(400)}…`);
});
