import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Ajv, type AnySchemaObject } from "ajv";
import * as v from "valibot";
import { parse } from "yaml";
import { settingsPage } from "../../cli/settingsPage.ts";
import { settingsSchema } from "../../cli/settingsSchema.ts";
import { schemaAt } from "../../config/schema/schema.ts";
import { put, type Tree } from "../../config/tree.ts";
import { root, stacks } from "../config/settings.ts";

/** What is made from the schema: the editor's schema and the reference page. */

const read = (file: string) => readFileSync(join(root, file), "utf8");
const schema = JSON.parse(read("schema.json")) as AnySchemaObject;
const ajv = new Ajv({ strict: false, allErrors: true });
const valid = ajv.compile(schema);
const check = (value: unknown): string[] =>
  valid(value) ? [] : (valid.errors ?? []).map(({ instancePath }) => instancePath);

/** The paths of all settings, without groups. */
function leaves(path: string[] = []): string[][] {
  const members = schemaAt(path)?.members;
  if (path.length === 1 && path[0] === "models") return [];
  return members ? Object.keys(members).flatMap((key) => leaves([...path, key])) : [path];
}

test("schema.json and docs/settings.md are what the schema makes: run `npm run reference`", () => {
  assert.equal(read("schema.json"), settingsSchema());
  assert.equal(read("docs/settings.md"), settingsPage());
});

test("every setting says what there is without it: a default, how it is derived, that it is needed, or nothing", () => {
  for (const path of [...leaves(), ["models"]]) {
    const about = schemaAt(path)?.about;
    const said = (["default", "derived", "required", "absent"] as const).filter((key) => about?.[key] !== undefined);
    assert.equal(said.length, 1, `${path.join(".")}: ${said}`);
  }
});

test("every setting has a description, an example that it takes, and a default that it takes", () => {
  assert.ok(leaves().length >= 55, String(leaves().length));
  for (const path of leaves()) {
    const setting = schemaAt(path);
    assert.ok(setting);
    const { description = "", example, default: fallback, unit, secret } = setting.about ?? {};
    assert.match(description, /^.+\.$/s, path.join("."));
    assert.notEqual(example, undefined, path.join("."));
    for (const value of fallback === undefined ? [example] : [example, fallback]) {
      const { success } = v.safeParse(setting, value);
      assert.ok(success, `${path.join(".")}: ${JSON.stringify(value)}`);
      if (secret) continue;
      const tree: Tree = {};
      put(tree, [`vllm:${path[0]}`, ...path.slice(1)], value);
      assert.deepEqual(check({ config: tree }), [], path.join("."));
    }
    if (/seconds$|Bytes$|Len$|Size$/.test(path.at(-1) ?? "") && !/hidden|head|latent/.test(path.at(-1) ?? ""))
      assert.ok(unit, `${path.join(".")} has no unit`);
    assert.ok(settingsPage().includes(`**\`${path.join(".")}\`**`), path.join("."));
  }
});

for (const stack of stacks)
  test(`Pulumi.${stack}.yaml: its modeline, at most 25 lines, and valid for an editor`, () => {
    const text = read(`Pulumi.${stack}.yaml`);
    assert.equal(text.split("\n")[0], "# yaml-language-server: $schema=./schema.json");
    const lines = text.split("\n").filter((line) => line.trim() && !line.trim().startsWith("#"));
    assert.ok(lines.length <= 25, `${lines.length} lines`);
    assert.deepEqual(check(parse(text)), []);
  });

test("Pulumi.yaml is valid for an editor, and its base is checked", () => {
  const project = parse(read("Pulumi.yaml"));
  assert.deepEqual(check(project), []);
  project.config["vllm:base"].value.gpu.prodct = "L4";
  assert.ok(check(project).includes("/config/vllm:base/value/gpu"));
});

const accepted: readonly Tree[] = [
  { "vllm:replicas": "3" },
  { "vllm:replicas": null },
  { "vllm:replicas": { secure: "v1:x" } },
  { "vllm:gpu": { count: "2", product: "RTX-PRO-6000" }, "aws:region": "eu-west-1", "other:thing": [1] },
  {
    "vllm:models": {
      chat: { engine: { args: { "max-logprobs": 5, "lora-modules": ["a=b"], "hf-overrides": { a: 1 } } } },
      code: null,
    },
  },
  { "vllm:apiKey": { value: { secure: "v1:x" } } },
  { "vllm:engine": { secretEnv: { A: { secure: "v1:x" }, B: null } } },
];
const refused: readonly [Tree, string][] = [
  [{ "vllm:replcas": 3 }, "/config"],
  [{ "vllm:base": {} }, "/config"],
  [{ "vllm:replicas": 0 }, "/config/vllm:replicas"],
  [{ "vllm:replicas": 1.5 }, "/config/vllm:replicas"],
  [{ "vllm:replicas": "two" }, "/config/vllm:replicas"],
  [{ "vllm:gpu": { cuont: 1 } }, "/config/vllm:gpu"],
  [{ "vllm:gpu": { product: "H10O" } }, "/config/vllm:gpu/product"],
  [{ "vllm:models": { Chat: {} } }, "/config/vllm:models"],
  [{ "vllm:models": { chat: { gpu: { count: 9 } } } }, "/config/vllm:models/chat/gpu/count"],
  [{ "vllm:apiKey": { value: "sk-0123456789abcdef" } }, "/config/vllm:apiKey/value"],
  [{ "vllm:engine": { secretEnv: { A: "plain" } } }, "/config/vllm:engine/secretEnv/A"],
  [{ "vllm:engine": { args: { "max logprobs": 1 } } }, "/config/vllm:engine/args"],
  [{ "vllm:labels": { team: "a b" } }, "/config/vllm:labels/team"],
];
test("an editor takes what the program takes, encrypted and taken back too", () => {
  for (const config of accepted) assert.deepEqual(check({ config }), [], JSON.stringify(config));
});
for (const [config, place] of refused)
  test(`an editor marks ${JSON.stringify(config)}`, () =>
    assert.ok(check({ config }).includes(place), String(check({ config }))));
