import assert from "node:assert/strict";
import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { run as finished } from "../../../lab/command.ts";
import { repository } from "../../../lab/paths.ts";
import { planStack } from "../../../planning/plan.ts";
import { settingsOf } from "../../../render/settings.ts";
import { projectOf } from "../run.ts";
import { run, small, smallModel, told, write } from "./folders.ts";

/** A shape written into a stack's file: what counts afterwards, and all that must stay as it was. */

const project = (own: string, base = "      models: {chat: {}}\n") =>
  projectOf({
    "Pulumi.yaml": `name: x\nruntime: nodejs\nconfig:\n  aws:region: {value: us-east-1}\n  vllm:base:\n    value:\n      cluster: {eks: lab}\n      gpu: {product: L4}\n${base}`,
    "Pulumi.s.yaml": own,
  });
const stackOf = (folder: string) => readFileSync(join(folder, "Pulumi.s.yaml"), "utf8");
const shapeOf = (folder: string, model = "chat") =>
  settingsOf(folder, "s").settings.models.find(({ name }) => name === model)?.shape;
const into = (folder: string, ...args: string[]) => run(smallModel(), "--stack", "s", "--project", folder, ...args);
const block = {
  ...{ parameters: 2_000_000, weightBytes: 4_000_000, layers: 4, hiddenSize: 256, attentionHeads: 4 },
  ...{ keyValueHeads: 2, contextLength: 8192, vocabularySize: 1000 },
};
const asText = (indent: string) =>
  Object.entries(block)
    .map(([key, value]) => `${indent}${key}: ${value}\n`)
    .join("");

test("into a stack's file: comments, order and all else stay; once more it is there already", async () => {
  const before = "# Ours.\nencryptionsalt: v1:abc\nconfig:\n  # Two of them.\n  vllm:replicas: 2 # enough\n";
  const folder = project(before);
  const { code, output } = await into(folder);
  assert.equal(code, 0);
  assert.match(output, /\n\nwrote vllm:models\.chat\.shape in Pulumi\.s\.yaml$/);
  const after = `${before}  vllm:models:\n    chat:\n      shape:\n${asText("        ")}`;
  assert.equal(stackOf(folder), after);
  assert.deepEqual(shapeOf(folder), block);
  const { mtimeMs } = statSync(join(folder, "Pulumi.s.yaml"));
  const again = await into(folder);
  assert.equal(again.code, 0);
  assert.match(again.output, /\n\nvllm:models\.chat\.shape in Pulumi\.s\.yaml is so already$/);
  assert.equal(statSync(join(folder, "Pulumi.s.yaml")).mtimeMs, mtimeMs);
  assert.deepEqual(readdirSync(folder).sort(), ["Pulumi.s.yaml", "Pulumi.yaml", "node_modules"]);
});

test("over a shape that is there: comments beside what stays, and what is not in the new one goes", async () => {
  const folder = project(
    "config:\n  vllm:models:\n    chat:\n      shape:\n        layers: 9 # all of them\n        parameters: 8.19B\n        slidingWindow: {size: 10, layers: 3}\n      replicas: 2\n",
  );
  assert.equal((await into(folder)).code, 0);
  assert.deepEqual(shapeOf(folder), block);
  const text = stackOf(folder);
  assert.match(text, /^ {8}layers: 4 # all of them\n {8}parameters: 2000000\n/m);
  assert.doesNotMatch(text, /slidingWindow/);
  assert.match(text, /^ {6}replicas: 2$/m);
});

test("over a shape of an earlier layer: what that says and this one does not is taken back", async () => {
  const earlier =
    "      shape: {slidingWindow: {size: 10, layers: 3}, headSize: 128}\n      models: {chat: {shape: {dtype: float16}}}\n";
  const folder = project("config: {}\n", earlier);
  assert.equal((await into(folder)).code, 0);
  assert.deepEqual(shapeOf(folder), block);
  const taken = [...stackOf(folder).matchAll(/^ {8}(\w+): null$/gm)].map(([, key]) => key);
  assert.deepEqual(taken.sort(), ["dtype", "headSize", "slidingWindow"]);
  assert.match((await into(folder)).output, /is so already$/);
});

test("of the sample, and of a stack whose one model is written short", async () => {
  const sample = projectOf();
  assert.equal((await run(smallModel(), "--stack", "prod", "--project", sample)).code, 0);
  const shape = settingsOf(sample, "prod").settings.models[0]?.shape;
  assert.deepEqual(shape, block);
  const short = project("config:\n  vllm:model: chat\n", "");
  const { output } = await into(short);
  assert.match(output, /\nwrote vllm:shape in Pulumi\.s\.yaml$/);
  assert.equal(stackOf(short), `config:\n  vllm:model: chat\n  vllm:shape:\n${asText("    ")}`);
  assert.deepEqual(shapeOf(short), block);
  const base = project("config: {}\n", "      model: chat\n");
  assert.equal((await into(base)).code, 0);
  assert.deepEqual(shapeOf(base), block);
  assert.deepEqual(settingsOf(base, "s").problems, []);
});

test("as the README has it, from the folder that the model's lies in", async () => {
  const folder = projectOf();
  cpSync(smallModel(), join(folder, "qwen3-8b"), { recursive: true });
  const command = ["./qwen3-8b", "--stack", "prod", "--model", "chat"];
  const readme = readFileSync(join(repository, "README.md"), "utf8");
  assert.ok(readme.includes(`npm run shape -- ${command.join(" ")}\n`));
  const args = [join(repository, "cli", "shape.ts"), ...command];
  const { code, output } = await finished(process.execPath, args, { cwd: folder, signal: AbortSignal.timeout(60_000) });
  assert.equal(code, 0, output);
  assert.deepEqual(settingsOf(folder, "prod").settings.models[0]?.shape, block);
});

test("of several models the one that is named; without a name, or with a wrong one, nothing is written", async () => {
  const two = "      models: {chat: {}, code: {}}\n";
  const folder = project("config: {}\n", two);
  assert.deepEqual(await into(folder), {
    code: 1,
    output: "this stack has 2 models: say which one with --model: chat, code",
  });
  assert.deepEqual(await into(folder, "--model", "chta"), {
    code: 1,
    output: "there is no model 'chta' in this stack; there are: chat, code",
  });
  assert.equal(stackOf(folder), "config: {}\n");
  assert.equal((await into(folder, "--model", "code")).code, 0);
  assert.deepEqual([shapeOf(folder), shapeOf(folder, "code")], [undefined, block]);
});

test("refused with nothing written: no stack, no YAML, aliases, another layer's word, a broken folder", async () => {
  const cases: [string, RegExp, string?][] = [
    ["config: [\n", /^Pulumi\.s\.yaml:\d+: not YAML/],
    ["config: &a\n  vllm:labels: {a: b}\nx: *a\n", /the alias '\*a' cannot be edited/],
    [
      "config:\n  vllm:model: chat\n",
      /a shape at vllm:shape would not count/,
      "      models: {chat: {shape: {layers: 9}}}\n",
    ],
    ["config: {}\n", /^this stack has no model/, ""],
  ];
  for (const [own, words, base] of cases) {
    const folder = project(own, base);
    const { code, output } = await into(folder);
    assert.equal(code, 1, output);
    assert.match(output, words);
    assert.equal(stackOf(folder), own);
  }
  const folder = project("config: {}\n");
  const none = await run(smallModel(), "--stack", "nope", "--project", folder);
  assert.deepEqual(none, { code: 1, output: "there is no stack 'nope': no file Pulumi.nope.yaml; there are: s" });
  const broken = smallModel();
  rmSync(join(broken, "model-00001-of-00002.safetensors"));
  const { code, output } = await run(broken, "--stack", "s", "--project", folder);
  assert.equal(code, 1);
  assert.match(output, /\n\nnothing was written$/);
  assert.equal(stackOf(folder), "config: {}\n");
});

test("a stack in a folder of stacks, by its long name, with the line ends that it has", async () => {
  const folder = project("config:\r\n  vllm:replicas: 2\r\n");
  mkdirSync(join(folder, "stacks"));
  renameSync(join(folder, "Pulumi.s.yaml"), join(folder, "stacks", "Pulumi.s.yaml"));
  const file = join(folder, "Pulumi.yaml");
  writeFileSync(file, readFileSync(file, "utf8").replace("runtime", "stackConfigDir: stacks\nruntime"));
  const { code, json } = await told(smallModel(), "--stack", "org/x/s", "--project", folder);
  assert.deepEqual([code, json.written.file], [0, join("stacks", "Pulumi.s.yaml")]);
  assert.deepEqual(json.written.problems, []);
  assert.match(readFileSync(join(folder, "stacks", "Pulumi.s.yaml"), "utf8"), /\r\n {8}layers: 4\r\n/);
  assert.deepEqual(shapeOf(folder), block);
});

test("a shape that does not fit is written, and what a preview then refuses is told", async () => {
  const folder = project("config: {}\n");
  const large = write(smallModel(), {
    "config.json": { ...small, num_hidden_layers: 100, num_key_value_heads: 4, max_position_embeddings: 50_000_000 },
  });
  const { code, json } = await told(large, "--stack", "s", "--project", folder);
  assert.equal(code, 1);
  assert.equal(json.written.changed, true);
  assert.equal(json.written.problems.length, 1);
  assert.match(json.written.problems[0], /the model does not fit: /);
  assert.equal(shapeOf(folder)?.layers, 100);
  assert.throws(() => planStack(settingsOf(folder, "s")), /the model does not fit/);
});
