import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { least, load, named, planned, projectFile, pulumi, refused, stackFile, stacksFolder } from "./loader.ts";

/** What the files of a project say beside what Pulumi hands over. */

const misplaced =
  "vllm:base (Pulumi.prod.yaml): belongs into Pulumi.yaml, where all stacks share it; here it would replace the whole base";
for (const line of ["  vllm:base:", "  'vllm:base':", '  "vllm:base" : {}'])
  test(`a base in the stack file is refused: ${line.trim()}`, () => {
    writeFileSync(stackFile, `config:\n  aws:region: eu-west-1\n${line}\n`);
    return refused(least, misplaced);
  });

test("a stack file without a base is taken, a comment on it too", async () => {
  writeFileSync(stackFile, "config:\n  # vllm:base: is in Pulumi.yaml\n  vllm:model: chat\n  vllm:basement: 1\n");
  assert.equal((await load(least)).models[0]?.name, "chat");
});

const lost = (key: string, value: string, written: string) =>
  `${key}: is ${value}, as Pulumi reads ${written} without quotes; put it in quotes`;

test("what Pulumi did not keep as its files have it is refused", async () => {
  writeFileSync(stackFile, "config:\n  vllm:revision: 1.10\n  vllm:labels: {a: 010, b: 2026-11-05, c: 1.1}\n");
  writeFileSync(
    projectFile,
    `${named}config:\n  vllm:base:\n    value: {image: {tag: 1.20}, labels: {d: 2026-11-05}}\n`,
  );
  await refused(
    {
      ...least,
      "vllm:revision": "1.1",
      "vllm:labels": '{"a":8,"b":"2026-11-05 00:00:00 +0000 UTC","c":1.1}',
      "vllm:base": '{"image":{"tag":1.2},"labels":{"d":"2026-11-05T00:00:00Z"}}',
    },
    lost("vllm:base.image.tag (Pulumi.yaml)", "1.2", "1.20"),
    lost("vllm:base.labels.d (Pulumi.yaml)", '"2026-11-05T00:00:00Z"', "2026-11-05"),
    lost("vllm:revision (Pulumi.prod.yaml)", '"1.1"', "1.10"),
    lost("vllm:labels.a (Pulumi.prod.yaml)", "8", "010"),
    lost("vllm:labels.b (Pulumi.prod.yaml)", '"2026-11-05 00:00:00 +0000 UTC"', "2026-11-05"),
  );
});

test("the stack's file may be in a folder of its own; JSON that a person wrote has texts too", async () => {
  writeFileSync(projectFile, `${named}stackConfigDir: stacks\n`);
  mkdirSync(stacksFolder);
  writeFileSync(join(stacksFolder, "Pulumi.prod.yaml"), "config:\n  vllm:revision: 1.10\n");
  await refused(
    { ...least, "vllm:revision": "1.1", "vllm:labels": '{"a": 1.20, "b": "1.20"}' },
    lost("vllm:labels.a (Pulumi.prod.yaml)", "1.2", "1.20"),
    lost("vllm:revision (Pulumi.prod.yaml)", '"1.1"', "1.10"),
  );
});

test("of a file that is not the one that Pulumi read nothing is said of texts", async () => {
  writeFileSync(stackFile, "config:\n  vllm:revision: 1.10\n  vllm:labels: {a: 010}\n");
  const [model] = (await load({ ...least, "vllm:revision": "1.2", "vllm:labels": '{"a":"010"}' })).models;
  assert.deepEqual([model?.revision, model?.labels], ["1.2", { a: "010" }]);
});

test("whole numbers that JavaScript would round reach a text as they are", async () => {
  const engine = '{"env":{"D":1234567890123456789},"args":{"seed":9007199254740993}}';
  const [model] = (await load({ ...least, "vllm:engine": engine, "vllm:revision": "12345678901234567890" })).models;
  assert.deepEqual(model?.engine.env, { D: "1234567890123456789" });
  assert.deepEqual(model?.engine.args, { seed: "9007199254740993" });
  assert.equal(model?.revision, "12345678901234567890");
});

test("what Pulumi reads nothing of in its files is refused", async () => {
  writeFileSync(stackFile, "config:\n  vlm:model: chat\n  replicas: 9\nvllm:drain: {seconds: 90}\n");
  await refused(
    { ...least, "vlm:model": "chat", "pulumi-vllm:replicas": "9" },
    "vllm:drain (Pulumi.prod.yaml): stands outside of 'config:' and has no effect; indent it below that, or remove it",
    "vlm:model (Pulumi.prod.yaml): has no effect; settings are read from 'vllm:model'",
    "replicas (Pulumi.prod.yaml): has no effect; settings are read from 'vllm:replicas'",
  );
});

test("a file with a second document ends as a plain line", async () => {
  writeFileSync(stackFile, "config:\n  vllm:model: chat\n---\nconfig: {}\n");
  await assert.rejects(planned(least), (error: Error) => {
    assert.ok(pulumi.RunError.isInstance(error));
    const words = "holds a second YAML document, which Pulumi does not read; make them one";
    assert.deepEqual([error.message, error.stack], [`Pulumi.prod.yaml:3: ${words}`, undefined]);
    return true;
  });
});
