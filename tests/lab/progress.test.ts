import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { clock, step } from "../../lab/progress.ts";

test("seconds as a clock", () => {
  assert.deepEqual([0, 9.99, 60, 130.4, 3600].map(clock), ["0:00", "0:09", "1:00", "2:10", "60:00"]);
});

/** What a step writes while `work` runs for 65 s of a clock that is not real. */
async function written(isTTY: boolean, fails: boolean): Promise<string[]> {
  const lines: string[] = [];
  mock.timers.enable({ apis: ["setInterval", "setTimeout"] });
  let now = 0;
  mock.method(performance, "now", () => now);
  mock.method(process.stderr, "write", (text: string) => lines.push(text) > 0);
  const before = process.stderr.isTTY;
  process.stderr.isTTY = isTTY;
  try {
    await step("building it", "1 min", async () => {
      for (let second = 0; second < 65; second++) {
        now += 1000;
        mock.timers.tick(1000);
      }
      if (fails) throw new Error("no");
    }).catch(() => {});
  } finally {
    process.stderr.isTTY = before;
    mock.restoreAll();
    mock.timers.reset();
  }
  return lines;
}

test("without a terminal: a line at the start, every 30 s, and at the end", async () => {
  assert.deepEqual(await written(false, false), [
    "building it … 0:00, about 1 min\n",
    "building it … 0:30, about 1 min\n",
    "building it … 1:00, about 1 min\n",
    "building it … done in 1:05\n",
  ]);
});

test("on a terminal: one line, rewritten every second", async () => {
  const lines = await written(true, false);
  assert.equal(lines.length, 67);
  assert.ok(lines.slice(0, -1).every((line) => line.startsWith("\r\x1b[2K") && !line.includes("\n")));
  assert.equal(lines[65], "\r\x1b[2Kbuilding it … 1:05, about 1 min");
  assert.equal(lines.at(-1), "\r\x1b[2Kbuilding it … done in 1:05\n");
});

test("a step that fails does not say that it is done", async () => {
  assert.equal((await written(false, true)).at(-1), "building it … stopped after 1:05\n");
});
