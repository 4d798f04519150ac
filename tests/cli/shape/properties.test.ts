import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import * as v from "valibot";
import { ShapeError } from "../../../cli/shape/failure.ts";
import { parseJson } from "../../../cli/shape/json.ts";
import { readHeader } from "../../../cli/shape/safetensors.ts";
import { shapeOf } from "../../../cli/shape/shape.ts";
import { checkSource } from "../../../config/layers/layer.ts";
import { shapeEntries } from "../../../config/schema/shapeEntries.ts";
import { isTree, type Tree } from "../../../config/tree.ts";
import { checkShape } from "../../../planning/checks/shape.ts";
import type { ModelShape } from "../../../planning/fit/batch.ts";
import { published } from "../../data/modelConfigs.ts";
import { scratch, small } from "./folders.ts";

/** Any config.json, and any file that says that it is weights: nothing crashes, and what comes out is right. */

/** Every key that a published config.json has, in its parts too, and those that other kinds have. */
const keysIn = (tree: Tree): string[] =>
  Object.entries(tree).flatMap(([key, value]) => [key, ...(isTree(value) ? keysIn(value) : [])]);
const keys = [
  ...new Set(published.flatMap(({ config }) => keysIn(config))),
  ...["layers_block_type", "hybrid_override_pattern", "block_configs", "linear_attn_config", "attn_config", "n_head"],
  ...["sliding_window_pattern", "hybrid_layer_pattern", "attn_layer_period", "attn_layer_offset", "mamba_num_heads"],
  ...["mamba_head_dim", "index_head_dim", "index_n_heads", "thinker_config", "audio_config", "encoder_layers"],
  ...["compression_config", "moe_latent_size", "o_lora_rank", "expert_dtype", "__proto__", "constructor", "bits"],
];
const types = [...new Set([...published.flatMap(({ config }) => String(config.model_type)), "nemotron_h", "unheard"])];

const scalar = fc.oneof(
  fc.nat(100),
  fc.integer(),
  fc.double(),
  fc.constantFrom(null, true, false, "", "float32", "full_attention", "sliding_attention", "mamba", "M*-E", "LLLG"),
  fc.constantFrom(...types),
  fc.string({ maxLength: 5 }),
);
const { tree } = fc.letrec<{ tree: Tree; value: unknown }>((tie) => ({
  value: fc.oneof({ depthSize: "small" }, scalar, fc.array(scalar, { maxLength: 5 }), tie("tree")),
  tree: fc.dictionary(fc.oneof(fc.constantFrom(...keys), fc.string({ maxLength: 3 })), tie("value"), { maxKeys: 12 }),
}));
/** A published one, or a small one, with some keys as they should not be. */
const config = fc
  .tuple(fc.constantFrom(small as Tree, ...published.map((model) => model.config)), tree, fc.boolean())
  .map(([base, odd, nested]) =>
    nested && isTree(base.text_config)
      ? { ...base, text_config: { ...base.text_config, ...odd } }
      : { ...structuredClone(base), ...odd },
  );
const stored = fc.record(
  { bytes: fc.nat(), parameters: fc.nat(), dtype: fc.constantFrom("bfloat16", "float32") },
  { requiredKeys: [] },
);

test("any config.json: a shape that the settings and the preview take, or one clear refusal", () => {
  let whole = 0;
  fc.assert(
    fc.property(fc.oneof(tree, config), stored, fc.option(tree, { nil: undefined }), (given, weights, beside) => {
      try {
        const { shape, missing, notes } = shapeOf(given, weights, beside);
        for (const [key, value] of Object.entries(shape))
          assert.ok(v.is(shapeEntries[key as keyof typeof shapeEntries] as unknown as v.GenericSchema, value), key);
        assert.ok(notes.every((note) => note.length < 400));
        if (missing.length > 0) return;
        whole++;
        const source = { name: "s", file: "Pulumi.s.yaml", prefix: "vllm:", tree: { models: { chat: { shape } } } };
        assert.deepEqual(checkSource(source).problems, []);
        assert.equal(
          checkShape(shape as ModelShape, () => {}),
          true,
        );
      } catch (error) {
        if (!(error instanceof ShapeError)) throw error;
        assert.match(error.message, /leave shape out|MLX/);
      }
    }),
    { numRuns: 2000 },
  );
  assert.ok(whole > 200, `${whole}`);
});

test("as JSON that Python writes, with NaN and Infinity, and no text that looks like them is changed", () => {
  const read = parseJson("x", '\ufeff{"a": NaN, "b": [-Infinity, Infinity], "c": "NaN: Infinity \\" NaN", "NaN": 1}');
  assert.deepEqual(read, { a: null, b: [null, null], c: 'NaN: Infinity " NaN', NaN: 1 });
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const text = JSON.stringify(value);
      assert.deepEqual(parseJson("x", text), JSON.parse(text));
    }),
  );
});

test("any bytes as weights: the tensors of a header that fills its file, or what is wrong with it", () => {
  const file = join(scratch(), "x.safetensors");
  const header = fc.dictionary(
    fc.string({ maxLength: 3 }),
    fc.oneof(
      fc.jsonValue({ maxDepth: 1 }),
      fc.record({
        dtype: fc.constantFrom("BF16", "F32", "F4", "X"),
        shape: fc.array(fc.integer({ min: -1, max: 5 }), { maxLength: 3 }),
        data_offsets: fc.array(fc.integer({ min: -1, max: 60 }), { minLength: 1, maxLength: 3 }),
      }),
    ),
  );
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 80 }),
    fc.tuple(header, fc.nat(80), fc.integer({ min: -3, max: 3 })).map(([tensors, data, off]) => {
      const text = Buffer.from(JSON.stringify(tensors));
      const length = Buffer.alloc(8);
      length.writeBigInt64LE(BigInt(text.length + off));
      return new Uint8Array(Buffer.concat([length, text, Buffer.alloc(data)]));
    }),
  );
  fc.assert(
    fc.property(bytes, (content) => {
      writeFileSync(file, content);
      const read = readHeader(file);
      if (typeof read === "string") assert.match(read, /^(is|has|cannot) /);
      else {
        const length = Number(Buffer.from(content).readBigUInt64LE());
        const sum = read.reduce((all, tensor) => all + tensor.bytes, 0);
        assert.equal(8 + length + sum, content.length);
      }
    }),
    { numRuns: 500 },
  );
});
