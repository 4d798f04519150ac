import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { excerpt } from "../../review/excerpt.ts";
import { isWithin, partsOf, pathOf, valueAt } from "../../review/paths.ts";
import { differences } from "../../review/properties.ts";
import type { Step } from "../../workspace/events.ts";

type Metadata = Step["metadata"];

/** The differences of an update from these inputs to those, as the engine tells it. */
function update(old: object, next: object, told: Partial<Metadata> = {}, outputs: object = old) {
  const state = { type: "t", urn: "u", id: "i", parent: "", provider: "" };
  const both = { old: { ...state, inputs: old, outputs }, new: { ...state, inputs: next, outputs: {} } };
  return differences({ metadata: { op: "update", urn: "u", type: "t", provider: "", ...both, ...told } as Metadata });
}
const secret = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", ciphertext: "[secret]" };

test("paths as Pulumi writes them", () => {
  assert.deepEqual(partsOf('spec.ports[0].name["a.b/c"]["q\\"x"]'), ["spec", "ports", 0, "name", "a.b/c", 'q"x']);
  assert.equal(pathOf(["spec", "ports", 0, "name", "a.b/c", 'q"x']), 'spec.ports[0].name["a.b/c"]["q\\"x"]');
  assert.equal(valueAt({ a: [{ b: 1 }] }, ["a", 0, "b"]), 1);
  assert.equal(valueAt({ a: null }, ["a", "b"]), undefined);
  assert.equal(valueAt({}, ["constructor"]), undefined);
  assert.ok(isWithin(["a", 0], ["a"]) && !isWithin(["a"], ["a", 0]) && !isWithin(["ab"], ["a"]));
});

test("a path leads back to its parts", () => {
  const part = fc.oneof(fc.nat(99), fc.string({ minLength: 1 }));
  fc.assert(fc.property(fc.array(part, { minLength: 1 }), (parts) => assert.deepEqual(partsOf(pathOf(parts)), parts)));
});

test("where a provider tells paths, they count, with what it says of the object unless the inputs differ", () => {
  const [old, next] = [
    { a: 1, b: 1 },
    { a: 2, b: 2 },
  ];
  const told = (inputDiff: boolean) => ({ detailedDiff: { a: { diffKind: "update" as never, inputDiff } } });
  assert.deepEqual(update(old, next, told(true), { a: 7 }), [
    { path: "a", kind: "update", before: 1, after: 2, secret: false },
  ]);
  assert.deepEqual(update(old, next, told(false), { a: 7 }), [
    { path: "a", kind: "update", before: 7, after: 2, secret: false },
  ]);
});

test("where it tells keys only, what the inputs differ in below them; where it tells nothing, all of it", () => {
  const [old, next] = [
    { tags: { a: "1", b: "2" }, list: [1, 2], other: 1, __defaults: ["x"] },
    { tags: { a: "1", c: "3" }, list: [1, 3, 4], other: 2, __defaults: ["y"] },
  ];
  const paths = (told: Partial<Metadata>) => update(old, next, told).map(({ path, kind }) => `${kind} ${path}`);
  assert.deepEqual(paths({ diffs: ["tags"] }), ["delete tags.b", "add tags.c"]);
  assert.deepEqual(paths({}), ["update list[1]", "add list[2]", "update other", "delete tags.b", "add tags.c"]);
});

test("a key that differs and of which the paths say nothing is told too", () => {
  const told = { diffs: ["a", "b"], detailedDiff: { a: { diffKind: "update" as never, inputDiff: true } } };
  assert.deepEqual(
    update({ a: 1, b: 1 }, { a: 2, b: 2 }, told).map(({ path }) => path),
    ["a", "b"],
  );
});

test("what becomes a secret or ceases to be one has no value; two secrets are not compared", () => {
  const hidden = [{ path: "a", kind: "update", secret: true }];
  assert.deepEqual(update({ a: "plain" }, { a: secret }), hidden);
  assert.deepEqual(update({ a: secret }, { a: "plain" }), hidden);
  assert.deepEqual(update({ a: secret }, { a: { ...secret } }), []);
  assert.deepEqual(update({}, { a: { b: [secret] } }), [{ path: "a", kind: "add", secret: true }]);
});

test("of a long text, what differs is shown", () => {
  const long = (middle: string) => `${"x".repeat(1000)}${middle}${"y".repeat(1000)}`;
  assert.equal(excerpt(long("one"), long("two")), `…${"x".repeat(40)}one${"y".repeat(297)}…`);
  assert.equal(excerpt("y".repeat(1000), undefined), `${"y".repeat(340)}…`);
  assert.equal(excerpt("y".repeat(600), undefined), "y".repeat(600));
});
