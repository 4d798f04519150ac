import assert from "node:assert/strict";
import { test } from "node:test";
import { shapeOf } from "../../../cli/shape/shape.ts";
import type { Tree } from "../../../config/tree.ts";
import type { ModelShape } from "../../../planning/fit/batch.ts";
import { small } from "./folders.ts";

/** The kinds of models, by the keys that they have in the files named; small sizes, so that each rule is seen by itself. */

const told = (more: Tree, beside?: Tree) => shapeOf({ ...small, ...more }, { bytes: 4_000_000 }, beside);
/** What of a shape differs from that of the small model. */
function differs(more: Tree, beside?: Tree): Partial<ModelShape> {
  const { parameters: _, ...plain } = shapeOf(small, { bytes: 4_000_000 }).shape;
  const { parameters: __, ...shape } = told(more, beside).shape;
  return Object.fromEntries(
    [...new Set([...Object.keys(plain), ...Object.keys(shape)])]
      .map((key) => [key, (shape as Tree)[key]] as const)
      .filter(([key, value]) => JSON.stringify(value) !== JSON.stringify((plain as Tree)[key])),
  );
}
const quantized = (config: Tree, beside?: Tree) => told({ quantization_config: config }, beside);

test("how weights are quantised, in the words of each library", () => {
  const group = (weights: Tree, format = "pack-quantized") => ({
    quant_method: "compressed-tensors",
    format,
    config_groups: { group_0: { targets: ["Linear"], weights } },
  });
  const formats: [Tree, ModelShape["quantization"]][] = [
    [{ quant_method: "awq", bits: 4, group_size: 128, version: "gemm" }, "int4"],
    [{ quant_method: "awq", w_bit: 4 }, "int4"],
    [{ quant_method: "gptq", bits: 4, sym: true }, "int4"],
    [{ quant_method: "gptq", bits: 8 }, "int8"],
    [{ quant_method: "auto-round", bits: 4 }, "int4"],
    [{ quant_method: "bitsandbytes", load_in_4bit: true, load_in_8bit: false }, "int4"],
    [{ quant_method: "bitsandbytes", load_in_8bit: true }, "int8"],
    [{ quant_method: "fp8", fmt: "e4m3", weight_block_size: [128, 128] }, "fp8"],
    [{ quant_method: "fbgemm_fp8" }, "fp8"],
    [{ quant_method: "mxfp4", modules_to_not_convert: ["lm_head"] }, "mxfp4"],
    [{ quant_method: "modelopt", quant_algo: "FP8" }, "fp8"],
    [{ quant_method: "modelopt", quant_algo: "NVFP4" }, "nvfp4"],
    [{ quant_method: "modelopt_fp4", quant_algo: "NVFP4" }, "nvfp4"],
    [group({ num_bits: 4, type: "int", group_size: 32 }), "int4"],
    [group({ num_bits: 8, type: "int", strategy: "channel" }, "int-quantized"), "int8"],
    [group({ num_bits: 8, type: "float" }, "float-quantized"), "fp8"],
    [group({ num_bits: 4, type: "float", group_size: 16 }, "nvfp4-pack-quantized"), "nvfp4"],
    [group({ num_bits: 4, type: "float", group_size: 32 }, "mxfp4-pack-quantized"), "mxfp4"],
    [
      { quant_method: "modelopt", quantized_layers: { a: { quant_algo: "FP8" }, b: { quant_algo: "W4A16_NVFP4" } } },
      "nvfp4",
    ],
  ];
  for (const [config, format] of formats) {
    const { shape, notes } = quantized(config);
    assert.deepEqual([shape.quantization, notes], [format, []], JSON.stringify(config));
  }
  // In the text's own part, and in the file that ModelOpt writes beside.
  const inner = { text_config: { ...small, quantization_config: { quant_method: "awq", bits: 4 } } };
  assert.equal(shapeOf(inner, { bytes: 4e6 }).shape.quantization, "int4");
  assert.deepEqual(differs({}, { quantization: { quant_algo: "NVFP4" } }), { quantization: "nvfp4" });
  assert.deepEqual(differs({ expert_dtype: "fp4", quantization_config: { quant_method: "fp8" } }), {
    quantization: "mxfp4",
  });
  const unknown = quantized({ quant_method: "gptq", bits: 3 });
  assert.equal(unknown.shape.quantization, undefined);
  assert.deepEqual(unknown.notes, ["the weights are quantised (gptq) in a format that a shape has no word for"]);
});

test("windows: which layers, by each way of saying it, and none where it is off", () => {
  const window = (layers: number, size = 512) => ({ slidingWindow: { size, layers } });
  const kinds = (...names: string[]) => names.map((name) => `${name}_attention`);
  const given = { sliding_window: 512 };
  const cases: [Tree, object][] = [
    [{ ...given, layer_types: kinds("sliding", "full", "sliding", "full") }, window(2)],
    [{ ...given, layer_types: kinds("full", "full", "full", "full") }, {}],
    [{ ...given, model_type: "mistral" }, window(4)],
    [{ model_type: "mistral", sliding_window: null }, {}],
    [
      { ...given, model_type: "gemma2", head_dim: 64 },
      { ...window(2), headSize: 64 },
    ],
    [{ ...given, model_type: "exaone4", sliding_window_pattern: "LLLG" }, window(3)],
    [{ ...given, model_type: "cohere2" }, window(3)],
    [{ ...given, hybrid_layer_pattern: [0, 1, 1, 1] }, window(3)],
    [{ ...given, model_type: "qwen2", use_sliding_window: false, max_window_layers: 0 }, {}],
    [{ ...given, model_type: "qwen2", use_sliding_window: true, max_window_layers: 3 }, window(1)],
  ];
  for (const [more, shape] of cases) {
    assert.deepEqual(differs(more), shape, JSON.stringify(more));
  }
  assert.deepEqual(told({ ...given, model_type: "unheard" }).notes.slice(0, 1), [
    "sliding_window is 512, but not of which layers: the KV cache is reckoned as if all kept the whole context",
  ]);
  const gemma = { model_type: "gemma3_text", num_hidden_layers: 26, sliding_window: 1024, num_key_value_heads: null };
  const { shape, notes } = told(gemma);
  assert.deepEqual([shape.slidingWindow, shape.headSize], [{ size: 1024, layers: 22 }, 256]);
  assert.deepEqual(notes, ["config.json leaves out head_dim: taken as transformers has them for gemma3_text"]);
});

test("hybrid models: the layers that have attention, by each way of saying it", () => {
  const cases: [Tree, number | undefined][] = [
    [{ layer_types: ["linear_attention", "linear_attention", "linear_attention", "full_attention"] }, 1],
    [{ layers_block_type: ["mamba", "moe", "attention", "mlp"] }, 1],
    [{ hybrid_override_pattern: "M-*E" }, 1],
    [{ full_attention_interval: 2 }, 2],
    [{ attn_type_list: [0, 0, 1, 0] }, 1],
    [{ attn_layer_indices: [1, 3] }, 2],
    [{ attn_layer_period: 4, attn_layer_offset: 1 }, 1],
    [{ linear_attn_config: { full_attn_layers: [4], kda_layers: [1, 2, 3] } }, 1],
    [{ block_configs: [{ attention: { n_heads_in_group: 2 } }, { attention: { no_op: true } }] }, 1],
    [{ layer_types: ["full_attention", "full_attention", "full_attention", "full_attention"] }, undefined],
  ];
  for (const [more, layers] of cases) assert.equal(told(more).shape.attentionLayers, layers, JSON.stringify(more));
});

test("heads: latent, grouped, of one, of several sizes", () => {
  const latent = { kv_lora_rank: 512, qk_rope_head_dim: 64, qk_nope_head_dim: 128, v_head_dim: 128 };
  const of = { model_type: "deepseek_v3", num_key_value_heads: 4 };
  assert.deepEqual(differs({ ...of, ...latent }), { latentSize: 576, headSize: 128, keyValueHeads: undefined });
  assert.deepEqual(differs({ ...of, ...latent, use_mla: false }), { keyValueHeads: 4 });
  assert.deepEqual(differs({ num_key_value_heads: undefined, multi_query_group_num: 1 }), { keyValueHeads: 1 });
  assert.deepEqual(differs({ num_key_value_heads: undefined, multi_query: true }), { keyValueHeads: 1 });
  const falcon = { num_key_value_heads: undefined, multi_query: true, new_decoder_architecture: true, num_kv_heads: 2 };
  assert.deepEqual(differs(falcon), {});
  assert.deepEqual(differs({ block_configs: [{ attention: { n_heads_in_group: 4 } }] }).keyValueHeads, 1);
  const two = { head_dim: 64, global_head_dim: 128, num_global_key_value_heads: 2 };
  assert.deepEqual(differs(two), { headSize: 128 });
  assert.deepEqual(told(two).notes, [
    "some layers have other key-value heads than the rest: all are reckoned as the larger ones",
  ]);
  assert.deepEqual(differs({ kv_channels: 32 }), { headSize: 32 });
});

test("context: the smallest that is named, and what the positions are stretched to, as vLLM takes it", () => {
  const context = (more: Tree) => told(more).shape.contextLength;
  assert.equal(context({ max_seq_len: 1024 }), 1024);
  assert.equal(context({ max_position_embeddings: undefined, seq_length: 4096 }), 4096);
  assert.equal(context({ model_max_length: 9000 }), 9000);
  assert.equal(context({ rope_scaling: { type: "linear", factor: 4 } }), 32_768);
  assert.equal(
    context({ rope_scaling: { rope_type: "yarn", factor: 4, original_max_position_embeddings: 1024 } }),
    4096,
  );
  assert.equal(context({ rope_scaling: { rope_type: "llama3", factor: 8 } }), 8192);
  assert.equal(context({ rope_parameters: { rope_type: "dynamic", factor: 2 } }), 16_384);
  assert.equal(context({ rope_scaling: { rope_type: "linear", factor: null } }), 8192);
  const none = told({ max_position_embeddings: undefined, model_type: "unheard" });
  assert.equal(none.shape.contextLength, undefined);
  assert.match(none.notes.join("\n"), /the model's own context is not told/);
});

test("a model of several parts: the language model's own settings, wherever they stand", () => {
  const { model_type: type, torch_dtype: dtype, ...text } = small;
  const outer = { model_type: "both", hidden_size: 9, vision_config: { hidden_size: 64, num_hidden_layers: 2 } };
  for (const config of [
    { ...outer, text_config: { ...text, model_type: type } },
    { ...outer, llm_config: { ...text, model_type: type } },
    { ...outer, language_config: { ...text, model_type: type } },
    { model_type: "omni", thinker_config: { ...outer, text_config: { ...text, model_type: type } }, talker_config: {} },
  ])
    assert.deepEqual(shapeOf({ ...config, dtype }, { bytes: 4_000_000 }).shape, {
      ...shapeOf(small, { bytes: 4_000_000 }).shape,
      parameters: 2_871_296 + 2 * (4 * 64 ** 2 + 2 * 64 * 256) + 64 * (64 + 256),
    });
  const tower = { ...small, mm_vision_tower: "siglip" };
  assert.deepEqual(shapeOf(tower).notes, ["the size of mm_vision_tower is not told by config.json, and not counted"]);
});

test("embeddings, numbers and dtypes: tied by the file or by the class, as the files have them", () => {
  assert.deepEqual(differs({ tie_word_embeddings: true }), { tiedEmbeddings: true });
  assert.equal(told({ model_type: "gemma", tie_word_embeddings: undefined }).shape.tiedEmbeddings, true);
  assert.deepEqual(differs({ torch_dtype: "float16" }), { dtype: "float16" });
  assert.deepEqual(differs({ torch_dtype: undefined, dtype: "torch.float32" }), { dtype: "float32" });
  assert.deepEqual(differs({ torch_dtype: undefined, text_config: { dtype: "float16" } }), { dtype: "float16" });
  assert.equal(shapeOf({ ...small, torch_dtype: "float32" }, { bytes: 4e6, dtype: "bfloat16" }).shape.dtype, undefined);
  assert.equal(shapeOf(small, { bytes: 4e6, parameters: 5_000_000, dtype: "float32" }).shape.parameters, 5_000_000);
});

test("what contradicts itself is left out and told; what nothing goes without is missing", () => {
  const odd = told({ num_key_value_heads: 3 });
  assert.deepEqual(differs({ num_key_value_heads: 3 }), { keyValueHeads: undefined });
  assert.deepEqual(odd.notes, ["keyValueHeads: which must divide attentionHeads (4) in config.json"]);
  const none = told({ num_attention_heads: 3, num_key_value_heads: 3 });
  assert.deepEqual(none.missing, ["attentionHeads (num_attention_heads)"]);
  assert.deepEqual(told({ num_hidden_layers: 5000 }).missing, ["layers (num_hidden_layers)"]);
});

test("what a shape has no word for is told", () => {
  const notes = (more: Tree) => told(more).notes.join("; ");
  assert.match(notes({ model_type: "deepseek_v32", index_head_dim: 128 }), /index of sparse attention/);
  assert.match(notes({ compress_ratios: [0, 4] }), /compress their KV cache/);
  assert.match(notes({ num_kv_shared_layers: 2 }), /share their KV cache/);
  assert.match(notes({ model_type: "llama4_text", attention_chunk_size: 8192 }), /attend within chunks/);
  assert.match(notes({ cross_attention_layers: [1] }), /cross-attention is not reckoned/);
  assert.match(notes({ model_type: "falcon_h1" }), /beside its attention/);
});
