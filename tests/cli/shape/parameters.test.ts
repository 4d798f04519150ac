import assert from "node:assert/strict";
import { test } from "node:test";
import { shapeOf } from "../../../cli/shape/shape.ts";
import type { Tree } from "../../../config/tree.ts";
import { small } from "./folders.ts";

/** Parameters that are reckoned from a config.json, beside the sizes of the matrices written out. */

const parameters = (more: Tree) => shapeOf({ ...small, ...more }).shape.parameters;
const hidden = 256;
const tables = 2 * 1000 * hidden;
/** Query and output of 4 heads of 64, keys and values of 2. */
const attention = hidden * (4 + 4 + 2 + 2) * 64;
const forward = 3 * hidden * 512;
const four = 4 * (attention + forward);

test("dense models: gated or not, with one table or two, with heads of their own size", () => {
  assert.equal(parameters({}), tables + four);
  assert.equal(parameters({ tie_word_embeddings: true }), tables / 2 + four);
  assert.equal(parameters({ model_type: "nemotron" }), tables + 4 * (attention + 2 * hidden * 512));
  assert.equal(parameters({ model_type: "qwen" }), tables + 4 * (attention + forward / 2));
  assert.equal(parameters({ head_dim: 128 }), tables + 4 * (2 * attention + forward));
  assert.equal(parameters({ head_dim: 64, v_head_dim: 32 }), tables + 4 * (0.75 * attention + forward));
  const falcon = { model_type: "falcon", multi_query: true, num_key_value_heads: null, intermediate_size: null };
  assert.equal(parameters(falcon), tables + 4 * (hidden * (4 + 4 + 1 + 1) * 64 + 2 * hidden * 4 * hidden));
});

const expert = 3 * hidden * 64;
const experts = { model_type: "qwen3_moe", num_experts: 8, moe_intermediate_size: 64, head_dim: 64 };
const router = 8 * hidden;

test("experts: in which layers, those that all pass, and those in a smaller space", () => {
  const all = 8 * expert + router;
  const moe = (count: number, more = 0) => tables + 4 * attention + count * (all + more) + (4 - count) * forward;
  assert.equal(parameters(experts), moe(4));
  assert.equal(parameters({ ...experts, mlp_only_layers: [0, 3] }), moe(2));
  assert.equal(parameters({ ...experts, decoder_sparse_step: 2 }), moe(2));
  assert.equal(parameters({ ...experts, first_k_dense_replace: 1, n_shared_experts: 2 }), moe(3, 2 * expert));
  assert.equal(parameters({ ...experts, moe_layer_freq: [0, 1, 1, 0] }), moe(2));
  assert.equal(parameters({ ...experts, shared_expert_intermediate_size: 128 }), moe(4, 2 * expert));
  assert.equal(parameters({ ...experts, enable_moe_block: true }), moe(4, forward));
  const latent = 2 * hidden * 32 - 8 * expert + (8 * expert * 32) / hidden;
  assert.equal(parameters({ ...experts, moe_latent_size: 32 }), moe(4, latent));
});

test("latent attention, and layers that predict further tokens", () => {
  const latent = { kv_lora_rank: 128, qk_rope_head_dim: 16, qk_nope_head_dim: 32, v_head_dim: 32, q_lora_rank: 64 };
  const of = { model_type: "kimi_k2", ...latent };
  const query = 64 * (hidden + 4 * 48);
  const projections = query + hidden * (128 + 16) + 128 * 4 * 64 + 4 * 32 * hidden;
  assert.equal(parameters(of), tables + 4 * (projections + forward));
  const full = hidden * 4 * 48;
  assert.equal(parameters({ ...of, q_lora_rank: null }), tables + 4 * (projections - query + full + forward));
  const index = { index_head_dim: 16, index_n_heads: 2 };
  assert.equal(parameters({ ...of, ...index }), tables + 4 * (projections + 16 * (2 * 64 + hidden) + forward));
  const layer = projections + forward;
  assert.equal(parameters({ ...of, num_nextn_predict_layers: 1 }), tables + 5 * layer + 2 * hidden ** 2);
  const copied = { ...of, model_type: "deepseek_v3", num_nextn_predict_layers: 1, n_routed_experts: null };
  assert.equal(parameters(copied), 2 * tables + 5 * layer + 2 * hidden ** 2);
});

test("hybrid models: linear attention, Mamba, convolutions, and layers of one part alone", () => {
  const linear = {
    linear_num_key_heads: 2,
    linear_key_head_dim: 32,
    linear_num_value_heads: 4,
    linear_value_head_dim: 32,
  };
  const delta = hidden * (2 * 64 + 3 * 128 + 2 * 4);
  const next = { model_type: "qwen3_5_text", head_dim: 64, ...linear, full_attention_interval: 4 };
  assert.equal(parameters(next), tables + attention + 3 * delta + 4 * forward);
  const gated = attention + hidden * 4 * 64;
  assert.equal(parameters({ ...next, attn_output_gate: true }), tables + gated + 3 * delta + 4 * forward);
  const state = { mamba_num_heads: 4, mamba_head_dim: 32, n_groups: 2, ssm_state_size: 16 };
  const mamba = hidden * (3 * 128 + 2 * 2 * 16 + 4);
  const plain = 2 * hidden * 512;
  const nemotron = { model_type: "nemotron_h", ...state, n_routed_experts: 8, moe_intermediate_size: 64 };
  const routed = 8 * 2 * hidden * 64 + router;
  assert.equal(
    parameters({ ...nemotron, hybrid_override_pattern: "M-*E" }),
    tables + mamba + plain + attention + routed,
  );
  const listed = { ...nemotron, num_hidden_layers: null, layers_block_type: ["mamba", "moe", "attention"] };
  assert.equal(parameters(listed), tables + mamba + routed + attention);
  assert.equal(
    parameters({ ...listed, num_nextn_predict_layers: 1 }),
    tables + mamba + 2 * (routed + attention) + 2 * hidden ** 2,
  );
  const kinds = ["conv", "conv", "full_attention", "conv"];
  const lfm = { model_type: "lfm2", layer_types: kinds };
  assert.equal(parameters(lfm), tables + attention + 3 * 4 * hidden ** 2 + 4 * forward);
  const kimi = { num_heads: 4, head_dim: 32, full_attn_layers: [4] };
  const delta2 = 4 * hidden * 128 + 2 * 32 * (hidden + 128);
  const linears = { model_type: "kimi_linear", linear_attn_config: kimi };
  assert.equal(parameters(linears), tables + attention + 3 * delta2 + 4 * forward);
});

test("what a layer is made of is not known: nothing is reckoned", () => {
  const none = [
    { layer_types: ["full_attention", "something", "something", "something"] },
    { block_configs: [{ attention: { n_heads_in_group: 2 } }] },
    { mamba_d_state: 16 },
    { intermediate_size: null, model_type: "internlm2" },
    { vocab_size: null, model_type: "internlm2" },
  ];
  for (const more of none) assert.equal(parameters(more), undefined, JSON.stringify(more));
});

test("encoders: beside the language model, each by its own sizes", () => {
  const seen = (more: Tree) => (parameters({ vision_config: more }) ?? 0) - tables - four;
  const layer = 4 * 64 ** 2;
  assert.equal(
    seen({ hidden_size: 64, num_hidden_layers: 2, intermediate_size: 100 }),
    2 * (layer + 2 * 64 * 100) + 64 * (64 + 256),
  );
  assert.equal(seen({ embed_dim: 64, depth: 2, hidden_size: 256 }), 2 * (layer + 2 * 64 * 256) + 64 * (64 + 256));
  const merged = {
    hidden_size: 64,
    depth: 1,
    intermediate_size: 64,
    hidden_act: "silu",
    spatial_merge_size: 2,
    out_hidden_size: 100,
  };
  assert.equal(seen(merged), layer + 3 * 64 * 64 + 256 * (256 + 100));
  const deep = { ...merged, deepstack_visual_indexes: [1, 2] };
  assert.equal(seen(deep), layer + 3 * 64 * 64 + 3 * 256 * (256 + 100));
});
