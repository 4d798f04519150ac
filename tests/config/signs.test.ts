import assert from "node:assert/strict";
import { test } from "node:test";
import { hiddenSign, inLine, printable } from "../../config/signs.ts";
import type { Tree } from "../../config/tree.ts";
import { file, kinds, variantOf, wrong } from "../planning/given.ts";
import { least, plan } from "./settings.ts";

/** Signs that nobody sees, and texts that are too long: refused where they are written, and never printed as they are. */

const hidden: readonly [sign: string, code: string][] = [
  ...["\0", "\x07", "\x1b", "\x7f", "\x85", "\x9b"].map((sign): [string, string] => [
    sign,
    `U+${sign.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`,
  ]),
  ...[0x61c, 0x200b, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a, 0x202e, 0x2060, 0x2066, 0x2069, 0xfeff].map(
    (code): [string, string] => [String.fromCharCode(code), `U+${code.toString(16).toUpperCase().padStart(4, "0")}`],
  ),
  ["\ud800", "U+D800"],
  ["\udc00x", "U+DC00"],
];

/** What is free text, and how a setting of it is called. */
const texts: readonly [(text: string) => Tree, string][] = [
  [(text) => ({ engine: { env: { MINE: text } } }), "engine.env.MINE"],
  [(text) => ({ engine: { secretEnv: { MINE: text } } }), "engine.secretEnv.MINE"],
  [(text) => ({ engine: { args: { "chat-template": text } } }), "engine.args.chat-template"],
  [(text) => ({ engine: { args: { "hf-overrides": { a: [{ b: text }] } } } }), "engine.args.hf-overrides"],
  [(text) => ({ engine: { args: { "hf-overrides": { [text]: 1 } } } }), "engine.args.hf-overrides"],
  [(text) => ({ engine: { args: { middleware: ["a", text] } } }), "engine.args.middleware"],
  [(text) => ({ image: { allowTag: `we ${text}know` } }), "image.allowTag"],
];
const names: readonly [(text: string) => Tree, string][] = [
  [(text) => ({ servedModelName: text }), "servedModelName"],
  [(text) => ({ cluster: { eks: "lab", context: text } }), "cluster.context"],
  [(text) => ({ apiKey: { rotation: text } }), "apiKey.rotation"],
];

test("a sign that nobody sees is refused in names and texts, named by its code, and not printed", () => {
  for (const [sign, code] of hidden)
    for (const [settings, path] of [...texts, ...names]) {
      const own = settings(`a${sign}b`);
      const told = wrong(own);
      assert.deepEqual(kinds(own), [["invalid", path]], code);
      assert.match(
        told[0] ?? "",
        new RegExp(
          `must be text without ${code.replace("+", "\\+")}, a sign that nobody sees$|is a secret that is not text without ${code.replace("+", "\\+")}`,
        ),
      );
      assert.throws(
        () => plan({ own: { ...least, ...own } }),
        ({ message }: Error) => hiddenSign(message) === undefined && message.split("\n").length === 2,
      );
    }
});

test("a text has lines and tabs, a name has not", () => {
  for (const [settings] of texts)
    assert.deepEqual(
      wrong(settings("a\tb\nc\r\nd")).filter((one) => /nobody sees/.test(one)),
      [],
    );
  for (const [settings, path] of names)
    for (const [sign, code] of [
      ["\n", "U+000A"],
      ["\t", "U+0009"],
      ["\u200d", "U+200D"],
      ["\u00ad", "U+00AD"],
    ] as const)
      assert.match(
        wrong(settings(`a${sign}b`)).join(),
        new RegExp(`^vllm:${path} .*without ${code.replace("+", "\\+")}`),
      );
});

test("whatever people write in stays: accents, other scripts, emoji with their joiners", () => {
  const text = "Zürich 東京 한국 مرحبا می‌خواهم नमस्ते 👩‍👩‍👧 ❤️ <｜begin▁of▁sentence｜> {% if x %}\n\t…";
  for (const [settings, path] of texts)
    assert.deepEqual(
      wrong(settings(path === "image.allowTag" ? `a ${text}` : text)).filter((one) => /nobody sees/.test(one)),
      [],
      path,
    );
  for (const own of ["Zürich", "東京", "Qwen/Qwen3-8B:latest", "my model", "❤️", "مرحبا"])
    assert.deepEqual(wrong({ servedModelName: own }), []);
  const { env } = variantOf({ engine: { env: { MINE: text } } }).pod;
  assert.equal(env.MINE, text);
});

test("a name has a bound, and a word of a container the one of Linux", () => {
  for (const [settings, path] of names) {
    assert.deepEqual(
      wrong(settings("n".repeat(256))).filter((one) => /at most/.test(one)),
      [],
    );
    assert.deepEqual(wrong(settings("n".repeat(257))), [
      `vllm:${path} ${file}: is "${"n".repeat(257)}", but must be at most 256 characters`,
    ]);
    assert.deepEqual(wrong(settings("n".repeat(5_000_000))), [`vllm:${path} ${file}: must be at most 256 characters`]);
  }
  const most = 131_071;
  const variable = (length: number) => wrong({ engine: { env: { MINE: "x".repeat(length) } } });
  assert.deepEqual(variable(most - "MINE=".length), []);
  assert.deepEqual(variable(most - "MINE=".length + 1), [
    `vllm:engine.env ${file}: must be variables of at most ${most} bytes each, with name and '='`,
  ]);
  assert.deepEqual(variable(most + 1), [`vllm:engine.env.MINE ${file}: must be text of at most ${most} bytes`]);
  const argument = (value: unknown) => wrong({ engine: { args: { "chat-template": value } } });
  const tooLong = [
    `vllm:engine.args.chat-template ${file}: must be at most ${most} bytes, which is the longest argument that Linux takes`,
  ];
  assert.deepEqual(argument(`{{${"é".repeat(65_534)}`), []);
  assert.deepEqual(argument(`{{${"é".repeat(65_535)}`), tooLong);
  const many = Object.fromEntries(Array.from({ length: 9 }, (_, at) => [`V${at}`, "x".repeat(131_000)]));
  assert.deepEqual(wrong({ engine: { env: many } }), [
    `vllm:engine.env ${file}: must be variables of at most 1 MiB together, which is what Kubernetes keeps in one Secret`,
  ]);
});

test("JSON in a flag is nested at most 64 levels deep, as text and as a group", () => {
  const group = (depth: number): unknown => (depth === 0 ? 1 : { a: group(depth - 1) });
  const overrides = (value: unknown) => wrong({ engine: { args: { "hf-overrides": value } } });
  assert.deepEqual(overrides(group(64)), []);
  assert.deepEqual(overrides(JSON.stringify(group(64))), []);
  assert.match(overrides(group(65)).join(), /must be nested at most 64 levels deep$/);
  for (const depth of [65, 3000, 18_000])
    assert.match(
      overrides(`${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`).join("\n"),
      /^[^\n]*must be text or a group \(a JSON object\), nested at most 64 levels deep$/,
    );
});

test("what is printed has such signs written out, in JSON as JSON has them", () => {
  assert.equal(
    printable("a\u202eb\x1b[31m\0\ud800 \u{1f469}\u200d\u{1f467}\n\t\r\n"),
    "a\\u202eb\\u001b[31m\\u0000\\ud800 \u{1f469}\u200d\u{1f467}\n\t\r\n",
  );
  assert.equal(printable("a\rb"), "a\\u000db");
  assert.equal(inLine("a\tb\r\nc\u2028d"), "a\\u0009b\\u000d\\u000ac\\u2028d");
  const text = 'a\u202e\x7f"\ufeff';
  assert.equal(JSON.parse(printable(JSON.stringify(text))), text);
});

test("a key that is too long is told by its beginning, and in one line", () => {
  for (const own of [{ labels: { ["k".repeat(1_000_000)]: "x" } }, { ["k".repeat(1_000_000)]: 1 }, { "a\nb\u202e": 1 }])
    assert.throws(
      () => plan({ own: { ...least, ...own } }),
      ({ message }: Error) =>
        message.length < 1000 && message.split("\n").length === 2 && hiddenSign(message) === undefined,
    );
});
