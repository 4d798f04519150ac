import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import { explanationText } from "../../cli/explain/text.ts";
import { SettingsError } from "../../config/problems.ts";
import { FileError } from "../../config/sources/yaml.ts";
import { explainStack } from "../../render/explanation.ts";
import { settingsOf } from "../../render/settings.ts";
import { root } from "../config/settings.ts";
import { documents } from "../config/sources/yaml.ts";

/** Bytes, truncations and YAML's tricks in the files of a project: one message, or an explanation. */

const folder = mkdtempSync(join(tmpdir(), "broken-"));
after(() => rmSync(folder, { recursive: true }));
const stacks = ["dev", "test", "staging", "prod"];
const original = (name: string) => readFileSync(join(root, name));
const base = original("Pulumi.yaml");

const tricks = [
  ...[
    "&a",
    "*a",
    "<<: *a",
    "<<: {a: 1}",
    "!!binary aGk=",
    "!!set {a}",
    "!x",
    "---\n",
    "...\n",
    "%YAML 1.1\n",
    "? ",
    "- ",
    "|",
    ">-",
  ],
  ...[
    "\t",
    "\0",
    "\x1b[31m",
    "\u202e",
    "\ufeff",
    "\u2028",
    "\r",
    "'",
    '"',
    "{",
    "}",
    "[",
    "]",
    ": ",
    ",",
    "#",
    "\\",
    "~",
    "null",
  ],
  ...[
    "__proto__: {a: 1}",
    "constructor: 1",
    "secure: x",
    "{secure: x}",
    '"\\ud800"',
    "1.10",
    "010",
    ".inf",
    "2026-11-05",
    "1e999",
  ],
  ..."config: vllm:model: chat|vllm:base: {}|vllm:models: {chat: null}|vllm:engine: {args: {hf-overrides: '[[['}}".split(
    "|",
  ),
  ..."  vllm:gpu: &a {count: *a}|  vllm:labels: &a [*a]|config: *a|vllm:gpu: L4|  vlm:replicas: 3".split("|"),
];
const edit = fc.record({
  at: fc.nat(4000),
  what: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...tricks) },
    { weight: 1, arbitrary: fc.constantFrom(...Object.values(documents)) },
    { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 8 }) },
  ),
  cut: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat(30), fc.constant(5000)),
  onLine: fc.boolean(),
});
const raw = fc.uint8Array({ maxLength: 6 });

function edited(
  bytes: Buffer,
  edits: readonly (typeof edit extends fc.Arbitrary<infer Edit> ? Edit : never)[],
): Buffer {
  let text = bytes.toString("utf8");
  for (const { at, what, cut, onLine } of edits) {
    let from = at % (text.length + 1);
    if (onLine) from = text.indexOf("\n", from) + 1;
    text = `${text.slice(0, from)}${what}${onLine ? "\n" : ""}${text.slice(from + cut)}`;
  }
  return Buffer.from(text);
}

test("10,000 broken files: an explanation, or one message that is no stack trace", () => {
  const seen = { explained: 0, settings: 0, file: 0 };
  fc.assert(
    fc.property(
      fc.constantFrom(...stacks),
      fc.boolean(),
      fc.array(edit, { minLength: 1, maxLength: 3 }),
      raw,
      fc.nat(9),
      (stack, inBase, edits, bytes, dice) => {
        const file = `Pulumi.${stack}.yaml`;
        const whole = edited(inBase ? base : original(file), edits);
        const broken =
          dice > 0
            ? whole
            : Buffer.concat([whole.subarray(0, whole.length / 2), bytes, whole.subarray(whole.length / 2)]);
        writeFileSync(join(folder, "Pulumi.yaml"), inBase ? broken : base);
        writeFileSync(join(folder, file), inBase ? original(file) : broken);
        try {
          const settings = settingsOf(folder, stack);
          assert.ok(explanationText(explainStack(settings)).length > 0);
          seen.explained++;
        } catch (error) {
          if (error instanceof FileError) {
            assert.match(error.message, /^(Pulumi(\.\w+)?\.yaml(:\d+)?:|there is no stack '\w+':) [^\n]{10,300}$/);
            seen.file++;
          } else {
            assert.ok(error instanceof SettingsError, (error as Error).stack);
            for (const line of error.message.split("\n").slice(1))
              assert.match(line, /^ {2}\S.* \(Pulumi(\.\w+)?\.yaml\): /);
            seen.settings++;
          }
        }
        assert.deepEqual(Object.keys(Object.prototype), []);
      },
    ),
    { numRuns: 10_000, seed: 11 },
  );
  assert.ok(seen.explained > 400 && seen.settings > 1000 && seen.file > 1500, JSON.stringify(seen));
});
