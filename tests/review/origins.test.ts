import assert from "node:assert/strict";
import { test } from "node:test";
import type { Tree } from "../../config/tree.ts";
import type { ResourceChange } from "../../review/changes.ts";
import { causedBy, type Renders, waysOf } from "../../review/origins.ts";
import type { Rendered } from "../../review/renders/objects.ts";

/** Whose a change is, by what the renders say. */

const type = "kubernetes:apps/v1:Deployment";
const object = (name: string, properties: Tree): Rendered => ({
  ...{ type, name, properties },
  ...{ protect: false, retainOnDelete: false },
});
const key = (name: string) => `${type}::${name}`;

const change = (name: string, given: Partial<ResourceChange> = {}): ResourceChange => ({
  ...{ name, type, urn: name, change: "update", state: "planned" },
  ...given,
});
const property = (path: string, before: unknown, after: unknown) => ({ path, kind: "update" as const, before, after });

/** What is said of each property, and last of the resource. */
function told(renders: Renders, one: ResourceChange, causes = {}, facts = {}): string[] {
  const { resource, properties } = causedBy(one, waysOf(renders, causes, facts));
  return [...properties.map(({ origins }) => origins.join(" ")), resource.origins.join(" ")];
}

const update = change("a", {
  properties: [property("spec.p", 1, 2), property("spec.s", 1, 2), property("spec.o", 1, 2)],
});
const byBase = [object("a", { spec: { p: 1, s: 1, o: 2 } })];
const base = [object("a", { spec: { p: 2, s: 1, o: 2 } })];
const head = [object("a", { spec: { p: 2, s: 2, o: 2 } })];

test("of three renders the first difference is the program's, the second the settings', the rest was pending", () => {
  assert.deepEqual(told({ head, base, other: { byBase, base, head } }, update), [
    "program",
    "settings",
    "pending",
    "settings program pending",
  ]);
});

test("where the code is the same, all but the settings' was pending", () =>
  assert.deepEqual(told({ head, base }, update), ["pending", "settings", "pending", "settings pending"]));

test("without base's render, what is not the settings' is the program's or was pending", () =>
  assert.deepEqual(told({ head, base, other: { base, head } }, update), [
    "programOrPending",
    "settings",
    "programOrPending",
    "settings programOrPending",
  ]));

test("without base's settings by head's code, program and settings are told together", () =>
  assert.deepEqual(told({ head, other: { byBase, head } }, update), [
    "programOrSettings",
    "programOrSettings",
    "pending",
    "programOrSettings pending",
  ]));

test("without either nothing is known", () =>
  assert.deepEqual(told({ head, other: { head } }, update), ["unknown", "unknown", "unknown", "unknown"]));

test("where the packages are others, what is not rendered otherwise is theirs or was pending", () =>
  assert.deepEqual(told({ head, base }, update, {}, { hasOtherPackages: true }), [
    "programOrPending",
    "settings",
    "programOrPending",
    "settings programOrPending",
  ]));

test("what comes and goes is whose render has it first", () => {
  const renders = { head: [...head, object("new", {})], base: [...base, object("gone", {})] };
  assert.deepEqual(told(renders, change("new", { change: "create" })), ["settings"]);
  assert.deepEqual(told(renders, change("gone", { change: "delete" })), ["settings"]);
  assert.deepEqual(told(renders, change("a", { change: "create" })), ["pending"]);
  assert.deepEqual(told(renders, change("stray", { change: "delete" })), ["pending"]);
});

test("what is in no render is told so, unless nothing differs at all", () => {
  const provider = change("cluster", {
    type: "pulumi:providers:kubernetes",
    properties: [property("context", "a", "b")],
  });
  assert.deepEqual(told({ head, base }, provider), ["unknown", "unknown"]);
  assert.deepEqual(told({ head, base: head }, provider), ["pending", "pending"]);
  // The program makes something that the components do not.
  assert.deepEqual(told({ head, base: head, other: { byBase: head, base: head, head } }, provider), [
    "unknown",
    "unknown",
  ]);
  assert.deepEqual(told({ head }, provider, {}, { isNew: true }), ["settings", "settings"]);
});

test("a number that the state has otherwise than base was pending too", () => {
  const state = change("a", { properties: [property("spec.s", 7, 2)] });
  assert.deepEqual(told({ head, base }, state), ["settings pending", "settings pending"]);
});

test("in a list whose entries move, what is about the same list is; what is in a Secret by either name", () => {
  const args = (...list: string[]) => [object("a", { args: list })];
  const moved = change("a", { properties: [property("args[2]", undefined, "c")] });
  assert.deepEqual(told({ base: args("a", "b"), head: args("a", "x", "b") }, moved), ["settings", "settings"]);
  const other = change("a", { properties: [property("args[7]", "y", "z"), property("env[0]", 1, 2)] });
  assert.deepEqual(told({ base: args("a"), head: args("b") }, other), ["settings", "pending", "settings pending"]);
  const secret = change("a", { properties: [property("data.KEY", 1, 2)] });
  const held = (text: string) => [object("a", { stringData: { KEY: text } })];
  assert.deepEqual(told({ base: held("x"), head: held("y") }, secret), ["settings", "settings"]);
});

test("a guard that comes off has an origin as a whole", () => {
  const guarded = [{ ...object("a", {}), protect: true }];
  const one = change("a", { change: "same", guards: [{ guard: "protect", before: true, after: false }] });
  assert.deepEqual(told({ base: guarded, head: [object("a", {})] }, one), ["settings"]);
});

test("the settings that make a change are told of it, and of what it is part of", () => {
  const causes = { [key("a")]: { whole: [0, 1], properties: { "spec.s": [1] } } };
  const { resource, properties } = causedBy(update, waysOf({ head, base }, causes));
  assert.deepEqual([properties.map((one) => one.causes), resource.causes], [[[], [1], []], [1]]);
  const renders = { head: [...head, object("new", {})], base };
  const whole = { [key("new")]: { whole: [2], properties: {} } };
  assert.deepEqual(causedBy(change("new", { change: "create" }), waysOf(renders, whole)).resource.causes, [2]);
});
