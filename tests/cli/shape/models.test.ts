import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { mxfp4Padding } from "../../../catalogue/vllm/memory.ts";
import type { ModelShape } from "../../../planning/fit/batch.ts";
import { checkFit } from "../../../planning/fit/gpuFit.ts";
import { storedWeights } from "../../../planning/fit/weights.ts";
import { type PublishedModel, published } from "../../data/modelConfigs.ts";
import { failing, type Report, running } from "../../data/modelFits.ts";
import { gpu } from "../../planning/fit/asked.ts";
import { scratch, shard, told, write, writeTensors } from "./folders.ts";

/** Well-known models: their size beside the one that was published, and their fit beside what people reported. */

const settingsOf = ({ config, beside }: PublishedModel) => ({
  "config.json": config,
  ...(beside && { "hf_quant_config.json": beside }),
});

/** By its config.json alone. */
async function reckoned(model: PublishedModel): Promise<ModelShape> {
  const folder = write(scratch(), settingsOf(model));
  const { code, json } = await told(join(folder, "config.json"));
  assert.equal(code, 0, JSON.stringify(json));
  assert.deepEqual(json.weights, { from: "reckoned" });
  assert.equal(json.shape.weightBytes, undefined);
  return json.shape;
}

/** By a folder as it is downloaded: its weights in three files, with an index. */
async function inFolder(model: PublishedModel): Promise<ModelShape> {
  const folder = write(scratch(), { ...settingsOf(model), "tokenizer.json": {} });
  const numbers = Math.floor(model.bytes / 2 / 3);
  const names = [1, 2, 3].map((one) => [`model.layers.0.part${one}.weight`, shard(one, 3)] as const);
  const total = names
    .map(([name, file]) => writeTensors(join(folder, file), { [name]: ["BF16", [numbers]] }))
    .reduce((sum, size) => sum + size, 0);
  const index = { metadata: { total_size: total }, weight_map: Object.fromEntries(names) };
  write(folder, { "model.safetensors.index.json": index });
  const { code, json } = await told(folder);
  assert.equal(code, 0, JSON.stringify(json));
  assert.deepEqual(json.weights, { bytes: total, files: 3, from: "headers" });
  return json.shape;
}

/** Bytes as they are stored: before kernels pad them, and in the format that they are stored in. */
const storedBytes = (shape: ModelShape): number => {
  const padding = shape.quantization === "mxfp4" ? mxfp4Padding : 1;
  return ((storedWeights(shape) ?? Number.NaN) / padding) * (shape.dtype === "float32" ? 2 : 1);
};
const within = (value: number, figure: number, what: string) =>
  assert.ok(Math.abs(value / figure - 1) <= 0.02, `${what}: ${value} here, ${figure} published`);

const verdict = (shape: ModelShape, { gpu: product, asked: [sizes, utilisation, maxModelLen, more] }: Report) =>
  checkFit({
    shape,
    gpu: gpu(product),
    tensorParallelSize: sizes[0],
    pipelineParallelSize: sizes[1],
    gpuMemoryUtilization: utilisation,
    ...(maxModelLen === undefined ? {} : { maxModelLen }),
    ...more,
  })?.fits;

test("there are at least 25, each with its source and its size", () => {
  assert.ok(published.length >= 25);
  assert.equal(new Set(published.map(({ name }) => name)).size, published.length);
  for (const { source, bytes } of published) {
    assert.match(source, /^https:\/\/github\.com\/[\w.-]+\/[\w.-]+\/tree\/[0-9a-f]{10,40}$/);
    assert.ok(bytes > 1e9);
  }
});

for (const model of published)
  test(`${model.name}: weights within 2 % of what was published, and the reported fit`, async () => {
    const shapes = [await reckoned(model), await inFolder(model)];
    for (const shape of shapes) {
      within(
        shape.weightBytes ?? storedBytes(shape),
        model.bytes,
        shape.weightBytes === undefined ? "by config.json" : "by headers",
      );
      for (const report of [...running, ...failing].filter(({ model: name }) => name === model.fit))
        assert.equal(verdict(shape, report), running.includes(report), `${report.gpu}: ${JSON.stringify(shape)}`);
    }
  });

test("the reports of at least ten of them are among those of the fit", () => {
  const reports = [...running, ...failing].filter(({ model }) => published.some(({ fit }) => fit === model));
  assert.ok(reports.length >= 20, `${reports.length}`);
});
