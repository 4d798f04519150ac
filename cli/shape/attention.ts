import { encoderTypes, statefulTypes, windowedTypes } from "../../catalogue/modelTypes.ts";
import { isTree } from "../../config/tree.ts";
import type { ModelShape } from "../../planning/fit/batch.ts";
import type { Facts } from "./facts.ts";
import { ShapeError } from "./failure.ts";
import { headNames, headSizeNames, isAttention, keyValueNames, kindNames, latentOf } from "./keys.ts";

type Attention = Pick<
  ModelShape,
  "attentionHeads" | "keyValueHeads" | "headSize" | "latentSize" | "attentionLayers" | "slidingWindow"
>;

/** What a config.json says of the KV cache, under the names of the settings. `tell` takes what a shape cannot say. */
export function attentionOf(
  facts: Facts,
  layers: number | undefined,
  tell: (text: string) => void,
): Partial<Attention> {
  if (encoderTypes.has(facts.type))
    throw new ShapeError(
      `the model is an encoder (${facts.type}), which keeps no KV cache: there is nothing for the fit to reckon; leave shape out`,
    );
  if (statefulTypes.has(facts.type))
    throw new ShapeError(
      `the model has no attention (${facts.type}), and so no KV cache that grows: there is nothing for the fit to reckon; leave shape out`,
    );
  const attentionHeads = facts.count(...headNames);
  const kinds = kindsOf(facts, layers);
  const attentionLayers =
    kinds && layers && kinds.attention > 0 && kinds.attention < layers ? kinds.attention : undefined;
  const slidingWindow =
    layers === undefined ? undefined : windowOf(facts, layers, attentionLayers ?? layers, kinds, tell);
  tellLimits(facts, tell);
  return defined({ attentionHeads, ...headsOf(facts, attentionHeads, tell), attentionLayers, slidingWindow });
}

const defined = <Value extends object>(value: Value): { [Key in keyof Value]?: NonNullable<Value[Key]> } =>
  Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as never;

/** Heads of the KV cache and their size; of latent attention what it holds instead. */
function headsOf(facts: Facts, attentionHeads: number | undefined, tell: (text: string) => void) {
  const latent = latentOf(facts);
  if (latent !== undefined)
    return { latentSize: latent + (facts.number("qk_rope_head_dim") ?? 0), headSize: facts.count("v_head_dim") };
  const headSize = facts.count(...headSizeNames);
  const keyValueHeads = keyValueHeadsOf(facts, attentionHeads);
  if (keyValueHeads === undefined || headSize === undefined) return { keyValueHeads, headSize };
  const heads = facts.count("num_global_key_value_heads", "swa_num_key_value_heads") ?? keyValueHeads;
  const size = facts.count("global_head_dim", "swa_head_dim") ?? headSize;
  if (heads !== keyValueHeads || size !== headSize)
    tell("some layers have other key-value heads than the rest: all are reckoned as the larger ones");
  return heads * size > keyValueHeads * headSize
    ? { keyValueHeads: heads, headSize: size }
    : { keyValueHeads, headSize };
}

function keyValueHeadsOf(facts: Facts, attentionHeads: number | undefined): number | undefined {
  const [block] = (facts.list("block_configs") ?? []).flatMap((one) =>
    isTree(one) && isTree(one.attention) && typeof one.attention.n_heads_in_group === "number" ? [one.attention] : [],
  );
  if (block && attentionHeads) return Math.floor(attentionHeads / Number(block.n_heads_in_group)) || undefined;
  const one = facts.flag("multi_query") === true && facts.flag("new_decoder_architecture") !== true;
  if (one && facts.count("num_key_value_heads") === undefined) return 1;
  const nested = facts.tree("attn_config")?.kv_n_heads;
  if (typeof nested === "number" && Number.isSafeInteger(nested) && nested > 0) return nested;
  return facts.count(...keyValueNames);
}

/** How many of the layers are of a kind, where the file lists them. */
interface Kinds {
  attention: number;
  windowed: number;
}

function kindsOf(facts: Facts, layers: number | undefined): Kinds | undefined {
  const pattern = [...(facts.text("hybrid_override_pattern") ?? "")].filter((kind) => kind === "*");
  const listed = (facts.list(...kindNames) ?? []).filter((kind) => typeof kind === "string");
  const kinds = [...pattern, ...listed.filter(isAttention)];
  if (kinds.length > 0)
    return { attention: kinds.length, windowed: kinds.filter((kind) => kind === "sliding_attention").length };
  const full = fullLayers(facts, layers);
  return full === undefined ? undefined : { attention: full, windowed: 0 };
}

/** Layers of attention in the other ways of saying so. */
function fullLayers(facts: Facts, layers: number | undefined): number | undefined {
  const kimi = facts.tree("linear_attn_config")?.full_attn_layers;
  if (Array.isArray(kimi)) return kimi.length;
  const kinds = facts.list("attn_type_list");
  if (kinds) return kinds.filter((kind) => kind === 1).length;
  const indices = facts.list("attn_layer_indices");
  if (indices) return indices.length;
  const blocks = facts.list("block_configs");
  if (blocks)
    return blocks.filter(
      (one) =>
        isTree(one) &&
        isTree(one.attention) &&
        one.attention.no_op !== true &&
        one.attention.replace_with_linear !== true,
    ).length;
  const interval = facts.count("full_attention_interval", "attn_layer_period");
  if (interval && layers) {
    const offset = facts.number("attn_layer_offset") ?? interval - 1;
    return Array.from({ length: Math.min(layers, 10_000) }, (_, at) => at).filter((at) => at % interval === offset)
      .length;
  }
  return undefined;
}

function windowOf(
  facts: Facts,
  layers: number,
  attention: number,
  kinds: Kinds | undefined,
  tell: (text: string) => void,
): ModelShape["slidingWindow"] {
  const size = facts.count("sliding_window");
  if (size === undefined || facts.flag("use_sliding_window") === false) return undefined;
  const windowed = windowedLayers(facts, layers, attention, kinds);
  if (windowed === undefined) {
    tell(
      `sliding_window is ${size}, but not of which layers: the KV cache is reckoned as if all kept the whole context`,
    );
    return undefined;
  }
  return windowed > 0 ? { size, layers: Math.min(windowed, attention) } : undefined;
}

function windowedLayers(facts: Facts, layers: number, attention: number, kinds?: Kinds): number | undefined {
  if (kinds && kinds.windowed > 0) return kinds.windowed;
  if (facts.list("layer_types")) return 0;
  const flags = facts.list("hybrid_layer_pattern");
  if (flags) return flags.filter((one) => one === 1).length;
  const written = facts.text("sliding_window_pattern");
  if (written)
    return [...written.repeat(Math.ceil(layers / written.length)).slice(0, layers)].filter((one) => one === "L").length;
  const pattern = facts.windowPattern;
  if (pattern) return layers - Math.floor(layers / pattern);
  if (facts.flag("use_sliding_window") === true) return Math.max(0, layers - (facts.number("max_window_layers") ?? 0));
  return windowedTypes.has(facts.type) ? attention : undefined;
}

/** What is in a KV cache and a shape has no word for. */
function tellLimits(facts: Facts, tell: (text: string) => void): void {
  if (facts.list("compress_ratios"))
    tell("layers compress their KV cache (compress_ratios): it is reckoned as if none did, and takes far less");
  if (facts.count("index_head_dim"))
    tell("the index of sparse attention (index_head_dim) takes about a tenth more than the KV cache that is reckoned");
  if (facts.count("num_kv_shared_layers"))
    tell("layers share their KV cache (num_kv_shared_layers): it is reckoned as if none did, and takes less");
  if (facts.list("cross_attention_layers") || facts.count("encoder_layers"))
    tell("the KV cache of cross-attention is not reckoned");
  if (facts.count("attention_chunk_size") && facts.type.startsWith("llama4"))
    tell(
      "layers attend within chunks (attention_chunk_size): vLLM keeps the whole context of them, and so it is reckoned",
    );
  if (facts.type === "falcon_h1") tell("the state that each layer keeps beside its attention is not reckoned");
}
