import assert from "node:assert/strict";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { cli } from "../run.ts";
import { run, scratch, small, smallModel, told, write, writeTensors } from "./folders.ts";

/** What is no model, or none that a shape is for: one message each, and nothing else. */

/** A folder of files, refused in these words; `@` stands for the folder. */
const refused = async (files: Record<string, unknown>, words: string, path = "") => {
  const folder = write(scratch(), files);
  const { code, output } = await run(join(folder, path));
  assert.deepEqual([code, output], [1, words.replaceAll("@", folder)]);
  const { json } = await told(join(folder, path));
  assert.deepEqual(
    json.problems.map(({ message }: { message: string }) => message),
    [output],
  );
};
const taken = "a folder with a config.json, a config.json itself, or a model.safetensors.index.json beside one";

test("what is no model's", async () => {
  await refused({}, `@: has no config.json; what can be read is ${taken}`);
  await refused({ "a.txt": "x" }, `@/a.txt: is no model: what can be read is ${taken}`, "a.txt");
  await refused({ "config.json": "{" }, "@/config.json: is no JSON; is it the file that was meant, and whole?");
  await refused({ "config.json": "[1]" }, "@/config.json: holds no JSON object");
  await refused(
    { "config.json": "\u0000\u00ff" },
    "@/config.json: is no JSON; is it the file that was meant, and whole?",
  );
  await refused(
    { "config.json": { a: 1 } },
    "@/config.json: is no config.json of a model: it has neither model_type nor architectures",
  );
  await refused(
    { "config.json": "version https://git-lfs.github.com/spec/v1\n" },
    "@/config.json: is a pointer of Git LFS, not the file; fetch it with: git lfs pull",
  );
  const gguf =
    "holds weights as GGUF, which neither the streamer nor a copy of this program serves; take the model's safetensors";
  await refused({ "m.gguf": "GGUF" }, `@: ${gguf}`);
  await refused({ "m.gguf": "GGUF" }, `@/m.gguf: ${gguf}`, "m.gguf");
  const adapter = "is a LoRA adapter; its shape is that of the model that it adapts (org/base): give that one's folder";
  await refused({ "adapter_config.json": { peft_type: "LORA", base_model_name_or_path: "org/base" } }, `@: ${adapter}`);
  await refused(
    { "adapter_config.json": { peft_type: "LORA", base_model_name_or_path: "org/base" } },
    `@/adapter_config.json: ${adapter}`,
    "adapter_config.json",
  );
  await refused({ "model_index.json": {} }, "@: is a pipeline of diffusers, which vLLM does not serve");
  await refused(
    { "config.json": { _class_name: "FluxTransformer2DModel", _diffusers_version: "0.30" } },
    "@/config.json: is of a pipeline of diffusers, which vLLM does not serve",
  );
  await refused(
    { "params.json": {}, "consolidated.00.pth": "x" },
    "@: has no config.json, but params.json: a model in the format of Meta or Mistral; take its repository with config.json and safetensors",
  );
  await refused(
    { "model.safetensors.index.json": { weight_map: {} } },
    "@/model.safetensors.index.json: is an index of weights, and needs the config.json beside it",
    "model.safetensors.index.json",
  );
  const file = join(smallModel(), "model-00001-of-00002.safetensors");
  assert.match((await run(file)).output, /: is one file of weights; give the folder that it lies in$/);
  const folder = scratch();
  symlinkSync("nowhere", join(folder, "link"));
  assert.match((await run(join(folder, "link"))).output, /: is a link that leads nowhere; is the download whole\?$/);
  assert.match((await run(join(folder, "none"))).output, /^there is no .*\/none$/);
});

test("models that a shape is not for", async () => {
  const config = (more: object) => ({ "config.json": { ...small, ...more } });
  await refused(
    config({ model_type: "bert" }),
    "the model is an encoder (bert), which keeps no KV cache: there is nothing for the fit to reckon; leave shape out",
  );
  await refused(
    config({ model_type: "mamba" }),
    "the model has no attention (mamba), and so no KV cache that grows: there is nothing for the fit to reckon; leave shape out",
  );
  const mlx = { group_size: 64, bits: 4 };
  await refused(
    config({ quantization: mlx, quantization_config: mlx }),
    "the weights are in the format of MLX (quantization: {group_size, bits}), which vLLM cannot load",
  );
});

test("an unknown model_type: by its files the block with a note, by its config.json alone no size", async () => {
  const folder = write(scratch(), { "config.json": { ...small, model_type: "unheard" }, "tokenizer.json": {} });
  writeTensors(join(folder, "model.safetensors"), { "x.weight": ["BF16", [2_000_000]] });
  const whole = await told(folder);
  assert.equal(whole.code, 0);
  assert.equal(whole.json.shape.weightBytes, 4_000_000);
  const note = "model_type 'unheard' is not known here: its keys are read by their usual names";
  assert.deepEqual(whole.json.notes, [note]);
  const alone = await told(join(folder, "config.json"));
  assert.equal(alone.code, 1);
  assert.deepEqual(alone.json.missing, ["parameters or weightBytes"]);
  assert.deepEqual(alone.json.notes, [note]);
  const { json } = await told(
    join(write(scratch(), { "config.json": { model_type: "llama", hidden_size: "x" } }), "config.json"),
  );
  assert.equal(json.shape.hiddenSize, undefined);
  assert.deepEqual(json.missing, ["hiddenSize (hidden_size)", "parameters or weightBytes"]);
});

test("wrong calls, and the command by itself", async () => {
  const calls: [string[], RegExp][] = [
    [[], /^one PATH is read: a model's folder, or a file of it\nusage: npm run shape -- PATH /],
    [["a", "b"], /^one PATH is read/],
    [["a", "--model", "chat"], /^--model is of a stack: --stack is missing\nusage/],
    [["a", "--nope"], /--nope/],
  ];
  for (const [args, words] of calls) {
    const { code, output } = await run(...args);
    assert.equal(code, 2);
    assert.match(output, words);
  }
  const { code, stdout, output } = await cli("shape", smallModel());
  assert.deepEqual([code, output], [0, stdout]);
  assert.match(stdout, /^shape:\n {2}parameters: 2000000\n/);
});
