import * as v from "valibot";
import { group, setting } from "./setting.ts";
import { boolean, choice, integer, number, parameters } from "./values.ts";

/** What a shape must have, for whoever left some of it out. */
const fitNeeds =
  "the fit needs layers, hiddenSize, attentionHeads, and parameters or weightBytes; leave shape out to go without";
const windowNeeds = "a window needs its size and the number of its layers";

/** Facts of a model's `config.json`, under the names of this program. */
export const shapeEntries = {
  parameters: setting(parameters, {
    description: "All parameters, of a mixture of experts those of all experts. A number, or text in M, B or T.",
    unit: "parameters",
    absent: true,
    unless: { other: "weightBytes", needs: fitNeeds },
    mixed: true,
    example: "8.19B",
  }),
  weightBytes: setting(
    v.pipe(
      number,
      v.integer("a whole number"),
      v.minValue(1e6, "at least 1000000"),
      v.maxValue(1e14, "at most 100000000000000"),
    ),
    {
      description: "Size of the weights as they are stored. Where it is given, it counts instead of `parameters`.",
      unit: "bytes",
      absent: true,
      example: 16_381_470_720,
    },
  ),
  layers: setting(integer(1, 1000), {
    description: "`num_hidden_layers`.",
    unit: "layers",
    required: fitNeeds,
    example: 36,
  }),
  attentionLayers: setting(integer(1, 1000), {
    description:
      "Of a hybrid model: how many of the layers have attention (`full_attention` in `layer_types`, `*` in `hybrid_override_pattern`, layers ÷ `full_attention_interval`). The others, of linear attention or Mamba, keep a state of one size.",
    derived: "all layers",
    unit: "layers",
    example: 12,
  }),
  hiddenSize: setting(integer(1, 1_000_000), { description: "`hidden_size`.", required: fitNeeds, example: 4096 }),
  attentionHeads: setting(integer(1, 10_000), {
    description: "`num_attention_heads`.",
    unit: "heads",
    required: fitNeeds,
    example: 32,
  }),
  keyValueHeads: setting(integer(1, 10_000), {
    description: "`num_key_value_heads`.",
    derived: "as many as attention heads",
    unit: "heads",
    example: 8,
  }),
  headSize: setting(integer(1, 10_000), {
    description: "`head_dim`.",
    derived: "hidden size ÷ attention heads",
    example: 128,
  }),
  contextLength: setting(integer(1, 100_000_000), {
    description: "`max_position_embeddings`: the context where `engine.maxModelLen` gives none.",
    unit: "tokens",
    absent: true,
    example: 40_960,
  }),
  vocabularySize: setting(integer(1, 10_000_000), {
    description: "`vocab_size`: embeddings are seldom quantised, and their share is counted with it.",
    unit: "tokens",
    absent: true,
    example: 151_936,
  }),
  tiedEmbeddings: setting(boolean, {
    description: "`tie_word_embeddings`: input and output embeddings are one table.",
    derived: "false",
    example: true,
  }),
  dtype: setting(choice(["bfloat16", "float16", "float32"]), {
    description: "`torch_dtype`.",
    derived: "bfloat16",
    example: "bfloat16",
  }),
  quantization: setting(choice(["fp8", "int8", "int4", "mxfp4", "nvfp4"]), {
    description: "How the weights are stored where they are quantised: `int4` is what AWQ and GPTQ mostly are.",
    absent: true,
    alike: {
      ...{ awq: "int4", gptq: "int4", awq_marlin: "int4", gptq_marlin: "int4", w4a16: "int4" },
      ...{ w8a8: ["int8", "fp8"], fp4: ["mxfp4", "nvfp4"] },
    },
    example: "fp8",
  }),
  latentSize: setting(integer(1, 1_000_000), {
    description:
      "Of a model with multi-head latent attention: `kv_lora_rank` + `qk_rope_head_dim`, which is what its KV cache holds.",
    absent: true,
    example: 576,
  }),
  slidingWindow: group(
    {
      size: setting(integer(1, 100_000_000), {
        description: "`sliding_window`.",
        unit: "tokens",
        required: windowNeeds,
        example: 1024,
      }),
      layers: setting(integer(1, 1000), {
        description: "How many of the layers keep only the window.",
        unit: "layers",
        required: windowNeeds,
        example: 52,
      }),
    },
    "Of a model whose layers, or some of them, see only a window.",
    { optional: true },
  ),
} as const;
