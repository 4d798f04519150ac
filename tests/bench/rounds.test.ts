import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { during, next, type Round, RoundsFile, reached, secondsLeft } from "../../bench/serve/rounds.ts";
import { report } from "../../bench/serve/table.ts";
import type { Variant } from "../../bench/serve/variants.ts";

const folder = mkdtempSync(join(tmpdir(), "rounds-"));
after(() => rmSync(folder, { recursive: true }));

const at = (second: number) => new Date(second * 1000).toISOString();

/** A round of 4,000 requests, of which some are lost at those seconds. */
const round = (variant: Variant, ...lost: number[]): Round => ({
  variant,
  seconds: 150,
  rollouts: 3,
  scaleDowns: 3,
  drains: 2,
  ended: 18,
  phases: [
    { operation: "rollout", from: at(10), to: at(60) },
    { operation: "scale-down", from: at(60), to: at(90) },
    { operation: "drain", from: at(90), to: at(110) },
    { operation: "drain", from: at(110), to: at(150) },
  ],
  outcome: {
    sent: 4000,
    answered: 2000,
    streamed: 2000 - lost.length,
    lost: lost.length,
    losses: lost.map((second) => ({ at: at(second), model: "a", reason: second < 100 ? "500" : "ECONNREFUSED" })),
    overlong: { done: 1, ended: 2, cut: [] },
  },
});
const rounds = (variant: Variant, count: number) => Array.from({ length: count }, () => round(variant));

test("a lost request belongs to the operation that was under way", () => {
  const one = round("ours", 5, 10, 59, 61, 120, 151);
  assert.deepEqual(
    one.outcome.losses.map((lost) => during(one, lost)),
    [undefined, "rollout", "rollout", "scale-down", "drain", undefined],
  );
});

test("the goal of this program is the smallest part of its sums, that of others a number of rounds", () => {
  // 24 rounds: 72 rollouts and scale-downs, 48 drains of 50, 96,000 requests of 100,000.
  assert.equal(reached("ours", rounds("ours", 24)), 0.96);
  assert.equal(reached("ours", rounds("ours", 25)), 1);
  assert.equal(reached("source chart", rounds("source chart", 4)), 0.8);
  assert.equal(reached("source chart", rounds("ours", 4)), 0);
  assert.equal(reached("ours", rounds("ours", 2), 2), 1);
});

test("variants take turns until each has its goal", () => {
  const order: (Variant | undefined)[] = [];
  const done: Round[] = [];
  for (let variant = next(done, 2); variant !== undefined; variant = next(done, 2)) {
    order.push(variant);
    done.push(round(variant));
  }
  const turns = ["ours", "source chart", "production-stack"];
  assert.deepEqual(order, [...turns, ...turns]);
  assert.equal(next([...rounds("source chart", 5), ...rounds("production-stack", 5), ...rounds("ours", 24)]), "ours");
  assert.equal(
    next([...rounds("source chart", 5), ...rounds("production-stack", 5), ...rounds("ours", 25)]),
    undefined,
  );
});

test("the time that is left is told once each variant has a round", () => {
  const done = [...rounds("ours", 1), ...rounds("source chart", 2)];
  assert.equal(secondsLeft(done, 4), undefined);
  assert.equal(secondsLeft([...done, ...rounds("production-stack", 4)], 4), 3 * 150 + 2 * 150);
});

test("a file carries on where it ends; what a killed process wrote half is not there", () => {
  const path = join(folder, "below", "rounds.jsonl");
  const origin = { code: "abc", settings: { workers: 2 } };
  RoundsFile.open(path, origin, false).add(round("ours", 20));
  const whole = readFileSync(path, "utf8");
  appendFileSync(path, '{"variant":"source chart","sec');
  const again = RoundsFile.open(path, origin, false);
  assert.deepEqual(again.rounds, [round("ours", 20)]);
  assert.equal(readFileSync(path, "utf8"), whole);
  again.add(round("source chart"));
  assert.deepEqual(RoundsFile.open(path, origin, false).rounds, [round("ours", 20), round("source chart")]);
});

test("rounds of other code or another load are not mixed in, and go only when that is asked for", () => {
  const path = join(folder, "rounds.jsonl");
  const origin = { code: "abc", settings: { workers: 2 } };
  RoundsFile.open(path, origin, false).add(round("ours"));
  const before = readFileSync(path, "utf8");
  for (const other of [
    { ...origin, code: "abd" },
    { ...origin, settings: { workers: 3 } },
  ]) {
    assert.throws(() => RoundsFile.open(path, other, false), {
      name: "LabError",
      message: `${path} has 1 rounds of something else, which are not mixed with new ones:
    there ${JSON.stringify(origin)}
    here  ${JSON.stringify(other)}
  Give --anew to remove them, or --file FILE to begin another file.`,
    });
  }
  assert.equal(readFileSync(path, "utf8"), before);
  assert.deepEqual(RoundsFile.open(path, { ...origin, code: "abd" }, true).rounds, []);
});

test("the table has each variant's sums, and below it what was lost and why", () => {
  const lines = report([round("ours"), round("ours"), round("source chart", 20, 21, 70, 120)]).split("\n");
  const cells = lines.map((line) => line.trim().split(/ {2,}/));
  assert.deepEqual(cells, [
    ["ours", "source chart"],
    ["rounds", "2", "1"],
    ["rollouts", "6", "3"],
    ["scale-downs", "6", "3"],
    ["drains", "4", "2"],
    ["pods ended", "36", "18"],
    ["requests", "8,000", "4,000"],
    ["lost", "0", "4"],
    ["lost per 100 pods ended", "0", "22.2"],
    ["during rollouts", "0", "2"],
    ["during scale-downs", "0", "1"],
    ["during drains", "0", "1"],
    ["overlong streams, whole", "2", "1"],
    ["ended by an error", "4", "2"],
    ["cut or left hanging", "0", "0"],
    [""],
    ["source chart lost:"],
    ["3", "500"],
    ["1", "ECONNREFUSED"],
  ]);
});
