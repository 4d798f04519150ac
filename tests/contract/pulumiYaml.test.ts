import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { fromText } from "../../config/json.ts";
import type { Altered } from "../../config/layers/source.ts";
import { readProjectFile, readStackFile, type SettingsFile } from "../../config/sources/stackFile.ts";
import { decode, FileError } from "../../config/sources/yaml.ts";
import type { Tree } from "../../config/tree.ts";
import { documents, scalars, texts } from "../config/sources/yaml.ts";
import { project, pulumiConfig, type ReadConfig } from "./pulumiConfig.ts";

/** Pulumi's own engine and the program's reader over the same files. */

let read: ReadConfig;
let end: () => void;
before(async () => {
  ({ read, end } = await pulumiConfig());
});
after(() => end());

const written: readonly string[] = [...scalars, ...Object.keys(texts)];
const lines = (indent: string) => written.map((text, index) => `${indent}k${index}: ${text}\n`).join("");
/** A time is another text to Pulumi, in Pulumi.yaml not the same one as elsewhere: none is ever used. */
const day = (value: unknown) => String(value).replace(/^(\d{4}-\d\d-\d\d)( .* \+\d{4} .*|T.*(Z|[+-]\d\d:\d\d))$/, "$1");

/** Every scalar is to us what it is to Pulumi, and is known to be altered where that is not what was written. */
function alike(ours: Tree, altered: readonly Altered[], theirs: Tree): void {
  const changed = new Set(altered.map(({ path }) => path.at(-1)));
  for (const [index, text] of written.entries()) {
    const key = `k${index}`;
    assert.equal(day(ours[key]), day(theirs[key]), text);
    const isNull = theirs[key] === null || (theirs[key] === "" && texts[text] === undefined);
    const isTime = day(theirs[key]) !== String(theirs[key]) && texts[text] === undefined;
    assert.equal(changed.has(key), isTime || (!isNull && String(theirs[key]) !== (texts[text] ?? text)), text);
  }
}

test("scalars at the top: the texts are Pulumi's, and altered are those that it changes", async () => {
  const file = `config:\n${lines("  vllm:")}`;
  const engine = await read(file);
  const theirs = Object.entries(engine).map(([key, value]) => [key.replace("vllm:", ""), value]);
  const { settings, altered, problems } = readStackFile("f", file, project);
  assert.deepEqual(problems, []);
  alike(settings, altered, Object.fromEntries(theirs));
});

test("scalars in a group: likewise, as JSON", async () => {
  const file = `config:\n  vllm:x:\n${lines("    ")}`;
  const engine = (await read(file)) as Record<string, string>;
  const { settings, altered } = readStackFile("f", file, project);
  alike(settings.x as Tree, altered, fromText(engine["vllm:x"] ?? "").value as Tree);
});

test("scalars in the base of Pulumi.yaml: likewise", async () => {
  const file = `name: ${project}\nruntime: nodejs\nconfig:\n  vllm:base:\n    value:\n${lines("      ")}`;
  const engine = (await read("config: {}\n", file)) as Record<string, string>;
  const { settings, altered } = readProjectFile("f", file);
  alike(settings.base as Tree, altered, fromText(engine["vllm:base"] ?? "").value as Tree);
});

describe("keys, merges, anchors and documents", () => {
  const refused: string[] = [];
  for (const [what, text] of Object.entries(documents))
    test(`${what}: read alike, or refused here`, async () => {
      const engine = await read(text);
      let ours: SettingsFile;
      try {
        ours = readStackFile("f", decode("f", Buffer.from(text)), project);
      } catch (error) {
        assert.ok(error instanceof FileError, String(error));
        refused.push(what);
        return;
      }
      if (ours.problems.length > 0) return void refused.push(what);
      assert.ok(!("error" in engine), `Pulumi refuses it: ${engine.error}`);
      const theirs = Object.entries(engine).map(([key, value]) => [key.replace("vllm:", ""), fromText(value).value]);
      assert.deepEqual(ours.settings, Object.fromEntries(theirs));
    });

  test("what is refused here alone, is lost or changed in Pulumi without a word", async () => {
    const here: string[] = [];
    for (const what of refused) if (!("error" in (await read(documents[what] ?? "")))) here.push(what);
    assert.deepEqual(here, [
      ...["old Mac line ends", "two documents", "an end of document, and more"],
      ...["a key twice, once as a number", "numbers as keys that change", "octal keys", "a date as a key"],
      ...["true and null as keys", "a merge in quotes", "a binary value", "text as a number", "a set"],
      ...["a tag of its own", "a next line", "text that begins with an empty line"],
      ...["text in quotes that begins with an empty line", "a key that begins with an empty line"],
      ...["a key twice, once by an alias", "an old key", "a key without a namespace"],
    ]);
  });
});
