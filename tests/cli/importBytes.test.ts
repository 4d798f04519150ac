import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { importValues } from "../../cli/import/import.ts";
import { projectFile, stackFile } from "../../cli/import/projectFiles.ts";
import { reportOf } from "../../cli/import/report.ts";
import { parseValues } from "../../cli/import/values.ts";
import { decode, FileError } from "../../config/sources/yaml.ts";
import { textOf as valuesOf } from "./values.ts";

/** Whatever bytes a values file holds, the import of it ends in settings or in one message. */

const project = "name: demo\nruntime: nodejs\nconfig:\n  aws:region:\n    value: eu-west-1\n";
const encode = (text: string) => new TextEncoder().encode(text);

/** Imports a file as the command does, without writing; gives the message that ends it. */
function endOf(bytes: Uint8Array): string | undefined {
  try {
    const imported = importValues([parseValues("values.yaml", decode("values.yaml", bytes))], { stack: "t" });
    for (const file of [projectFile("Pulumi.yaml", project, imported), stackFile("Pulumi.t.yaml", undefined, imported)])
      assert.equal(typeof file.text, "string");
    reportOf(imported, [], []);
    return undefined;
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    return error.message;
  }
}

/** One line; of values that are of no known chart the charts come below it. */
function isOneMessage(message: string | undefined): void {
  assert.ok(message === undefined || /^\S[^\n]*(\n {2}\S[^\n]*)*$/.test(message), message);
  assert.doesNotMatch(message ?? "", /call stack|undefined|\[object|^ *at /m);
}

const nested = (open: string, close: string, depth: number) => `${open.repeat(depth)}1${close.repeat(depth)}`;
const model = (more: string) => `servingEngineSpec:\n  modelSpec:\n  - name: a\n    modelURL: b/c\n${more}\n`;
const deep = /^values\.yaml: is nested more than 64 levels deep, or an alias in it stands within its own anchor; /;

const tricks: readonly [name: string, text: string, said: RegExp | undefined][] = [
  ["an alias within its anchor", "a: &a {b: *a}\n", deep],
  ["the same in a list", "a: &a [*a]\n", deep],
  ["the same of the whole file", "&a\nb: *a\n", deep],
  ["two anchors within each other", "a: &a {b: &b {c: *a, d: *b}}\n", deep],
  ["a merge with itself", "a: &a\n  <<: *a\n", /^values\.yaml/],
  ["a deep list", nested("[", "]", 3000), deep],
  ["a deeper list", nested("[", "]", 100_000), deep],
  ["deep maps", nested("{a: ", "}", 3000), deep],
  ["deep blocks", Array.from({ length: 3000 }, (_, at) => `${" ".repeat(at)}a:`).join("\n"), deep],
  ["deep entries", `a:\n  ${"- ".repeat(3000)}b\n`, deep],
  ["what is not closed", "[".repeat(50_000), /^values\.yaml/],
  [
    "JSON 3,000 levels deep",
    model(`    vllmConfig: {extraArgs: ["--hf-overrides", '${nested('{"a":', "}", 3000)}']}`),
    undefined,
  ],
  [
    "JSON 20,000 levels deep",
    model(`    vllmConfig: {extraArgs: ['--hf-overrides=${nested('{"a":', "}", 20_000)}']}`),
    undefined,
  ],
  [
    "aliases upon aliases",
    `a: &a [x,x]\n${"bcdefghijklmnop".replace(/./g, (one, at) => `${one}: &${one} [${`*${"abcdefghijklmnop"[at]}, `.repeat(9)}]\n`)}`,
    /^values\.yaml: not YAML/,
  ],
  ["two documents", "a: 1\n---\nb: 2\n", /^values\.yaml: holds 2 YAML documents/],
  ["an unknown tag", "a: !!python/object:os.system x\n", undefined],
  ["a key that is a map", "{a: 1}: 2\n", undefined],
  ["a long key", `${"k".repeat(1_000_000)}: 1\n`, undefined],
  ["nothing", "", undefined],
  ["text alone", "hello", /holds no values/],
];

test("each known trick ends in one message, or in settings", () => {
  for (const [name, text, said] of tricks) {
    const message = endOf(encode(text));
    if (said) assert.match(message ?? "", said, name);
    isOneMessage(message);
  }
  const utf16 = (text: string) => new Uint8Array(Buffer.from(`\ufeff${text}`, "utf16le"));
  assert.equal(endOf(utf16("a: 1\n")), "values.yaml: is UTF-16, not UTF-8; save it as UTF-8");
  assert.match(endOf(Uint8Array.of(0x80, 0, 1)) ?? "", /^values\.yaml: is no text in UTF-8/);
  assert.equal(endOf(Uint8Array.of(0xef, 0xbb, 0xbf, ...encode(model("")))), undefined);
});

const bases = ["stack/minimal.yaml", "stack/prod.yaml", "article/values.yaml", "example/values.yaml"].map(valuesOf);
const pieces = fc.constantFrom(
  ...[
    "&a ",
    "*a",
    "<<: *a\n",
    "\n---\n",
    "\n...\n",
    "!!binary ",
    "!!set ",
    "!!omap\n",
    "%YAML 1.1\n",
    "? ",
    ": ",
    "- ",
  ],
  ...[
    "\0",
    "\ufeff",
    "\u202e",
    "\x1b[2J",
    "\t",
    "\r",
    "\u2028",
    "|\n",
    ">-\n",
    "'",
    '"',
    "`",
    "@",
    "#",
    "{",
    "}",
    "[",
    "]",
  ],
  ...[
    "__proto__: {a: 1}\n",
    "constructor: 1\n",
    "~: 1\n",
    "0x1F",
    ".nan",
    "1e999",
    "--hf-overrides={",
    '\\"',
    "{{ .Values.x }}",
  ],
);
const bytes = fc.uint8Array({ maxLength: 6 });

/** A values file with something put in, cut off, doubled or overwritten. */
const broken: fc.Arbitrary<Uint8Array> = fc
  .tuple(
    fc.constantFrom(...bases),
    fc.array(
      fc.record({
        at: fc.double({ min: 0, max: 1, noNaN: true }),
        length: fc.nat({ max: 40 }),
        what: fc.oneof(
          pieces.map(encode),
          bytes,
          fc.nat({ max: 300 }).map((depth) => encode("[".repeat(depth))),
        ),
      }),
      { maxLength: 4 },
    ),
    fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: 1 }),
  )
  .map(([text, changes, end]) => {
    let file = encode(text);
    for (const { at, length, what } of changes) {
      const from = Math.floor(at * file.length);
      file = Uint8Array.from([...file.slice(0, from), ...what, ...file.slice(from + length)]);
    }
    return file.slice(0, Math.ceil(end * file.length));
  });

test("bytes, truncations and tricks of YAML end in one message, or in settings", () => {
  fc.assert(
    fc.property(broken, (file) => {
      isOneMessage(endOf(file));
    }),
    { numRuns: 10_000, seed: 11 },
  );
});
