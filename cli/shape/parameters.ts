import {
  classDefaults,
  furtherLayers,
  halvedTypes,
  knownTypes,
  tiedTypes,
  ungatedTypes,
} from "../../catalogue/modelTypes.ts";
import { isTree, type Tree } from "../../config/tree.ts";
import type { Facts } from "./facts.ts";
import {
  headNames,
  headSizeNames,
  hiddenNames,
  isAttention,
  keyValueNames,
  kindNames,
  latentOf,
  layersOf,
  vocabularyNames,
} from "./keys.ts";

/** What a checkpoint has by its config.json, and the parts of it whose size that does not tell. */
export interface Reckoned {
  parameters: number;
  uncounted: string[];
}

/**
 * All parameters that a checkpoint of a config.json has, from the sizes of its matrices: norms, biases and other small
 * things are left out. Undefined where the file does not tell, or a layer is of a kind that is not known here.
 */
export function parametersOf(facts: Facts, config: Tree): Reckoned | undefined {
  if (!knownTypes.has(facts.type)) return undefined;
  const layers = layersOf(facts);
  const hidden = facts.count(...hiddenNames);
  const vocabulary = facts.count(...vocabularyNames);
  if (layers === undefined || hidden === undefined || vocabulary === undefined || layers > 10_000) return undefined;
  const table = vocabulary * hidden;
  const mixers = mixersOf(facts, layers);
  const single = mixers.some((mixer) => mixer === "experts" || mixer === "feedForward");
  const whole = (mixer: Mixer, at: number) =>
    single ? partOf(facts, hidden, mixer) : layerOf(facts, hidden, mixer, at);
  const all = Array.from({ length: layers }, (_, at) => whole(mixers[at] ?? "attention", at));
  // What predicts further tokens is a layer more, of the kind of the last, with the join of its two inputs.
  const said = facts.number("num_nextn_predict_layers", "mtp_num_hidden_layers");
  const further = said ?? (Object.hasOwn(furtherLayers, facts.type) ? furtherLayers[facts.type] : undefined) ?? 0;
  const last = sum(single ? [whole("attention", 0), whole("experts", 0)] : [whole("attention", layers - 1)]);
  const copies = /^deepseek/.test(facts.type) ? 2 * table : 0;
  const join = 2 * hidden ** 2 + copies;
  const more = further > 0 && further < 10 ? Array.from({ length: further }, () => last && last + join) : [];
  const total = sum([isTied(facts) ? table : 2 * table, ...all, ...more]);
  if (total === undefined) return undefined;
  const encoders = encodersOf(facts, config, hidden);
  const uncounted = encoders.filter(({ parameters }) => parameters === undefined).map(({ name }) => name);
  const seeing = encoders.reduce((all, { parameters = 0 }) => all + parameters, 0);
  return { parameters: Math.round(total + seeing), uncounted };
}

/** The sum, where every part is known. */
const sum = (parts: readonly (number | undefined)[]): number | undefined =>
  parts.reduce<number | undefined>((all, one) => (all === undefined || one === undefined ? undefined : all + one), 0);

/** Whether input and output embeddings are one table. */
export const isTied = (facts: Facts): boolean => facts.flag("tie_word_embeddings") ?? tiedTypes.has(facts.type);

type Mixer = "attention" | "linear" | "conv" | "mamba" | "feedForward" | "experts" | "unknown";

/** What each layer has: what mixes its tokens, or where there are layers of nothing else, a feed-forward part or experts. */
function mixersOf(facts: Facts, layers: number): Mixer[] {
  const pattern = facts.text("hybrid_override_pattern");
  if (pattern) return [...pattern].map((one) => ofPattern[one] ?? "unknown");
  const types = facts.list(...kindNames);
  if (types) return types.map(mixerOf);
  const list = facts.list("attn_type_list");
  if (list) return list.map((one) => (one === 1 ? "attention" : "linear"));
  const full = facts.tree("linear_attn_config")?.full_attn_layers;
  if (Array.isArray(full))
    return Array.from({ length: layers }, (_, at) => (full.includes(at + 1) ? "attention" : "linear"));
  const interval = facts.count("full_attention_interval");
  if (interval) return Array.from({ length: layers }, (_, at) => ((at + 1) % interval === 0 ? "attention" : "linear"));
  const others = facts.list("block_configs") ?? facts.count("attn_layer_period", "mamba_d_ssm", "mamba_d_state");
  return others === undefined ? [] : ["unknown"];
}

const ofPattern: Readonly<Record<string, Mixer>> = { "*": "attention", M: "mamba", "-": "feedForward", E: "experts" };

const ofKind: Readonly<Record<string, Mixer>> = {
  ...{ conv: "conv", linear_attention: "linear", mamba: "mamba", mlp: "feedForward", moe: "experts" },
};

const mixerOf = (kind: unknown): Mixer => {
  if (typeof kind !== "string" || kind === "hybrid") return "unknown";
  return isAttention(kind) ? "attention" : Object.hasOwn(ofKind, kind) ? (ofKind[kind] ?? "unknown") : "unknown";
};

/** Parameters of a layer that mixes and then feeds forward. */
function layerOf(facts: Facts, hidden: number, mixer: Mixer, at: number): number | undefined {
  const experts = hasExperts(facts, at) ? expertsOf(facts, hidden) : undefined;
  // Experts beside a feed-forward layer of the usual kind, not in its place.
  const beside = facts.flag("enable_moe_block") === true ? denseOf(facts, hidden) : 0;
  return sum([partOf(facts, hidden, mixer), experts ?? denseOf(facts, hidden), experts === undefined ? 0 : beside]);
}

/** Parameters of one part of a layer. */
function partOf(facts: Facts, hidden: number, mixer: Mixer): number | undefined {
  if (mixer === "feedForward") return denseOf(facts, hidden);
  if (mixer === "experts") return expertsOf(facts, hidden);
  if (mixer === "attention") return attentionOf(facts, hidden);
  if (mixer === "conv") return 4 * hidden ** 2;
  if (mixer === "linear") return linearOf(facts, hidden);
  if (mixer === "mamba") return mambaOf(facts, hidden);
  return undefined;
}

function attentionOf(facts: Facts, hidden: number): number | undefined {
  const heads = facts.count(...headNames);
  if (heads === undefined) return undefined;
  const latent = latentOf(facts);
  if (latent !== undefined) return latentAttentionOf(facts, hidden, heads, latent);
  const size = facts.count(...headSizeNames) ?? hidden / heads;
  const grouped = facts.count(...keyValueNames);
  const keyValue = grouped ?? (facts.flag("multi_query") === true ? 1 : heads);
  const gated = facts.flag("attn_output_gate") === true || facts.type === "qwen3_next" ? 1 : 0;
  // Value heads may be of another size than those of the keys.
  const value = facts.count("v_head_dim") || size;
  return hidden * (heads * (size * (1 + gated) + value) + keyValue * (size + value));
}

/** Multi-head latent attention, and the index of the sparse kind. */
function latentAttentionOf(facts: Facts, hidden: number, heads: number, latent: number): number {
  const rotary = facts.number("qk_rope_head_dim") ?? 0;
  const plain = facts.number("qk_nope_head_dim") ?? 0;
  const value = facts.count("v_head_dim") ?? plain;
  const lowRank = facts.count("q_lora_rank");
  const width = heads * (plain + rotary);
  const query = lowRank === undefined ? hidden * width : lowRank * (hidden + width);
  const index = facts.count("index_head_dim") ?? 0;
  const indexed = index * ((facts.count("index_n_heads") ?? 0) * (lowRank ?? hidden) + hidden);
  return query + hidden * (latent + rotary) + latent * heads * (plain + value) + heads * value * hidden + indexed;
}

/** Linear attention: gated delta nets, Kimi's, and lightning attention with its gate. */
function linearOf(facts: Facts, hidden: number): number | undefined {
  const keys = (facts.count("linear_num_key_heads") ?? 0) * (facts.count("linear_key_head_dim") ?? 0);
  const values = (facts.count("linear_num_value_heads") ?? 0) * (facts.count("linear_value_head_dim") ?? 0);
  if (keys > 0 && values > 0)
    return hidden * (2 * keys + 3 * values + 2 * (facts.count("linear_num_value_heads") ?? 0));
  const kimi = facts.tree("linear_attn_config");
  const [heads, size] = [Number(kimi?.num_heads), Number(kimi?.head_dim)];
  if (heads > 0 && size > 0) return 4 * hidden * heads * size + 2 * size * (hidden + heads * size);
  const all = facts.count("num_attention_heads");
  const own = facts.count("head_dim");
  return facts.list("attn_type_list") && all && own ? 5 * hidden * all * own : undefined;
}

function mambaOf(facts: Facts, hidden: number): number | undefined {
  const heads = facts.count("mamba_num_heads", "mamba_n_heads");
  const size = facts.count("mamba_head_dim", "mamba_d_head");
  if (heads === undefined || size === undefined) return undefined;
  const inner = heads * size;
  const states =
    (facts.count("n_groups", "mamba_n_groups") ?? 1) * (facts.count("ssm_state_size", "mamba_d_state") ?? 128);
  return hidden * (3 * inner + 2 * states + heads);
}

const widthNames = ["intermediate_size", "ffn_hidden_size", "decoder_ffn_dim", "ffn_dim", "n_inner"];

const matrices = (facts: Facts): number => (ungatedTypes.has(facts.type) ? 2 : 3);

function denseOf(facts: Facts, hidden: number): number | undefined {
  const special = facts.count("intermediate_size_mlp", "dense_intermediate_size");
  const width = special ?? facts.count(...widthNames) ?? (ungatedTypes.has(facts.type) ? 4 * hidden : undefined);
  return width && (matrices(facts) * hidden * width) / (halvedTypes.has(facts.type) ? 2 : 1);
}

const expertNames = ["n_routed_experts", "num_experts", "num_local_experts", "moe_num_experts"];

/** All experts of a layer, those that every token passes, and what sends a token to them. */
function expertsOf(facts: Facts, hidden: number): number | undefined {
  const experts = facts.count(...expertNames);
  const width = facts.count("moe_intermediate_size") ?? facts.count(...widthNames);
  if (experts === undefined || width === undefined) return undefined;
  const shared = facts.number("n_shared_experts", "num_shared_experts", "moe_num_shared_experts");
  const own = facts.number(
    "shared_expert_intermediate_size",
    "moe_shared_expert_intermediate_size",
    "shared_intermediate_size",
  );
  const llama4 = facts.type === "llama4_text" ? width : 0;
  const passed = own ?? (shared ?? 0) * width + llama4;
  // Experts that work in a smaller space, into which a token is led and back.
  const latent = facts.count("moe_latent_size", "routed_expert_hidden_size");
  const led = latent === undefined ? 0 : 2 * hidden * latent;
  return matrices(facts) * (experts * width * (latent ?? hidden) + passed * hidden) + led + experts * hidden;
}

function hasExperts(facts: Facts, at: number): boolean {
  const experts = facts.count(...expertNames);
  if (experts === undefined || experts === 1 || facts.flag("enable_moe_block") === false) return false;
  if (at < (facts.number("first_k_dense_replace", "num_dense_layers") ?? 0)) return false;
  if (facts.list("mlp_only_layers")?.includes(at)) return false;
  const listed = facts.list("moe_layers");
  if (listed && listed.length > 0) return listed.includes(at);
  const frequencies = facts.list("moe_layer_freq");
  if (frequencies) return frequencies[at] === 1;
  const step =
    facts.count("decoder_sparse_step", "interleave_moe_layer_step", "moe_layer_freq", "expert_layer_period") ?? 1;
  const offset = facts.number("expert_layer_offset") ?? step - 1;
  return at % step === offset % step;
}

/** Parts that see and hear, each with its parameters where its settings tell them. */
function encodersOf(facts: Facts, config: Tree, hidden: number): { name: string; parameters: number | undefined }[] {
  const thinker = isTree(config.thinker_config) ? config.thinker_config : {};
  const parts = ["vision_config", "audio_config"].flatMap((name) => {
    const part = config[name] ?? thinker[name];
    return isTree(part) ? [{ name, parameters: encoderOf(part, hidden) }] : [];
  });
  const towers = ["mm_vision_tower", "vision_tower", "mm_tower"].filter((name) => typeof config[name] === "string");
  const own = facts.count("encoder_layers") ? [{ name: "encoder", parameters: encoderOf(config, hidden) }] : [];
  return [...parts, ...towers.map((name) => ({ name, parameters: undefined })), ...own];
}

function encoderOf(given: Tree, hidden: number): number | undefined {
  const type = typeof given.model_type === "string" ? given.model_type : "";
  const part: Tree = { ...(Object.hasOwn(classDefaults, type) ? classDefaults[type] : {}), ...given };
  const read = (...names: readonly string[]) =>
    names.map((name) => part[name]).find((one): one is number => typeof one === "number" && one > 0 && one < 1e6);
  const width = read("embed_dim", "vt_hidden_size", "hidden_size", "d_model");
  const layers = read("depth", "vt_num_hidden_layers", "encoder_layers", "num_hidden_layers");
  if (width === undefined || layers === undefined) return undefined;
  const inner =
    read("intermediate_size", "vt_intermediate_size", "encoder_ffn_dim") ?? width * (read("mlp_ratio") ?? 4);
  const gated = ["gemma4_vision", "pixtral", "qwen2_5_vl"].includes(type) || part.hidden_act === "silu";
  const merged = width * (read("spatial_merge_size") ?? 1) ** 2;
  const joins = 1 + (Array.isArray(part.deepstack_visual_indexes) ? part.deepstack_visual_indexes.length : 0);
  const joined = joins * merged * (merged + (read("out_hidden_size") ?? hidden));
  return layers * (4 * width ** 2 + (gated ? 3 : 2) * width * inner) + joined;
}
