import type { Facts } from "./facts.ts";

/** The names that a key of a config.json has in different models, the usual one first. */

export const hiddenNames = ["hidden_size", "n_embd", "d_model", "model_dim"];
export const vocabularyNames = ["padded_vocab_size", "vocab_size"];
export const headNames = ["num_attention_heads", "n_head", "n_heads", "num_heads", "decoder_attention_heads"];
export const headSizeNames = ["head_dim", "attention_head_dim", "kv_channels"];
/** As vLLM reads them (vllm/transformers_utils/model_arch_config_convertor.py). */
export const keyValueNames = [
  ...["num_key_value_heads", "n_head_kv", "num_kv_heads", "multi_query_group_num", "num_attention_groups"],
];
/** Lists of what each layer is. */
export const kindNames = ["layer_types", "layers_block_type", "block_types"];

const layerNames = ["num_hidden_layers", "n_layer", "n_layers", "num_layers", "decoder_layers"];

/** The layers, which a file that lists the kind of each need not count. */
export const layersOf = (facts: Facts): number | undefined =>
  facts.count(...layerNames) ?? (facts.list("layers_block_type")?.length || undefined);

/** What multi-head latent attention keeps of a token beside its rotary part; undefined where there is none. */
export const latentOf = (facts: Facts): number | undefined =>
  facts.flag("use_mla") === false ? undefined : facts.count("kv_lora_rank");

/** Whether the name of a layer's kind is one of attention with a KV cache that grows. */
export const isAttention = (kind: string): boolean =>
  /^(.*_)?attention$|^hybrid$/.test(kind) && !/^(linear|lightning)_/.test(kind);
