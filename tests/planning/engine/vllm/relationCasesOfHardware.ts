import { shapes } from "../../../data/modelShapes.ts";
import { type Case, cpu, four } from "./relationCase.ts";

const hybrid = { ...shapes.qwenNext80b.shape, parameters: 1e9, contextLength: 2048 };
const ngram = { method: "ngram", num_speculative_tokens: 3 };

/** Adapters, parallelism, hardware, what is said twice, and numbers with bounds. */
export const hardwareCases: readonly Case[] = [
  {
    args: { "mm-processor-device": "cuda" },
    more: { gpu: cpu },
    told: "is cuda, which needs a GPU",
    right: { "mm-processor-device": "cpu" },
  },
  // Adapters.
  {
    args: { "max-cpu-loras": 2, "enable-lora": true, "max-loras": 4 },
    told: "is 2, less than max-loras (4)",
    right: { "max-cpu-loras": 4, "enable-lora": true, "max-loras": 4 },
  },
  // Hybrid models.
  {
    args: { "enable-chunked-prefill": false },
    more: { shape: hybrid },
    told: "is off, which a hybrid model does not take beside prefix caching; turn enable-prefix-caching off too",
    right: { "enable-chunked-prefill": false, "enable-prefix-caching": false },
    rightMore: { shape: hybrid },
  },
  // Parallelism.
  {
    args: { "enable-eplb": true },
    more: { gpu: four },
    told: "needs 'enable-expert-parallel' beside it",
    right: { "enable-eplb": true, "enable-expert-parallel": true },
    rightMore: { gpu: four },
  },
  {
    args: { "enable-eplb": true, "enable-expert-parallel": true },
    more: { gpu: cpu },
    told: "works on a GPU only; remove it",
  },
  {
    args: { "enable-eplb": true, "enable-expert-parallel": true },
    told: "shares experts out over GPUs, and has one (tensor parallel size 1); remove it",
  },
  { args: { "enable-elastic-ep": true }, more: { gpu: four }, told: "needs 'enable-eplb' beside it" },
  {
    args: { "eplb-config": { num_redundant_experts: 2 } },
    told: "has num_redundant_experts, which need 'enable-eplb' beside it",
    right: { "eplb-config": { num_redundant_experts: 0 } },
  },
  ...[{ "enable-dbo": true }, { "ubatch-size": 2 }].map((args) => ({
    args,
    more: { gpu: four },
    told: "needs 'all2all-backend' beside it, one of deepep_low_latency, deepep_high_throughput, nixl_ep",
    right: { ...args, "all2all-backend": "nixl_ep" },
    rightMore: { gpu: four },
  })),
  {
    args: { "decode-context-parallel-size": 3 },
    more: { gpu: four },
    told: "is 3, which must divide the tensor parallel size (4)",
    right: { "decode-context-parallel-size": 2 },
    rightMore: { gpu: four },
  },
  ...[{ "numa-bind-nodes": [0, 1] }, { "numa-bind-cpus": ["0-3"] }].map((args) => ({
    args,
    told: "needs 'numa-bind' beside it",
    right: { ...args, "numa-bind": true },
  })),
  {
    args: { "numa-bind-nodes": [0, -1], "numa-bind": true },
    told: "is [0,-1], but must be numbers of nodes, from 0",
  },
  { args: { "ray-workers-use-nsight": true }, told: "needs 'distributed-executor-backend: ray' beside it" },
  // Hardware and offloading.
  ...["enable-sleep-mode", "enable-cumem-allocator"].map((flag) => ({
    args: { [flag]: true },
    more: { gpu: cpu },
    told: "works on a GPU only; remove it",
    right: { [flag]: true },
  })),
  {
    args: { "kda-prefill-backend": "flashkda" },
    more: { gpu: cpu },
    told: "is flashkda, which needs a GPU",
    right: { "kda-prefill-backend": "flashkda" },
  },
  { args: { "kda-prefill-backend": "fused" }, told: "is fused, which is for AMD GPUs" },
  {
    args: { "offload-backend": "prefetch" },
    told: "is prefetch, which needs 'offload-group-size' beside it",
    right: { "offload-backend": "prefetch", "offload-group-size": 2 },
  },
  {
    args: { "offload-num-in-group": 3, "offload-group-size": 2 },
    told: "is 3, more than offload-group-size (2)",
    right: { "offload-num-in-group": 3 },
  },
  {
    args: { "offload-prefetch-step": 0, "offload-group-size": 2 },
    told: "is 0, and must be at least 1 beside offload-group-size",
    right: { "offload-prefetch-step": 0 },
  },
  // Said twice.
  ...(
    [
      ["attention-backend", "FLASH_ATTN", "attention-config", { backend: "FLASH_ATTN" }],
      ["enable-flashinfer-autotune", true, "kernel-config", { enable_flashinfer_autotune: false }],
      ["cudagraph-capture-sizes", [1, 2], "compilation-config", { cudagraph_capture_sizes: [1] }],
      ["max-cudagraph-capture-size", 8, "compilation-config", '{"max_cudagraph_capture_size": 8}'],
      ["spec-method", "ngram", "speculative-config", ngram],
      ["spec-model", "ngram", "speculative-config", { model: "ngram", num_speculative_tokens: 3 }],
      ["spec-tokens", 3, "speculative-config", ngram],
    ] as const
  ).map(([flag, value, group, said]) => {
    const fields = typeof said === "string" ? JSON.parse(said) : said;
    const short = flag
      .replace(/^spec-/, "")
      .replace("tokens", "num_speculative_tokens")
      .replaceAll("-", "_");
    const field = Object.keys(fields).find((key) => key === short) ?? "backend";
    return {
      args: { [flag]: value, [group]: said },
      told: `is said by '${field}' in the group '${group}' too; keep one of them`,
      right: { [group]: said },
    };
  }),
  {
    args: { "ir-op-priority": { rms_norm: ["native"] }, "kernel-config": { ir_op_priority: { rms_norm: ["native"] } } },
    told: "gives 'rms_norm', as the group 'kernel-config' does; keep one of them",
    right: { "ir-op-priority": { rms_norm: ["native"] } },
  },
  // Speculative decoding.
  {
    args: { "speculative-config": { method: "ngram" } },
    told: "must say num_speculative_tokens for the method 'ngram'",
    right: { "speculative-config": { method: "ngram", "num-speculative-tokens": 3 } },
  },
  {
    args: { "spec-method": "ngram" },
    told: "must say num_speculative_tokens for the method 'ngram'",
    right: { "spec-method": "ngram", "spec-tokens": 3 },
  },
  // Nothing else says how many: only the config of a draft model may.
  ...["mtp", "eagle3", "draft_model"].map((method) => ({
    args: { "speculative-config": { method } },
    told: `must say num_speculative_tokens for the method '${method}'`,
    right: { "speculative-config": { method: "mtp", num_speculative_tokens: 1 } },
  })),
  {
    args: { "speculative-config": { model: "ngram" } },
    told: "must say num_speculative_tokens for the method 'ngram'",
    right: { "speculative-config": { method: "suffix" } },
  },
  {
    args: { "speculative-config": {} },
    told: "must say with which method or model to speculate",
  },
  ...[{ "speculative-config": { num_speculative_tokens: 3 } }, { "spec-tokens": 3 }].map((args) => ({
    args,
    told: "must say with which method or model to speculate",
  })),
  {
    args: { "async-scheduling": true, "speculative-config": ngram },
    told: "does not go with speculative decoding by 'ngram'; remove one of them",
    right: { "async-scheduling": true, "spec-method": "ngram_gpu", "spec-tokens": 3 },
  },
  {
    args: { "per-request-spec-decode-metrics": "summary" },
    told: "needs 'speculative-config' beside it",
    right: { "per-request-spec-decode-metrics": "none" },
  },
  {
    args: { "enable-lora": true, "speculative-config": { ...ngram, num_speculative_tokens: 8 } },
    told: "and 8 speculative tokens for each of 256 sequences are more than the 2048 tokens of a step; ask for more in engine.args.max-num-batched-tokens, or for fewer sequences in engine.maxNumSeqs",
    right: { "enable-lora": true, "speculative-config": { ...ngram, num_speculative_tokens: 7 } },
  },
  // Bounds, one of each kind; the property below has all.
  ...(
    [
      ["cpu-offload-gb", -1, "at least 0", 0],
      ["max-logprobs", -2, "at least -1", -1],
      ["stream-interval", 0, "at least 1", 1],
      ["prefix-match-unit", 0, "more than 0", 1],
      ["watermark", 1, "at least 0 and less than 1", 0.5],
      ["kv-cache-metrics-sample", 1.5, "more than 0 and at most 1", 1],
    ] as const
  ).map(([flag, value, words, right]) => ({
    args: { [flag]: value },
    told: `is ${value}, but must be ${words}`,
    right: { [flag]: right },
  })),
];
