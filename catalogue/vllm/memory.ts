/** What vLLM does with a GPU's memory beside weights and KV cache, and what it takes by default. */

/** Share of a GPU's memory that vLLM takes by default (`--gpu-memory-utilization`, docs of vLLM 0.32). */
export const defaultUtilization = 0.92;

/** Tokens of one block of the KV cache, on NVIDIA GPUs (`--block-size`). */
export const blockTokens = 16;

/**
 * What a layer of linear attention or a Mamba layer keeps of a sequence, however long that is. vLLM makes the blocks of
 * attention as large as that state (`_align_hybrid_block_size` in vllm/platforms/interface.py of 0.32), and with prefix
 * caching keeps two of each layer (`MambaSpec.max_memory_usage_bytes` in v1/kv_cache_interface.py).
 */
export const layerState = {
  /**
   * Bytes over the hidden size, at the most: 4 each of 256 values in Qwen3-Next, Qwen3.5-397B, Nemotron-H and Granite 4
   * (heads × their size × state size), 227 in Kimi-Linear, 154 in Qwen3.6-27B.
   */
  bytes: 4 * 256,
  blocks: 2,
} as const;

/**
 * Tokens and sequences of one step by default of `vllm serve`, by the memory of a GPU as CUDA gives it, 0 on a CPU, and
 * by its name: large ones that are no A100 get more, the largest most (`EngineArgs.get_batch_defaults` in
 * vllm/engine/arg_utils.py of 0.32.0, called for each product; vllm-project/vllm#17885 for the A100). The largest have
 * theirs since 0.28.0 (vllm-project/vllm#51726); 0.27 gave them 8192, and the larger step rather refuses. The figures of
 * a CPU are those of one process, which is all that a pod without a GPU has.
 */
export const batchDefaults = ({ product, cudaGib }: { product: string; cudaGib: number }) => {
  if (cudaGib === 0) return { maxNumBatchedTokens: 2048, maxNumSeqs: 128 };
  if (cudaGib >= 160) return { maxNumBatchedTokens: 16_384, maxNumSeqs: 1024 };
  if (cudaGib >= 70 && !/a100/i.test(product)) return { maxNumBatchedTokens: 8192, maxNumSeqs: 1024 };
  return { maxNumBatchedTokens: 2048, maxNumSeqs: 256 };
};

/** Steps and batches that `--performance-mode throughput` makes, where no flag says how large (same file). */
export const throughputFactor = 2;

/**
 * Bytes of a stored parameter. 4-bit formats count their scales: int4 a float16 scale and a 4-bit zero for each 128
 * (AWQ, GPTQ), mxfp4 a byte for each 32, nvfp4 a byte for each 16 (OCP Microscaling Formats 1.0; NVIDIA ModelOpt).
 */
export const storedBytes = {
  fp8: 1,
  int8: 1,
  int4: 0.5 + 2.5 / 128,
  mxfp4: 0.5 + 1 / 32,
  nvfp4: 0.5 + 1 / 16,
} as const;

/**
 * The formats that leave attention in 16 bits. `mxfp4` is the experts' alone: vLLM's `Mxfp4Config` has no kernel for any
 * other layer, and gpt-oss-120b (`modules_to_not_convert` of its config.json) comes out within 0.2 % of its file so.
 * `nvfp4` is all linear layers' but those of multi-head latent attention (nvidia/DeepSeek-R1-FP4; the v2 of
 * DeepSeek-R1-0528 quantises one of them). The other formats leave only the embeddings (AWQ and GPTQ, FP8 of
 * neuralmagic and of DeepSeek, whose scales for blocks of 128 × 128 are 0.02 %).
 */
export const wholeAttention = (quantization: string, latent: boolean): boolean =>
  quantization === "mxfp4" || (quantization === "nvfp4" && latent);

/**
 * Of multi-head latent attention, whose projections the shape does not tell: the size of a value head, 128 in DeepSeek V2
 * to V3.2 and Kimi K2, and what all projections have at the most over the output's (1.6 times in DeepSeek V3).
 */
export const latentAttention = { headSize: 128, overOutput: 2 } as const;

/**
 * What kernels for MXFP4 pad the weights by: gpt-oss-120b's 60.8 GiB took 64.4 (vllm-project/vllm#33155) to 66.0 GiB
 * (#23278), gpt-oss-20b's 12.8 took 13.7 (myoceane.fr, "vLLM 部署地端模型系統訊息記錄 A100").
 */
export const mxfp4Padding = 1.06;

/**
 * Memory beside weights and KV cache, in GiB. It is measured by vLLM in a trial step and cannot be known before; the
 * figures here were set so that the logs in tests/data/modelFits.ts come out, most of them a little short:
 * 0.8 to 1.7 GiB on one GPU with small batches, 2.5 to 4.5 GiB in all on several with large ones.
 */
export const overheadGib = {
  /** CUDA context and libraries, workspaces of attention kernels, the allocator's waste. */
  base: 1,
  /** NCCL and the all-reduce buffers, where GPUs work together. */
  communication: 1,
  /** CUDA graphs, which vLLM counts since 0.21: 0.2 to 0.9 GiB in logs; none with `--enforce-eager`. */
  graphs: 0.5,
} as const;

/**
 * Widths that a step holds at its peak, in hidden sizes a token: 2 of the residual stream, and in the feed-forward
 * layer gate, up and their product, each about 3.5 hidden sizes and shared out by tensor parallelism.
 */
export const stepWidths = { shared: 2, split: 10.5 } as const;

/** Float32 copies of the logits that sampling holds for each sequence. */
export const logitCopies = 3;
