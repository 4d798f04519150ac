import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { policyRules } from "../../config/schema/policyEntries.ts";
import { judge, ruleNames, rules } from "../../policy/judge.ts";
import { resolve, root } from "../config/settings.ts";
import { allStacks } from "../render/stacks.ts";
import { levels, refused, rendered, unjudged } from "./subject.ts";

/** All rules together: what a stack may take, levels, and what the repository's own stacks come to. */

for (const stack of allStacks)
  test(`${stack} breaks no rule`, async () => {
    const { objects, context } = await rendered(stack);
    assert.deepEqual(
      judge({ objects, changes: [] }, context, levels("mandatory")).filter(({ refuses }) => refuses),
      [],
    );
  });

const { objects, context } = await rendered("prod");

test("gpuQuota: what is taken at most, the surge of a rollout too", () => {
  const of = (gpus?: number) => refused("gpuQuota", {}, { ...context, limits: { gpus } });
  assert.deepEqual(of(), []);
  assert.deepEqual(of(22), []);
  assert.deepEqual(of(21), [["policy.limits.gpus", "the stack takes 22 GPUs at most"]]);
});

test("costCeiling: what it costs at most; an unknown cost is too much, another region's price is told", () => {
  const path = "policy.limits.costPerHour";
  const of = (costPerHour?: number, cost = context.cost) => ({ ...context, limits: { costPerHour }, cost });
  assert.deepEqual(refused("costCeiling", {}, of()), []);
  assert.deepEqual(refused("costCeiling", {}, of(17.7056)), []);
  const by = "by prices of us-east-1, not of eu-west-1";
  assert.deepEqual(unjudged("costCeiling", {}, of(17.7056)), [[path, `the cost is reckoned ${by}`]]);
  assert.deepEqual(refused("costCeiling", {}, of(17.7055)), [
    [path, `the stack costs 17.7056 USD an hour at most ${by}`],
  ]);
  const unknown = { perHour: 1, unknown: [{ model: "code", reason: "no price is known of x" }] };
  assert.deepEqual(refused("costCeiling", {}, of(100, unknown)), [
    [path, "the cost of code is unknown: no price is known of x"],
  ]);
  assert.deepEqual(refused("costCeiling", {}, of(undefined, unknown)), []);
  assert.deepEqual(unjudged("costCeiling", {}, of(100, { ...unknown, unknown: [] })), []);
});

test("a rule that is off is silent, an advisory one never refuses, a mandatory one does unless it cannot tell", () => {
  const limits = { ...context, limits: { gpus: 1 } };
  const by = (level: "off" | "advisory" | "mandatory") =>
    judge({ objects }, limits, levels("off", { gpuQuota: level }));
  assert.deepEqual(by("off"), []);
  const finding = {
    ...{ rule: "gpuQuota", path: "policy.limits.gpus", what: "the stack takes 22 GPUs at most" },
    ...{ allowed: "at most 1", next: "lower autoscaling.max, replicas or gpu.spare, or raise the limit" },
  };
  assert.deepEqual(by("advisory"), [{ ...finding, level: "advisory", refuses: false }]);
  assert.deepEqual(by("mandatory"), [{ ...finding, level: "mandatory", refuses: true }]);
  const nothing = judge({}, context, levels("mandatory"));
  assert.deepEqual(
    nothing.map(({ rule, notChecked, refuses }) => [rule, notChecked, refuses]),
    ruleNames.filter((name) => rules[name].of !== "plan").map((name) => [name, true, false]),
  );
});

test("levels and limits are settings, a change of one leaves the others", () => {
  const { policy } = resolve({ own: { cluster: { eks: "lab" }, model: "chat", gpu: { product: "L4" } } });
  const { limits, ...all } = policy;
  assert.deepEqual(limits, {});
  assert.deepEqual(all, Object.fromEntries(ruleNames.map((name) => [name, policyRules[name].about.default])));
  const own = { cluster: { eks: "lab" }, model: "chat", gpu: { product: "L4" } };
  const set = resolve({
    base: { policy: { imageDigest: "advisory", limits: { gpus: "4" } } },
    own: { ...own, policy: { bucketKept: "off", limits: { costPerHour: "2.5" } } },
  }).policy;
  assert.deepEqual(set, {
    ...{ ...all, imageDigest: "advisory", bucketKept: "off" },
    limits: { gpus: 4, costPerHour: 2.5 },
  });
});

test("docs/policy.md says on which path a rule is checked", () => {
  const page = readFileSync(join(root, "docs/policy.md"), "utf8");
  const [head = [], ...rows] = [...page.matchAll(/^\| (?:rule|`\w+`) .*$/gm)].map(([row]) =>
    row.split("|").map((cell) => cell.trim()),
  );
  const column = (row: readonly string[], name: string) => row[head.indexOf(name)];
  // What a rule misses where there is nothing at all, is what it judges.
  const missed = new Map(judge({}, context, levels("mandatory")).map(({ rule, what }) => [rule, what]));
  for (const name of ruleNames) {
    const row = rows.find(([, rule]) => rule === `\`${name}\``) ?? [];
    const paths = ["render", "changes", "state"].map((path) => column(row, path));
    const ofObjects = name === "staticKeys" ? "partly" : "checked";
    const expected = {
      "there are no objects here": [ofObjects, "—", ofObjects],
      "there are no changes here": ["—", "checked", "—"],
      "": ["plan", "plan", "plan"],
    }[missed.get(name) ?? ""];
    assert.deepEqual(paths, expected, name);
  }
});

test("docs/policy.md has each rule, its default, what it judges, and what the policy pack sees of it", () => {
  const page = readFileSync(join(root, "docs/policy.md"), "utf8");
  const cells = (line: string) => line.split("|").map((cell) => cell.trim());
  const [header = [], , ...rows] = page
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .map(cells);
  const preview = header.indexOf("preview");
  const seen = { object: "checked", objects: "checked", plan: "plan", changes: "—" };
  assert.deepEqual(
    rows.map((row) => [row[1], row[2], row[preview]]),
    ruleNames.map((name) => [`\`${name}\``, policyRules[name].about.default, seen[rules[name].of]]),
  );
});
