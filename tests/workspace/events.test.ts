import assert from "node:assert/strict";
import { test } from "node:test";
import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import { Events } from "../../workspace/events.ts";

/** The engine's events, as far as they matter to a test. */
const engineEvent = (told: object) => told as EngineEvent;
const urn = (name: string) => `urn:pulumi:dev::p::vllm:index:ModelServer$kubernetes:apps/v1:Deployment::${name}`;
const metadata = (op: string, name: string, more: object = {}) => ({
  op,
  urn: urn(name),
  type: "kubernetes:apps/v1:Deployment",
  ...more,
});
const started = (name: string, op = "create", more = {}) =>
  engineEvent({ resourcePreEvent: { metadata: metadata(op, name), ...more } });
const finished = (name: string, op = "create", more = {}) =>
  engineEvent({ resOutputsEvent: { metadata: metadata(op, name, more) } });
const failed = (name: string, op = "create") =>
  engineEvent({ resOpFailedEvent: { metadata: metadata(op, name), status: 0, steps: 1 } });
const said = (severity: string, message: string, more = {}) =>
  engineEvent({ diagnosticEvent: { severity, message, ...more } });

function read(...all: readonly [EngineEvent, number?][]): Events {
  const events = new Events();
  for (const [event, at = 0] of all) events.take(event, at);
  return events;
}

test("a step is told when it starts, finishes and fails, with the time between", () => {
  const events = new Events();
  const base = {
    urn: urn("a"),
    type: "kubernetes:apps/v1:Deployment",
    name: "a",
    operation: "create",
    planned: false,
    paths: [],
  };
  assert.deepEqual(events.take(started("a"), 1000), { kind: "started", ...base, metadata: metadata("create", "a") });
  assert.deepEqual(
    events.steps.map(({ kind }) => kind),
    ["started"],
  );
  assert.deepEqual(events.take(finished("a"), 4260), {
    kind: "finished",
    ...base,
    seconds: 3.3,
    metadata: metadata("create", "a"),
  });
  events.take(started("b", "delete"), 5000);
  events.take(failed("b", "delete"), 5900);
  const { kind, seconds, operation } = events.steps[1] ?? assert.fail();
  assert.deepEqual([kind, seconds, operation], ["failed", 0.9, "delete"]);
  assert.deepEqual(
    events.steps.map(({ kind, name }) => `${kind} ${name}`),
    ["finished a", "failed b"],
  );
});

test("the steps of a replacement are told apart, a name may hold colons, paths are sorted", () => {
  const diff = { detailedDiff: { "spec.b": { diffKind: "update" }, "spec.a": { diffKind: "add-replace" } } };
  const { steps } = read(
    [started("x::y", "create-replacement")],
    [finished("x::y", "create-replacement", diff)],
    [started("x::y", "delete-replaced")],
  );
  assert.deepEqual(
    steps.map(({ kind, name, operation, paths }) => [kind, name, operation, paths]),
    [
      ["finished", "x::y", "create-replacement", ["spec.a", "spec.b"]],
      ["started", "x::y", "delete-replaced", []],
    ],
  );
});

test("an end without a beginning takes no time", () => {
  assert.equal(read([finished("a"), 9000]).steps[0]?.seconds, 0);
});

test("what a preview said is forgotten when the update begins, and is marked as planned", () => {
  const prelude = engineEvent({ preludeEvent: { config: {} } });
  const events = new Events();
  assert.equal(events.begun, false);
  events.take(prelude, 0);
  assert.equal(events.begun, true);
  events.take(started("a", "create", { planning: true }), 0);
  events.take(said("warning", "only planned"), 0);
  events.take(engineEvent({ summaryEvent: { resourceChanges: { create: 2 }, durationSeconds: 1 } }), 0);
  assert.deepEqual([events.steps[0]?.planned, events.diagnostics.length, events.changes], [true, 1, { create: 2 }]);
  events.take(prelude, 0);
  assert.deepEqual([events.steps, events.diagnostics, events.violations, events.changes], [[], [], [], {}]);
  events.take(started("a"), 0);
  assert.equal(events.steps[0]?.planned, false);
});

test("diagnostics come without colours; debugging, what is passing and what repeats itself are left out", () => {
  const { diagnostics } = read(
    [said("error", "<{%reset%}>sets the limit to \u001b[31m3\u001b[0m<{%reset%}>\n", { urn: urn("a") })],
    [said("info#err", "to stderr\n  indented\n")],
    [said("debug", "Registering resource")],
    [said("info", "Waiting for the Deployment", { ephemeral: true })],
    [said("info", " \n")],
    [said("error", "update failed\n")],
    [said("error", "update canceled")],
    [said("error", "resource monitor shut down")],
  );
  assert.deepEqual(diagnostics, [
    { kind: "diagnostic", severity: "error", message: "sets the limit to 3", urn: urn("a") },
    { kind: "diagnostic", severity: "info#err", message: "to stderr\n  indented" },
  ]);
});

test("a violated policy and the summary are passed through", () => {
  const violation = {
    policyName: "images-by-digest",
    policyPackName: "pulumi-vllm",
    enforcementLevel: "mandatory",
    message: "<{%fg 1%}>image: has no digest<{%reset%}>",
    resourceUrn: urn("a"),
  };
  const events = new Events();
  const told = {
    kind: "policy",
    pack: "pulumi-vllm",
    policy: "images-by-digest",
    enforcement: "mandatory",
    message: "image: has no digest",
    urn: urn("a"),
  };
  assert.deepEqual(events.take(engineEvent({ policyEvent: violation }), 0), told);
  assert.deepEqual(events.violations, [told]);
  const summary = { resourceChanges: { create: 3, same: 2 }, durationSeconds: 7, maybeCorrupt: false };
  assert.deepEqual(events.take(engineEvent({ summaryEvent: summary }), 0), {
    kind: "summary",
    changes: { create: 3, same: 2 },
    seconds: 7,
  });
  assert.deepEqual(events.changes, { create: 3, same: 2 });
});

test("kinds of events that are not known are passed over", () => {
  const events = new Events();
  for (const told of [{ cancelEvent: {} }, { stdoutEvent: { message: "^C" } }, { hologramEvent: { depth: 3 } }, {}])
    assert.equal(events.take(engineEvent(told), 0), undefined);
  assert.deepEqual([events.steps, events.diagnostics, events.begun], [[], [], false]);
});
