import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fromText, readJson } from "../../config/json.ts";

/** JSON that Pulumi hands over, or that a person wrote into a setting. */

test("numbers are what they are written: digits are never rounded, and other ways of writing are known", () => {
  const { value, altered } = fromText('{"a": 1.10, "b": [1234567890123456789, 1.1], "c": 1e3}');
  assert.deepEqual(value, { a: 1.1, b: [1234567890123456789n, 1.1], c: 1000 });
  assert.deepEqual(altered, [
    { path: ["a"], written: "1.10" },
    { path: ["c"], written: "1e3" },
  ]);
});

test("a key that stands twice makes it text; in a text, or in another group, it is another", () => {
  for (const text of ['{"a": 1, "a": 2}', '[{"b": {"a": 1, "c": [], "a": 1}}]', '{"a":1,"\\u0061":2}'])
    assert.deepEqual(fromText(text), { value: text, altered: [] });
  const text = '{"a": {"a": "\\"a\\": 1, \\\\"}, "b": [{"a": 1}, {"a": 2}], "c": "a:"}';
  assert.deepEqual(fromText(text).value, JSON.parse(text));
});

test("whatever JSON is written comes back; what is nested too deeply, or is none, is text", () => {
  fc.assert(
    fc.property(fc.oneof(fc.array(fc.jsonValue()), fc.dictionary(fc.string(), fc.jsonValue())), (value) => {
      const text = JSON.stringify(value);
      const rounded = (_: string, one: unknown) => (typeof one === "bigint" ? Number(one) : one);
      assert.equal(JSON.stringify(readJson(text)?.value, rounded), JSON.stringify(JSON.parse(text)));
    }),
  );
  for (const text of ["[".repeat(70) + "]".repeat(70), "[".repeat(1e5) + "]".repeat(1e5), "[1", "{a: 1}", "[1] "])
    assert.equal(typeof fromText(text).value, text === "[1] " ? "object" : "string");
});
