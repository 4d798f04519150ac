import assert from "node:assert/strict";
import { test } from "node:test";
import { cli, projectOf } from "./run.ts";

/** `npm run diff-stacks`: where two stacks differ in the end. */

const project = projectOf();
const diff = (...stacks: string[]) => cli("diffStacks", "--project", project, ...stacks);

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
