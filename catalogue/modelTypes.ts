import defaults from "./modelDefaults.json" with { type: "json" };

/**
 * What a config.json leaves out, by `model_type`: the configuration classes of Hugging Face's `transformers` 5.23.0 (PyPI;
 * `transformers/models/<name>/configuration_<name>.py`) have it as defaults, and a part such as `text_config` is saved
 * without what is the default. Classes that only stand for a whole model write their keys out.
 */
export const classDefaults: Readonly<Record<string, Readonly<Record<string, number | boolean>>>> = defaults;

/** Models whose class ties the embeddings where the file does not say so (`tie_word_embeddings: bool = True`, as above). */
export const tiedTypes: ReadonlySet<string> = new Set([
  ...["bloom", "cohere", "cohere2", "cohere2_moe", "ernie4_5", "ernie4_5_moe", "falcon", "gemma", "gemma2", "gemma3"],
  ...["gemma3_text", "gemma3n", "gemma3n_text", "gemma4", "gemma4_text", "gpt2", "gpt_bigcode", "granite_swa", "lfm2"],
  ...["lfm2_moe", "minicpm3", "modernbert-decoder", "mpt", "opt", "qwen3_vl_moe_text", "recurrent_gemma", "smollm3"],
  ...["starcoder2", "vaultgemma", "whisper", "zamba", "zamba2"],
]);

/** One layer in so many sees the whole context where `layer_types` does not say which (`sliding_window_pattern`, as above). */
export const windowPatterns: Readonly<Record<string, number>> = {
  cohere2: 4,
  exaone4: 4,
  gemma2: 2,
  gemma3_text: 6,
  gemma3n_text: 5,
  gemma4_text: 6,
  gpt_oss: 2,
  olmo3: 4,
};

/** Models whose layers all keep `sliding_window`, where they have one (`sliding_window` in `modeling_<name>.py`, as above). */
export const windowedTypes: ReadonlySet<string> = new Set(["mistral", "mixtral", "phi3", "phimoe", "starcoder2"]);

/** Feed-forward layers of two matrices, not three: no gate (`modeling_<name>.py`, as above; OPT to Falcon likewise). */
export const ungatedTypes: ReadonlySet<string> = new Set([
  ...[
    "apertus",
    "arcee",
    "bloom",
    "falcon",
    "gpt2",
    "gpt_bigcode",
    "gpt_neox",
    "gptj",
    "mpt",
    "nemotron",
    "nemotron_h",
  ],
  ...["opt", "persimmon", "phi", "starcoder2", "whisper"],
]);

/** The `intermediate_size` of these is that of gate and input together (Qwen's own `modeling_qwen.py`). */
export const halvedTypes: ReadonlySet<string> = new Set(["qwen"]);

/**
 * Layers that predict further tokens, where a checkpoint has them and its config.json does not say so (the `mtp.*` of
 * Qwen3-Next's index: 81.33 billion parameters published, of which one layer is theirs).
 */
export const furtherLayers: Readonly<Record<string, number>> = { qwen3_next: 1 };

/** Models that read a text as a whole and keep no KV cache (classes of `transformers` without a causal mask). */
export const encoderTypes: ReadonlySet<string> = new Set([
  ...[
    "albert",
    "bert",
    "camembert",
    "clip",
    "deberta",
    "deberta-v2",
    "distilbert",
    "electra",
    "ernie",
    "eurobert",
    "gte",
  ],
  ...["jina_embeddings_v3", "modernbert", "mpnet", "nomic_bert", "roberta", "siglip", "siglip2", "vit", "wav2vec2"],
  ...["xlm-roberta", "xlm-roberta-xl", "new"],
]);

/** Models without attention: each layer keeps a state of one size (`mamba` and its kin, as above). */
export const statefulTypes: ReadonlySet<string> = new Set(["falcon_mamba", "mamba", "mamba2", "rwkv", "xlstm"]);

/**
 * Language models whose keys are read here as vLLM reads them (its "Supported models", 0.32), so that their parameters
 * can be reckoned from a config.json alone.
 */
export const knownTypes: ReadonlySet<string> = new Set([
  ...[
    "apertus",
    "arcee",
    "bamba",
    "bloom",
    "chatglm",
    "cohere",
    "cohere2",
    "deepseek_v2",
    "deepseek_v3",
    "deepseek_v32",
  ],
  ...["dots1", "ernie4_5", "ernie4_5_moe", "exaone4", "falcon", "gemma", "gemma2", "gemma3_text"],
  ...["gemma4_text", "glm", "glm4", "glm4_moe", "glm4_moe_lite", "glm4v_moe_text", "glm4v_text", "glm_moe_dsa", "gpt2"],
  ...["gpt_bigcode", "gpt_neox", "gpt_oss", "gptj", "granite", "granitemoe", "granitemoehybrid", "granitemoeshared"],
  ...["hunyuan_v1_dense", "hunyuan_v1_moe", "internlm2", "internlm3", "kimi_k2", "kimi_linear", "lfm2", "lfm2_moe"],
  ...["llama", "llama4_text", "mimo", "mimo_v2_flash", "minimax_m1", "minimax_m2", "ministral3", "mistral", "mixtral"],
  ...[
    "mpt",
    "nemotron",
    "nemotron-nas",
    "nemotron_h",
    "olmo",
    "olmo2",
    "olmo3",
    "olmoe",
    "opt",
    "phi",
    "phi3",
    "phimoe",
  ],
  ...["qwen", "qwen2", "qwen2_5_omni_text", "qwen2_5_vl", "qwen2_5_vl_text", "qwen2_moe", "qwen2_vl", "qwen2_vl_text"],
  ...[
    "qwen3",
    "qwen3_5_moe_text",
    "qwen3_5_text",
    "qwen3_moe",
    "qwen3_next",
    "qwen3_omni_moe_text",
    "qwen3_vl_moe_text",
  ],
  ...["qwen3_vl_text", "seed_oss", "smollm3", "stablelm", "starcoder2", "whisper"],
]);
