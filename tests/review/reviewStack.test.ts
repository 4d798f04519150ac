import assert from "node:assert/strict";
import { test } from "node:test";
import { resolveSettings } from "../../config/settings.ts";
import type { Judged } from "../../policy/judge.ts";
import type { Changes } from "../../review/changes.ts";
import type { HeadAnswer, Side } from "../../review/renders/headWorker.ts";
import { takenAway } from "../../review/report/words.ts";
import type { Missing, StackReview } from "../../review/review.ts";
import { exitCodes, worst } from "../../review/review.ts";
import { type Found, removedStack, reviewStack } from "../../review/reviewStack.ts";
import { grouped, recorded } from "./recorded.ts";

/** How a review is put together, and how it ends. */

const levels = resolveSettings({ stack: "s", sources: [] }).settings.policy;
const rate = { perHour: 1, perMonth: 730 };
const side = (given: Partial<Side> = {}): Side => ({
  ...{ objects: [], gpus: { steady: 1, rolling: 1, max: 1, products: {} }, findings: [], levels },
  cost: { currency: "USD", steady: rate, most: rate, unknown: [] },
  context: {
    ...{ production: false, region: "eu-west-1", onDestroy: "keep", models: {}, limits: {}, gpus: 1 },
    cost: { perHour: 1, unknown: [] },
  },
  ...given,
});
const finding = (given: Partial<Judged>): Judged => ({
  ...{ rule: "gpuQuota", level: "mandatory", refuses: true, path: "policy.limits.gpus", what: "9 GPUs" },
  ...{ allowed: "8", next: "take less" },
  ...given,
});

const forked: Missing = { part: "preview", reason: "a fork", failed: false };
const previewed = (changes: Changes, missing: Missing[] = []): Found["preview"] => ({
  against: "state",
  changes,
  missing,
});
const same: Changes = { ...grouped(recorded("update")), destructive: [], resources: [], components: [] };

const review = (answer: Partial<HeadAnswer>, given: Partial<Found> = {}): StackReview =>
  reviewStack({
    ...{ stack: "dev", isNew: false, hasOtherPackages: false, preview: previewed(same) },
    head: { head: side(), base: side(), settings: [], causes: {}, ...answer },
    ...given,
  });

test("a finding is new unless base has it in the same words", () => {
  const [old, worse, other] = [
    finding({}),
    finding({ what: "10 GPUs" }),
    finding({ rule: "costCeiling", refuses: false }),
  ];
  const told = review({ base: side({ findings: [old] }), head: side({ findings: [old, worse, other] }) });
  assert.deepEqual(
    told.policy?.findings.map((one) => [one.rule, one.what, one.new]),
    [
      ["gpuQuota", "9 GPUs", false],
      ["gpuQuota", "10 GPUs", true],
      ["costCeiling", "9 GPUs", true],
    ],
  );
  assert.equal(told.outcome, "refused");
});

test("a bucket that goes is judged on the preview; where that was pending, it is no new breach", () => {
  const bucket = {
    ...{ name: "vllm-models-bucket", type: "aws:s3/bucket:Bucket", urn: "b", state: "planned" as const },
    change: "delete" as const,
  };
  const changes = { ...same, resources: [bucket] };
  const objects = [
    { ...{ type: bucket.type, name: bucket.name, properties: {} }, protect: false, retainOnDelete: false },
  ];
  const found = (base: Side) =>
    review({ base }, { preview: previewed(changes) }).policy?.findings.map((one) => [one.rule, one.refuses, one.new]);
  assert.deepEqual(found(side({ objects })), [["bucketKept", true, true]]);
  assert.deepEqual(found(side()), [["bucketKept", true, false]]);
  const unseen = review({}, { preview: forked }).policy?.findings;
  assert.deepEqual(
    unseen?.map(({ rule, notChecked, refuses }) => [rule, notChecked, refuses]),
    [["bucketKept", true, false]],
  );
});

test("failed comes before refused, and what is missing for want of credentials is neither", () => {
  const refusing = { head: side({ findings: [finding({})] }) };
  const failed = previewed({ ...same, outcome: "failed", reason: "no" });
  const silent: Missing = { part: "cluster", reason: "no answer", failed: true };
  const outcomes = [
    review({}),
    review({}, { preview: forked }),
    review(refusing),
    review(refusing, { preview: forked }),
    review({}, { preview: failed }),
    review(refusing, { preview: failed }),
    review(refusing, { preview: previewed(same, [silent]) }),
    review({ head: { problems: ["wrong"] } }),
    review({}, { head: { broken: "SyntaxError" } }),
    removedStack("gone"),
  ].map(({ outcome }) => outcome);
  assert.deepEqual(outcomes, [
    ...["fine", "fine", "refused", "refused", "failed", "failed", "failed", "failed", "failed", "fine"],
  ]);
  assert.equal(worst(["fine", "refused", "failed", "refused"]), "failed");
  assert.equal(worst(["fine", "refused"]), "refused");
  assert.equal(worst([]), "fine");
  assert.deepEqual(exitCodes, { fine: 0, failed: 1, refused: 2 });
});

test("a preview that failed is told by the renders, one that went through by itself, the worst first", () => {
  const failed = review({}, { preview: previewed({ ...same, outcome: "failed", reason: "no" }) });
  assert.deepEqual([failed.toldBy, failed.preview?.reason, failed.resources], ["render", "no", []]);
  const whole = review({}, { preview: previewed(grouped(recorded("replacement1"))) });
  assert.equal(whole.toldBy, "preview");
  const harmful = whole.resources.map(({ harms }) => harms.length > 0);
  assert.deepEqual(
    harmful,
    harmful.toSorted((a, b) => Number(b) - Number(a)),
  );
  assert.deepEqual(whole.resources[0]?.forcedBy, ["data", "stringData"]);
});

test("what stays where it is, is not destroyed; other packages are said", () => {
  const kept = {
    ...{ name: "b", type: "aws:s3/bucket:Bucket", urn: "b", state: "planned" as const },
    change: "delete" as const,
  };
  const changes: Changes = {
    ...{ ...same, resources: [kept] },
    destructive: [{ name: "b", type: kept.type, urn: "b", within: [], harms: ["delete"], retained: true }],
  };
  const told = review({}, { preview: previewed(changes), hasOtherPackages: true });
  assert.equal(
    takenAway(told, (text) => text),
    "leaves the stack, and stays where it is: b",
  );
  assert.deepEqual(
    told.missing.map(({ part }) => part),
    ["basePackages"],
  );
});

test("of many problems of base's settings some are told", () => {
  const problems = ["a", "b", "c", "d", "e"];
  const told = review({ base: { problems } });
  assert.deepEqual(told.missing, [
    { part: "baseSettings", reason: "this code cannot plan base's settings: a; b; c; and 2 more", failed: false },
  ]);
  assert.equal(told.gpus.before, undefined);
});
