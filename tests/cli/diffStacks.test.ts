import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Ajv } from "ajv";
import { root } from "../config/settings.ts";
import { schema } from "./explanation.ts";
import { cli, projectOf } from "./run.ts";

/** `npm run diff-stacks`: where two stacks differ in the end. */

const project = projectOf();
const diff = (...stacks: string[]) => cli("diffStacks", "--project", project, ...stacks);
const conforms = new Ajv({ strict: false })
  .addSchema(schema, "explain.schema.json")
  .compile(JSON.parse(readFileSync(join(root, "docs", "diffStacks.schema.json"), "utf8")));

test("staging and prod: their own words, and nothing that is the same", async () => {
  const { code, stdout } = await diff("staging", "prod");
  assert.equal(code, 0);
  assert.deepEqual(
    stdout
      .trimEnd()
      .split("\n")
      .map((line) => line.split(/ {2,}/)),
    [
      ["setting", "staging", "prod"],
      ["cluster.eks", "staging", "prod"],
      ["models.chat.autoscaling.max", "–", "20"],
      ["models.chat.autoscaling.min", "–", "4"],
      ["models.chat.autoscaling.waitingRequests", "–", "5"],
      ["models.chat.engine.maxNumSeqs", "–", "256"],
      ["models.chat.gpu.spare", "1", "2"],
      ["models.chat.image.allowTag", "–", "the tag of a vLLM release stays where it is"],
      ["models.chat.replicas", "2", "–"],
      ["production", "false", "true"],
    ],
  );
});

test("what the plan works out differs too, and is marked", async () => {
  const { stdout } = await diff("dev", "test");
  assert.match(stdout, /^models\.chat\.delivery\.kind +copy \* +stream \*$/m);
  assert.match(stdout, /^models\.chat\.resources\.memory +9Gi +12Gi \*$/m);
  assert.match(stdout, /^models\.chat\.gpu\.spare +– +0 \*$/m);
});

test("the other way round the columns change places; with itself a stack does not differ", async () => {
  const { stdout } = await diff("prod", "staging");
  assert.match(stdout, /^models\.chat\.gpu\.spare +2 +1$/m);
  assert.equal((await diff("prod", "prod")).stdout, "prod and prod do not differ\n");
});

test("a model that only one of them has is told by its settings", async () => {
  const stack = (models: string) =>
    `config:\n  aws:region: eu-west-1\n  vllm:cluster: {eks: lab}\n  vllm:gpu: {count: 0}\n  vllm:models: ${models}\n`;
  const own = projectOf({
    "Pulumi.yaml": "name: x\nruntime: nodejs\n",
    "Pulumi.a.yaml": stack("{chat: {}}"),
    "Pulumi.b.yaml": stack("{chat: {}, code: {replicas: 3}}"),
  });
  const { stdout } = await cli("diffStacks", "--project", own, "a", "b");
  assert.match(stdout, /^models\.code\.replicas +– +3$/m);
  assert.doesNotMatch(stdout, /models\.chat/);
});

test("called wrongly, or with a stack that is wrong", async () => {
  for (const stacks of [[], ["prod"], ["prod", "dev", "test"]]) {
    const { code, output } = await diff(...stacks);
    assert.equal(code, 2);
    assert.match(output, /^two stacks are compared: name both, and no more\nusage: /);
  }
  const { code, output } = await diff("prod", "nowhere");
  assert.equal(code, 1);
  assert.match(output, /^there is no stack 'nowhere'/);
  const wrong = projectOf({
    "Pulumi.yaml": "name: x\nruntime: nodejs\n",
    "Pulumi.a.yaml":
      "config:\n  aws:region: eu-west-1\n  vllm:cluster: {eks: lab}\n  vllm:gpu: {count: 9, product: L4}\n  vllm:model: a\n",
  });
  const told = await cli("diffStacks", "--project", wrong, "a", "a");
  assert.deepEqual(
    [told.code, told.output],
    [
      1,
      "a: the settings of this stack have 1 problem.\n  vllm:gpu.count (Pulumi.a.yaml): is 9, but must be at most 8\n",
    ],
  );
});

test("--json: the same by its schema, with the layers; nothing where they do not differ", async () => {
  const { code, stdout } = await diff("staging", "prod", "--json");
  assert.equal(code, 0);
  assert.ok(conforms(JSON.parse(stdout)), JSON.stringify(conforms.errors));
  const { differences, ...rest } = JSON.parse(stdout);
  assert.deepEqual(rest, { schemaVersion: 1, one: "staging", other: "prod" });
  const { stdout: text } = await diff("staging", "prod");
  const settings = text.split("\n").map((line) => line.split(/ {2,}/)[0]);
  assert.deepEqual(
    differences.map(({ setting }: { setting: string }) => setting),
    settings.slice(1, -1),
  );
  assert.deepEqual(differences[4], { setting: "models.chat.engine.maxNumSeqs", other: { value: 256, layer: "stack" } });
  assert.deepEqual(differences[5], {
    setting: "models.chat.gpu.spare",
    one: { value: 1, layer: "stack" },
    other: { value: 2, layer: "stack" },
  });
  const same = JSON.parse((await diff("prod", "prod", "--json")).stdout);
  assert.deepEqual(same, { schemaVersion: 1, one: "prod", other: "prod", differences: [] });
  assert.ok(conforms(same));
});

test("--json of what cannot be compared: what is wrong, and never half of it", async () => {
  const wrong = projectOf({
    "Pulumi.yaml": "name: x\nruntime: nodejs\n",
    "Pulumi.a.yaml":
      "config:\n  aws:region: eu-west-1\n  vllm:cluster: {eks: lab}\n  vllm:gpu: {count: 0}\n  vllm:model: a\n",
    "Pulumi.b.yaml":
      "config:\n  aws:region: eu-west-1\n  vllm:cluster: {eks: lab}\n  vllm:gpu: {count: 9, product: L4}\n  vllm:model: a\n",
    "Pulumi.c.yaml": "config: [",
  });
  const cases: readonly [args: string[], code: number, one: string, other: string, kind: string, layer: string][] = [
    [["a", "b"], 1, "a", "b", "invalid", "Pulumi.b.yaml"],
    [["b", "a"], 1, "b", "a", "invalid", "Pulumi.b.yaml"],
    [["a", "c"], 1, "a", "c", "file", "Pulumi.c.yaml"],
    [["a", "d"], 1, "a", "d", "file", "Pulumi.d.yaml"],
    [["a"], 2, "a", "", "call", ""],
    [[], 2, "", "", "call", ""],
    [["a", "b", "c"], 2, "a", "b", "call", ""],
  ];
  for (const [args, code, one, other, kind, layer] of cases) {
    const json = await cli("diffStacks", "--json", "--project", wrong, ...args);
    assert.deepEqual([json.code, json.output], [code, json.stdout], args.join(" "));
    const { problems, ...rest } = JSON.parse(json.stdout);
    assert.ok(conforms({ problems, ...rest }), JSON.stringify(conforms.errors));
    assert.deepEqual(rest, { schemaVersion: 1, one, other });
    assert.deepEqual([problems.length, problems[0].kind, problems[0].layer], [1, kind, layer]);
  }
});
