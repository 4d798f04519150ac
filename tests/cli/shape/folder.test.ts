import assert from "node:assert/strict";
import { mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { run, scratch, shard, small, smallModel, told, write, writeHeader, writeTensors } from "./folders.ts";

/** What of a model's folder is uploaded, and what is wrong with one. */

const block = {
  ...{ parameters: 2_000_000, weightBytes: 4_000_000, layers: 4, hiddenSize: 256, attentionHeads: 4 },
  ...{ keyValueHeads: 2, contextLength: 8192, vocabularySize: 1000 },
};

test("a folder as it should be: the block, the size by its headers, and all of it is uploaded", async () => {
  const folder = smallModel();
  const { code, output } = await run(folder);
  assert.equal(code, 0);
  const [shape = "", weights = "", upload = "", ...rest] = output.split("\n\n");
  assert.equal(
    shape,
    `shape:\n${Object.entries(block)
      .map(([key, value]) => `  ${key}: ${value}`)
      .join("\n")}`,
  );
  assert.equal(weights, "weights\n  3.8 MiB in 2 files, by their headers");
  assert.equal(upload, "upload\n  5 files, 3.8 MiB");
  assert.deepEqual(rest, []);
  const { json } = await told(folder);
  assert.deepEqual(Object.keys(json), [
    ...["schemaVersion", "path", "modelType", "shape", "weights", "missing", "notes", "upload", "leaveOut", "problems"],
  ]);
  assert.deepEqual([json.shape, json.missing, json.notes, json.leaveOut, json.problems], [block, [], [], [], []]);
  assert.deepEqual(json.upload.files, [
    ...["config.json", shard(1), shard(2), "model.safetensors.index.json", "tokenizer.json"],
  ]);
});

test("what is no part of the model, and what is its weights once more, stays out, each with its reason", async () => {
  const folder = smallModel();
  const weights = "x".repeat(1000);
  write(folder, {
    ...{
      ".git/config": "a",
      ".gitattributes": "a",
      ".cache/huggingface/x.lock": "a",
      "a/.cache/y": "a",
      "__pycache__/m.pyc": "a",
    },
    ...{ "model-3.safetensors.incomplete": "a", "original/params.json": {}, "original/consolidated.00.pth": weights },
    ...{ "consolidated.safetensors": weights, "consolidated.safetensors.index.json": {}, "onnx/model.onnx": weights },
    ...{ "pytorch_model-00001-of-00001.bin": weights, "pytorch_model.bin.index.json": {}, "training_args.bin": "a" },
    ...{ "model.fp16.safetensors": weights, "model.safetensors.index.fp16.json": {}, "tf_model.h5": weights },
    ...{ "adapters/sql/adapter_model.safetensors": weights, "1_Pooling/config.json": {}, "README.md": "a" },
    ...{ "params.json": {}, "tekken.json": {} },
  });
  const { code, json } = await told(folder);
  assert.equal(code, 0);
  assert.deepEqual(json.upload.files, [
    ...["1_Pooling/config.json", "README.md", "config.json", shard(1), shard(2), "model.safetensors.index.json"],
    ...["params.json", "tekken.json", "tokenizer.json"],
  ]);
  const out = json.leaveOut.map(({ reason, patterns }: { reason: string; patterns: string[] }) => [reason, patterns]);
  assert.deepEqual(out, [
    [
      "of Git, of caches or of the system: no part of the model",
      [".cache/*", ".git/*", ".gitattributes", "__pycache__/*", "a/.cache/*"],
    ],
    [
      "safetensors beside the model's own: the streamer would load them too",
      ["adapters/sql/adapter_model.safetensors", "model.fp16.safetensors"],
    ],
    ["the weights once more, which the streamer would load too", ["consolidated*"]],
    ["downloads that have not ended", ["*.incomplete"]],
    ["indexes of what is not uploaded", ["model.safetensors.index.fp16.json"]],
    ["the weights once more, in another form", ["onnx/*", "original/*"]],
    ["no safetensors: weights once more, or of a training", ["*.bin", "*.bin.index.json", "*.h5"]],
  ]);
  const count = json.leaveOut.reduce((sum: number, { files }: { files: string[] }) => sum + files.length, 0);
  assert.equal(json.upload.files.length + count, 27);
  const { output } = await run(folder);
  assert.match(output, /^ {2}onnx\/\* original\/\* \(3 files, 0\.0 MiB\): the weights once more, in another form$/m);
  assert.match(output, /^so aws s3 cp --recursive takes\n {2}--exclude '\.cache\/\*' --exclude '\.git\/\*' /m);
  assert.match(output, / --exclude 'consolidated\*' --exclude '\*\.incomplete' /);
});

test("the Hub's cache is links: those that lead somewhere are read, the others are told", async () => {
  const cache = scratch();
  const snapshot = join(cache, "snapshots", "abc");
  mkdirSync(snapshot, { recursive: true });
  write(cache, { "blobs/config": small, "blobs/tokenizer": {}, "refs/main": "abc" });
  writeTensors(join(cache, "blobs", "weights"), { "a.weight": ["BF16", [2_000_000]] });
  for (const [name, blob] of [
    ["config.json", "config"],
    ["tokenizer.json", "tokenizer"],
    ["model.safetensors", "weights"],
  ] as const)
    symlinkSync(join("..", "..", "blobs", blob), join(snapshot, name));
  assert.deepEqual((await told(snapshot)).json.shape, block);
  const whole = await run(cache);
  assert.deepEqual(whole, {
    code: 1,
    output: `${cache}: is a repository in the cache of the Hub; give the revision in it: ${snapshot}`,
  });
  rmSync(join(cache, "blobs", "weights"));
  rmSync(join(cache, "blobs", "tokenizer"));
  const { code, json } = await told(snapshot);
  assert.equal(code, 1);
  assert.deepEqual(
    json.problems.map(({ message }: { message: string }) => message),
    [
      "links that lead nowhere: model.safetensors, tokenizer.json; is the download whole?",
      "there are no weights: no file *.safetensors",
    ],
  );
  rmSync(join(cache, "blobs", "config"));
  assert.match((await run(snapshot)).output, /its config\.json is a link that leads nowhere; is the download whole\?$/);
});

/** What is wrong with the small model after something was done to it. */
async function wrong(
  change: (folder: string) => void,
): Promise<{ problems: string[]; shape: object; weights: object }> {
  const folder = smallModel();
  change(folder);
  const { code, json } = await told(folder);
  assert.equal(code, 1);
  return { ...json, problems: json.problems.map(({ message }: { message: string }) => message) };
}

test("files of weights that are missing, broken or lie are told; the size is then the index's", async () => {
  const cases: [(folder: string) => void, string | RegExp][] = [
    [(folder) => rmSync(join(folder, shard(2))), `1 of 2 files of weights are missing: ${shard(2)}`],
    [(folder) => truncateSync(join(folder, shard(1)), 5), `${shard(1)} is no safetensors file: it has 5 bytes`],
    [(folder) => truncateSync(join(folder, shard(1)), 60), `${shard(1)} is truncated within its header`],
    [
      (folder) => truncateSync(join(folder, shard(1)), 1_000_000),
      /^model-00001-of-00002\.safetensors is truncated: it ends 1\d{6} bytes before its last tensor$/,
    ],
    [
      (folder) => writeFileSync(join(folder, shard(1)), "<html><body>Not found, and so on, at length</body></html>"),
      `${shard(1)} is no safetensors file: its header would be longer than any`,
    ],
    [
      (folder) => writeFileSync(join(folder, shard(1)), "version https://git-lfs.github.com/spec/v1\noid sha256:1\n"),
      `${shard(1)} is a pointer of Git LFS, not the file; fetch it with: git lfs pull`,
    ],
    [
      (folder) => writeHeader(join(folder, shard(1)), "{not json", 0),
      `${shard(1)} is no safetensors file: its header is no JSON`,
    ],
    [
      (folder) => writeHeader(join(folder, shard(1)), [1], 0),
      `${shard(1)} is no safetensors file: its header is no JSON object`,
    ],
    ...[
      { dtype: "BF16", shape: [10], data_offsets: [0, 10] },
      { dtype: "BF16", shape: [5], data_offsets: [10, 0] },
      { dtype: "BF16", shape: [-5], data_offsets: [0, 10] },
      { dtype: "BF16", shape: [5], data_offsets: [0] },
      { dtype: 16, shape: [5], data_offsets: [0, 10] },
      null,
    ].map((entry): [(folder: string) => void, string] => [
      (folder) => writeHeader(join(folder, shard(1)), { "a.weight": entry }, 10),
      `${shard(1)} has a header that contradicts itself: a tensor's bytes are not those of its shape`,
    ]),
    [
      (folder) => writeHeader(join(folder, shard(1)), { a: { dtype: "BF16", shape: [5], data_offsets: [0, 10] } }, 11),
      `${shard(1)} has a header that contradicts itself: its tensors do not fill the file`,
    ],
  ];
  for (const [change, problem] of cases) {
    const { problems, shape, weights } = await wrong(change);
    assert.equal(problems.length, 1, problems.join("; "));
    if (typeof problem === "string") assert.equal(problems[0], problem);
    else assert.match(problems[0] ?? "", problem);
    assert.deepEqual(shape, { ...block, parameters: 2_871_296 });
    assert.deepEqual(weights, { bytes: 4_000_000, files: 2, from: "index" });
  }
});

test("without an index: a row of files must be whole, and no tensor may stand in two of them", async () => {
  const row = await wrong((folder) => {
    rmSync(join(folder, "model.safetensors.index.json"));
    rmSync(join(folder, shard(1)));
  });
  assert.deepEqual(row.problems, [`1 of 2 files of weights are missing: ${shard(1)}`]);
  assert.deepEqual(row.weights, { from: "reckoned" });
  const folder = write(scratch(), { "config.json": small, "tokenizer.json": {} });
  for (const name of ["a.safetensors", "b.safetensors"])
    writeTensors(join(folder, name), { "x.weight": ["BF16", [1_000_000]] });
  const { code, json } = await told(folder);
  assert.equal(code, 1);
  assert.deepEqual(json.problems, [{ kind: "folder", message: "weights lie here twice: in two files stand x.weight" }]);
});

test("model.safetensors beside a second form of itself: one is served, the other left out", async () => {
  const folder = write(scratch(), { "config.json": small, "tokenizer.json": {} });
  for (const name of ["model.safetensors", "model.fp32.safetensors"])
    writeTensors(join(folder, name), { "x.weight": [name.includes("fp32") ? "F32" : "BF16", [1_000_000]] });
  const { code, json } = await told(folder);
  assert.equal(code, 0);
  assert.equal(json.shape.weightBytes, 2_000_000);
  assert.deepEqual(json.leaveOut[0].files, ["model.fp32.safetensors"]);
});

test("weights that are there only as Mistral names them are uploaded, with the flag that reads them", async () => {
  const folder = write(scratch(), { "config.json": { ...small, model_type: "mistral" }, "tekken.json": {} });
  writeTensors(join(folder, "consolidated.safetensors"), { "x.weight": ["BF16", [2_000_000]] });
  const { code, json } = await told(folder);
  assert.equal(code, 0);
  assert.deepEqual(json.upload.files, ["config.json", "consolidated.safetensors", "tekken.json"]);
  assert.match(json.notes.join(), /set engine\.args\.load-format to mistral/);
});

test("no safetensors: told with what there is; no tokenizer, and one that is a pointer", async () => {
  const bin = write(scratch(), { "config.json": small, "pytorch_model.bin": "x", "tokenizer.json": {} });
  assert.match(
    (await run(bin)).output,
    /there are no safetensors, which is what the streamer loads, but pytorch_model\.bin; /,
  );
  assert.deepEqual((await told(bin)).json.upload.files, ["config.json", "pytorch_model.bin", "tokenizer.json"]);
  const folder = smallModel();
  rmSync(join(folder, "tokenizer.json"));
  const { code, json } = await told(folder);
  assert.equal(code, 0);
  assert.deepEqual(json.notes, ["the folder has no tokenizer (tokenizer.json, tokenizer.model, tekken.json)"]);
  const pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 9\n";
  const { problems } = await wrong((own) => write(own, { "tokenizer.json": pointer }));
  assert.deepEqual(problems, ["tokenizer.json: is a pointer of Git LFS, not the file; fetch it with: git lfs pull"]);
});

test("weights that are stored and not loaded: what predicts further tokens, and a table that is tied to another", async () => {
  const tied = { ...small, tie_word_embeddings: true, num_nextn_predict_layers: 1 };
  const folder = write(scratch(), { "config.json": tied, "tokenizer.json": {} });
  writeTensors(join(folder, "model.safetensors"), {
    "model.embed_tokens.weight": ["BF16", [1000, 256]],
    "lm_head.weight": ["BF16", [1000, 256]],
    "model.layers.3.mlp.down_proj.weight": ["BF16", [2048, 1024]],
    "model.layers.4.mlp.down_proj.weight": ["BF16", [1024, 1024]],
  });
  const { json } = await told(folder);
  assert.deepEqual(json.notes, [
    "2.0 MiB of the weights predict further tokens, which vLLM loads only for speculation: the fit counts them",
    "0.5 MiB of the weights are a table that is tied to another, and not loaded: the fit counts it",
  ]);
});

test("a folder within itself by a link ends, and one of thousands of files is refused", async () => {
  const folder = smallModel();
  symlinkSync(".", join(folder, "loop"));
  assert.equal((await told(folder)).code, 0);
});
