import assert from "node:assert/strict";
import { test } from "node:test";
import { decode, FileError, readYaml } from "../../../config/sources/yaml.ts";
import { readPlain } from "../../../config/sources/yamlScalar.ts";

/** What the reader of YAML says and takes; that it is what Pulumi takes is a contract with the engine. */

const refusal = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof FileError, String(error));
    return error.message;
  }
  return "";
};
const wrong: readonly [string, string, string][] = [
  ["an alias within its anchor", "a: &x\n  b: *x\n", "f:2: not YAML: an alias (*) inside of what it stands for"],
  ["an alias without an anchor", "a: *hunter2\n", "f:1: not YAML: an alias (*) without an anchor (&) before it"],
  ["a merge of text", "a: {<<: text}\n", "f:1: not YAML: '<<' takes groups, and this is none"],
  [
    "two documents",
    "a: 1\n---\nb: 1\n",
    "f:2: holds a second YAML document, which Pulumi does not read; make them one",
  ],
  ["a tag", "a: !!binary aGk=\n", "f:1: has a YAML tag, which is not taken here; write the value without it"],
  ["a key twice", "a: 1\nb: 2\na: 3\n", "f:3: not YAML: a key stands twice in one group"],
  ["a key twice, once by an alias", "b: {&k a: 1, *k : 2}\n", "f:1: not YAML: a key stands twice in one group"],
  [
    "an empty line before a text",
    "a: 1\nb: |\n\n  x\n",
    "f:2: text that begins with an empty line, which Pulumi drops; take that line out",
  ],
  [
    "a tab before lines",
    'a: "\\tx\\ny"\n',
    "f:1: text of several lines that begins with a tab, which Pulumi cannot read; use spaces",
  ],
  ["a tab", "a:\n\tb: 1\n", "f:2: not YAML: a tab where only spaces indent"],
  ["a list as a key", "[a]: 1\n", "f:1: not YAML: a key that is a list or a group"],
  ["no number", "a: .inf\n", "f:1: holds '.inf' or '.nan', which Pulumi cannot take; in quotes it is text"],
  ["half a character", 'a: "\\ud800"\n', "f:1: holds half of a character, escaped"],
  ["NUL", "a: 1\nb: \0\n", "f:2: holds the character U+0000, which no file of settings may hold; remove it"],
  [
    "a line separator",
    "a: x\u2028y\n",
    "f:1: holds the character U+2028, which no file of settings may hold; remove it",
  ],
  ["a list", "- a\n", "f: holds no settings, but a list"],
  ["text", "hunter2\n", "f: holds no settings, but text"],
];
for (const [what, text, message] of wrong)
  test(`${what} is refused with its line, and without what stands there`, () =>
    assert.equal(
      refusal(() => readYaml("f", text)),
      message,
    ));

test("deep groups are refused, however deep", () => {
  for (const depth of [65, 3000, 100_000]) {
    const inLine = `a: ${"[".repeat(depth)}${"]".repeat(depth)}\n`;
    assert.match(
      refusal(() => readYaml("f", inLine)),
      /^f(:1)?: (is nested deeper than 64 levels|is nested too deeply|not YAML: nested too deeply)$/,
    );
  }
  const blocks = Array.from({ length: 2000 }, (_, depth) => `${" ".repeat(depth)}a:\n`).join("");
  assert.match(
    refusal(() => readYaml("f", blocks)),
    /^f(:\d+)?: (is nested deeper than 64 levels|is nested too deeply|not YAML: nested too deeply)$/,
  );
});

test("aliases that come to millions are refused", () => {
  const levels = Array.from(
    { length: 9 },
    (_, at) => `a${at + 1}: &a${at + 1} [${Array(9).fill(`*a${at}`).join(", ")}]`,
  );
  assert.match(
    refusal(() => readYaml("f", `a0: &a0 x\n${levels.join("\n")}\n`)),
    /^f:\d+: comes to too much with its aliases$/,
  );
});

test("a document without anything behind the first is none", () => {
  assert.deepEqual(readYaml("f", "a: 1\n---\n# nothing\n").tree, { a: 1 });
});

test("what is no UTF-8 is refused; a byte order mark is none of the text", () => {
  const said = (...bytes: number[]) => refusal(() => decode("f", Buffer.from(bytes)));
  assert.equal(said(0xff, 0xfe, 0x61, 0x00), "f: is UTF-16, not UTF-8; save it as UTF-8");
  assert.equal(said(0x61, 0xe9), "f: is no text in UTF-8; is it the file that was meant?");
  assert.equal(decode("f", Buffer.from("\ufeffa: é\n")), "a: é\n");
});

test("what Pulumi does not keep is known by its path and as it is written; what it keeps is not", () => {
  const text = "a: 1.10\nb: {c: [x, 010, 1.1], d: 1234567890123456789}\ne: True\nf: ~\n'1': {2: x, 1.10: y}\n";
  const { tree, altered, oddKeys } = readYaml("f", text);
  assert.deepEqual(tree, {
    a: 1.1,
    b: { c: ["x", 8, 1.1], d: 1234567890123456789n },
    e: true,
    f: null,
    "1": { "2": "x", "1.1": "y" },
  });
  assert.deepEqual(altered, [
    { path: ["a"], written: "1.10" },
    { path: ["b", "c", "1"], written: "010" },
    { path: ["e"], written: "True" },
  ]);
  assert.deepEqual(oddKeys, [
    { path: ["1", "2"], written: "2" },
    { path: ["1", "1.1"], written: "1.10" },
  ]);
});

test("a merged group has what it says itself, and only what counts is altered", () => {
  const { tree, altered } = readYaml("f", "a: &a {x: 1.10, y: 1.20}\nb: {y: 2, <<: *a}\n");
  assert.deepEqual(tree, { a: { x: 1.1, y: 1.2 }, b: { x: 1.1, y: 2 } });
  assert.deepEqual(
    altered.map(({ path }) => path.join(".")),
    ["a.x", "a.y", "b.x"],
  );
});

test("no key reaches a prototype", () => {
  const { tree } = readYaml("f", "a: {__proto__: {polluted: 1}, constructor: 2}\n");
  assert.deepEqual(Object.keys(tree.a as object), ["__proto__", "constructor"]);
  assert.equal(({} as { polluted?: number }).polluted, undefined);
});

test("numbers of a megabyte are read in time, as text", () => {
  for (const text of ["1".repeat(1e6), `0x${"f".repeat(1e6)}`, `0${"7".repeat(1e6)}`, `1${"_1".repeat(5e5)}`])
    assert.equal(readPlain(text), text);
});
