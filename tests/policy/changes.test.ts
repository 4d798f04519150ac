import assert from "node:assert/strict";
import { test } from "node:test";
import { judge } from "../../policy/judge.ts";
import type { PolicyContext } from "../../policy/rule.ts";
import { readChanges } from "../../review/changesDocument.ts";
import { policyChanges } from "../../review/policyChanges.ts";
import { grouped, type Recorded, recorded } from "../review/recorded.ts";
import { byRule, levels, refused, rendered, unjudged } from "./subject.ts";

/** Rules on the grouped changes of real operations. */

const { objects, context } = await rendered("dev");
const keep: PolicyContext = { ...context, onDestroy: "keep" };
const subject = (told: Recorded, operation: "preview" | "up" | "destroy") =>
  policyChanges(readChanges("changes.json", JSON.parse(JSON.stringify(grouped(told, operation))), "dev"));
const of = (name: string, operation: "preview" | "up" | "destroy" = "preview") => subject(recorded(name), operation);

const taken = (change: string) => [["", `a ${change} of the bucket takes its models away`]];

test("bucketKept: a destroy takes the bucket, unless the stack says so", () => {
  assert.deepEqual(refused("bucketKept", of("destroy", "destroy"), keep), taken("delete"));
  assert.equal(context.onDestroy, "delete");
  assert.deepEqual(byRule("bucketKept", of("destroy", "destroy"), context), []);
});

test("bucketKept: one that stays where it is when it leaves the stack is kept", () =>
  assert.deepEqual(byRule("bucketKept", of("retained", "destroy"), keep), []));

test("bucketKept: a replacement leaves the servers without models, also where the old bucket stays", () => {
  const replaced = of("bucketReplaced");
  const bucket = replaced.changes.find(({ name }) => name === "vllm-models-bucket");
  assert.deepEqual([bucket?.change, bucket?.retained], ["replace", true]);
  assert.deepEqual(refused("bucketKept", replaced, keep), taken("replace"));
  assert.deepEqual(byRule("bucketKept", replaced, context), []);
});

test("bucketKept: whatever else changes or goes", () => {
  for (const name of ["update", "deletion", "replacement1", "secret", "unknown1", "unprotect", "empty1", "many"])
    assert.deepEqual(byRule("bucketKept", of(name), keep), [], name);
});

test("bucketKept: of an operation that did not succeed what it came to is judged, and the rest is not checked", () => {
  for (const [name, operation] of [
    ["refused", "destroy"],
    ["protected", "preview"],
    ["failed", "up"],
    ["stuck", "up"],
  ] as const) {
    const changes = of(name, operation);
    assert.deepEqual(refused("bucketKept", changes, keep), [], name);
    assert.deepEqual(unjudged("bucketKept", changes, keep), [["", changes.partial]], name);
  }
});

test("bucketKept: a deletion that failed is one: the next operation tries it again", () => {
  const told = recorded("destroy");
  const steps = told.steps.map((step) =>
    step.name === "vllm-models-bucket" ? { ...step, kind: "failed" as const, planned: false } : step,
  );
  const failed = subject({ ...told, outcome: "failed", reason: "BucketNotEmpty", steps }, "destroy");
  assert.deepEqual(refused("bucketKept", failed, keep), taken("delete"));
  assert.deepEqual(unjudged("bucketKept", failed, keep), [["", "the destroy did not succeed (BucketNotEmpty)"]]);
});

test("changes are judged beside the objects, and make no difference to what these are judged by", () => {
  const alone = judge({ objects }, keep, levels("mandatory", { bucketKept: "off" }));
  const both = judge({ objects, ...of("destroy", "destroy") }, keep, levels("mandatory"));
  assert.deepEqual(
    both.filter(({ rule }) => rule !== "bucketKept"),
    alone,
  );
  assert.equal(both.length, alone.length + 1);
});
