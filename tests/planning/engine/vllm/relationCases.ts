import { type Case, copied, cpu, l4 } from "./relationCase.ts";
import { hardwareCases } from "./relationCasesOfHardware.ts";

/** What vLLM 0.32.0 refused or, of `right`, took, when it was put to its parser and its configuration. */
export const cases: readonly Case[] = [
  // What `vllm serve` checks before it starts.
  {
    args: { "enable-auto-tool-choice": true },
    told: "needs 'tool-call-parser' beside it",
    right: { "enable-auto-tool-choice": true, "tool-call-parser": "hermes" },
  },
  {
    args: { "enable-log-outputs": true },
    told: "needs 'enable-log-requests' beside it",
    right: { "enable-log-outputs": true, "enable-log-requests": true },
  },
  {
    args: { "enable-per-request-metrics": true, "disable-log-stats": true },
    told: "does not go with 'disable-log-stats'; remove one of them",
    right: { "enable-per-request-metrics": true },
  },
  {
    args: { "sse-keep-alive-interval": -1 },
    told: "is -1, but must be 0, which turns it off, or more",
    right: { "sse-keep-alive-interval": 0 },
  },
  {
    args: { "api-server-count": 2 },
    told: "is 2, and several API servers cut off all answers under way when their pod is drained; leave it out, and add replicas",
    right: { "api-server-count": 1 },
  },
  { args: { "api-server-count": 0 }, told: "is 0, which starts no HTTP server at all; leave it out" },
  ...["/", "/v", "/v1/", "/in", "/inference/", "/v1/c", "/inference/v"].map((root) => ({
    args: { "root-path": root },
    told: `is ${root}, with which vLLM answers without the key; give one such as /chat, or leave it out`,
    right: { "root-path": "/chat" },
  })),
  {
    args: { "root-path": "/v1" },
    told: "is /v1, which takes all routes below /v1 away; give another, or leave it out",
    right: { "root-path": "/inference" },
  },
  {
    args: { "lora-modules": ["sql=/opt/sql"] },
    told: "needs 'enable-lora' beside it",
    right: { "lora-modules": ["sql=/opt/sql"], "enable-lora": true },
  },
  {
    args: { "collect-detailed-traces": "all" },
    told: "needs 'otlp-traces-endpoint' beside it",
    right: { "collect-detailed-traces": "all", "otlp-traces-endpoint": "http://otel:4317" },
  },
  {
    args: { "show-hidden-metrics-for-version": "0.30.x" },
    told: 'is "0.30.x", but must be a version such as 0.30',
    right: { "show-hidden-metrics-for-version": "v0.30.0" },
  },
  {
    args: { "custom-histogram-buckets": { request_latenc: [1] } },
    told: `is "request_latenc", but must be a family of histograms of vLLM 0.32.0; did you mean 'request_latency'?`,
    right: { "custom-histogram-buckets": { request_latency: [0.5, "1"] } },
  },
  ...[[], [2, 1], [0, 1], "x"].map((buckets) => ({
    args: { "custom-histogram-buckets": { request_latency: buckets } },
    told: "has a list for 'request_latency' that is not one of rising numbers above 0",
  })),
  ...["four", 1.5, [1], { count: "x" }].map((limit) => ({
    args: { "limit-mm-per-prompt": { image: limit } },
    told: "must give 'image' a whole number, or a group of whole numbers",
    right: { "limit-mm-per-prompt": { image: 4, video: { count: "1", num_frames: 32 }, audio: "2" } },
  })),
  // Names.
  {
    args: { "tool-call-parser": "hermess", "enable-auto-tool-choice": true },
    told: `is "hermess", but must be a tool parser of vLLM 0.32.0; did you mean 'hermes'?`,
    right: { "tool-call-parser": "hermess" },
  },
  {
    args: { "reasoning-parser": "none" },
    told: 'is "none", but must be one of cohere_command3, cohere_command4, deepseek_r1, deepseek_v3, deepseek_v4, deepseek_v41, ernie45, gemma4, glm45, glm47, granite, granite_thinking_parser, hf, holo2, hunyuan_a13b, hy_v3, hy_v4, inkling, k2_horizon, kimi_k2, kimi_k3, ling3, mimo, minicpmv, minimax_m2, minimax_m2_append_think, minimax_m3, mistral, muse_glimmer, nemotron_v3, olmo3, openai_gptoss, plamo3, poolside_v1, qwen3, seed_oss, step3, step3p5',
    // Which is none.
    right: { "reasoning-parser": "" },
  },
  {
    args: { "reasoning-parser": "minmax_m2" },
    told: `is "minmax_m2", but must be a reasoning parser of vLLM 0.32.0; did you mean 'minimax_m2'?`,
    right: { "reasoning-parser": "minimax_m2" },
  },
  {
    args: { quantization: "FP-8" },
    told: `is "FP-8", but must be a quantization method of vLLM 0.32.0; did you mean 'fp8'?`,
    right: { quantization: "FP8" },
  },
  {
    args: { quantization: "bitsandbytes" },
    told: 'is "bitsandbytes", but must be one of auto_awq, auto_gptq, awq, awq_marlin, compressed-tensors, deepseek_v4_fp8, experts_int8, fbgemm_fp8, fp8, fp8_per_block, fp8_per_channel, fp8_per_tensor, fp_quant, gpt_oss_mxfp4, gptq, gptq_marlin, humming, inc, int8_per_channel_weight_only, modelopt, modelopt_fp4, modelopt_mixed, modelopt_mxfp8, moe_wna16, mxfp4, mxfp8, nvfp4_per_token, online, quark, torchao',
    rightMore: { version: "0.27.1" },
    right: { quantization: "bitsandbytes" },
  },
  {
    args: { quantization: "fbgemm_fp8" },
    told: "is fbgemm_fp8, which is deprecated, and needs 'allow-deprecated-quantization' beside it",
    right: { quantization: "fbgemm_fp8", "allow-deprecated-quantization": true },
  },
  {
    args: { "attention-backend": "FLASHATTN" },
    told: `is "FLASHATTN", but must be an attention backend of vLLM 0.32.0; did you mean 'FLASH_ATTN'?`,
    right: { "attention-backend": "flash_attn" },
  },
  {
    args: { "mamba-backend": "tritn" },
    told: `is "tritn", but must be a backend for Mamba of vLLM 0.32.0; did you mean 'TRITON'?`,
    right: { "mamba-backend": "triton" },
  },
  {
    args: { "config-format": "mistrl" },
    told: `is "mistrl", but must be a format of vLLM 0.32.0; did you mean 'mistral'?`,
    right: { "config-format": "mistral" },
  },
  {
    args: { "load-format": "mistrl" },
    more: { delivery: copied },
    told: `is "mistrl", but must be a load format of vLLM 0.32.0; did you mean 'mistral'?`,
    right: { "load-format": "mistral", "config-format": "mistral", "tokenizer-mode": "mistral" },
  },
  {
    args: { "load-format": "runai_streamer" },
    more: { delivery: copied },
    told: "is runai_streamer, and a copied model is read from its folder; remove it, or say delivery.kind: stream",
  },
  {
    args: { "load-format": "mistral" },
    told: "is written by delivery.kind: stream; with delivery.kind: copy it can be said",
  },
  ...["9", "O3", "-1"].map((level) => ({
    args: { "optimization-level": level },
    told: `is "${level}", but must be 0, 1, 2 or 3`,
    right: { "optimization-level": "3" },
  })),
  {
    args: { "distributed-executor-backend": "mpp" },
    told: `is "mpp", but must be an executor; did you mean 'mp'?`,
    right: { "distributed-executor-backend": "mine.Executor" },
  },
  // Sequences and tokens of a step.
  ...(
    [
      [l4, 3000, 2048],
      [cpu, 4000, 2048],
      [{ product: "H100" }, 8193, 8192],
    ] as const
  ).map(([gpu, maxNumSeqs, tokens]) => ({
    args: {},
    more: { gpu, maxNumSeqs },
    at: "engine.maxNumSeqs",
    told: `is ${maxNumSeqs}, more sequences than a step has tokens (max-num-batched-tokens: ${tokens}, which is vLLM's default here); ask for fewer, or for more tokens in engine.args.max-num-batched-tokens`,
    right: { "max-num-batched-tokens": maxNumSeqs },
    rightMore: { gpu, maxNumSeqs },
  })),
  {
    args: { "max-num-batched-tokens": 128 },
    more: { maxNumSeqs: 256 },
    at: "engine.maxNumSeqs",
    told: "is 256, more sequences than a step has tokens (max-num-batched-tokens: 128); ask for fewer, or for more tokens in engine.args.max-num-batched-tokens",
    right: { "max-num-batched-tokens": "128" },
  },
  {
    args: { "max-num-batched-tokens": "2K", "enable-chunked-prefill": false },
    more: { maxModelLen: 8192 },
    told: "is 2048, less than engine.maxModelLen (8192), and without chunked prefill a step takes a whole prompt",
    right: { "max-num-batched-tokens": 8192, "enable-chunked-prefill": false },
    rightMore: { maxModelLen: 8192 },
  },
  {
    args: { "max-num-active-seqs": 257 },
    told: "is 257, more than the 256 sequences of a step",
    right: { "max-num-active-seqs": 256 },
  },
  {
    args: { "long-prefill-token-threshold": 5000 },
    more: { maxModelLen: 4096 },
    told: "is 5000, more than engine.maxModelLen (4096)",
    right: { "long-prefill-token-threshold": 4096 },
    rightMore: { maxModelLen: 4096 },
  },
  {
    args: { "enable-mamba-cache-stochastic-rounding": true },
    told: "needs 'mamba-ssm-cache-dtype: float16' beside it",
    right: { "enable-mamba-cache-stochastic-rounding": true, "mamba-ssm-cache-dtype": "float16" },
  },
  {
    args: { "mamba-ssu-algorithm": "simple" },
    told: "needs 'mamba-backend: flashinfer' beside it",
    right: { "mamba-ssu-algorithm": "simple", "mamba-backend": "flashinfer" },
  },
  {
    args: { "compilation-config": { custom_ops: ["+rms_norm", "silu"] } },
    at: "engine.args.compilation-config.custom_ops",
    told: "has 'silu', where 'all', 'none', '+op' and '-op' may stand",
    right: { "compilation-config": { custom_ops: ["none", "+rms_norm"] } },
  },
  ...(
    [
      [["all", "none"], "has 'all' or 'none' more than once; keep one of them"],
      [["+a", "none", "-a"], "has '+a' and '-a'; keep one of them"],
    ] as const
  ).map(([ops, told]) => ({
    args: { "compilation-config": { custom_ops: ops } },
    at: "engine.args.compilation-config.custom_ops",
    told,
    right: { "compilation-config": { custom_ops: ["+a", "none", "-b"] } },
  })),
  {
    args: { "tokenizer-mode": "mistrl" },
    told: "is \"mistrl\", but must be a tokenizer mode of vLLM 0.32.0; did you mean 'mistral'?",
    right: { "tokenizer-mode": "Mistral" },
  },
  {
    args: { "kv-cache-dtype": "atuo" },
    more: { version: "0.33.0" },
    told: "is \"atuo\", but must be a type of the KV cache of vLLM 0.33.0; did you mean 'auto'?",
    right: { "kv-cache-dtype": "octave_k3v4" },
    rightMore: { version: "0.33.0" },
  },
  ...["kv_cache_dtype", "kv-cache-dtype"].map((field) => ({
    args: { "speculative-config": { method: "mtp", num_speculative_tokens: 1, [field]: "atuo" } },
    more: { version: "0.33.0" },
    at: "engine.args.speculative-config.kv_cache_dtype",
    told: "is \"atuo\", but must be a type of the KV cache of vLLM 0.33.0; did you mean 'auto'?",
    right: { "speculative-config": { method: "ngram", num_speculative_tokens: 1, [field]: "atuo" } },
    rightMore: { version: "0.33.0" },
  })),
  {
    args: { "compilation-config": { inductor_passes: { mine: "fuse" } } },
    at: "engine.args.compilation-config.inductor_passes",
    told: "has no module for 'mine'; write module.function",
    right: { "compilation-config": { inductor_passes: { mine: "passes.fuse" } } },
  },
  {
    args: { "speculative-config": { method: "ngram", num_speculative_tokens: 1, "tensor-parallel-size": 1 } },
    told: "has 'tensor_parallel_size', which vLLM refuses there; write 'draft_tensor_parallel_size'",
    right: { "speculative-config": { method: "ngram", num_speculative_tokens: 1, draft_tensor_parallel_size: 1 } },
  },
  {
    args: { "spec-tokens": 0, "spec-method": "ngram" },
    told: "has num_speculative_tokens: 0, but must have at least 1",
    right: { "spec-tokens": 1, "spec-method": "ngram" },
  },
  ...hardwareCases,
];
