/**
 * How long vLLM takes from its start to ready, beside reading the weights: imports, process groups, torch.compile,
 * profiling, warm-up of kernels, CUDA graphs. In seconds; times a margin they are above the slowest of the published
 * starts in tests/data/starts.ts, from 2 to 689 GB on one to eight GPUs. It is mostly work of the CPU
 * (arXiv 2606.07362), so less than one CPU makes it longer; nearly all of it is one thread's, so more than one hardly
 * make it shorter.
 */
export const engineStart = {
  gpu: {
    base: 360,
    /** Of weights: more layers to compile, more kernels to warm up (DeepGEMM), more to repack; an estimate. */
    perGigabyte: 1,
    /** NCCL, and a process a GPU that compiles by itself, where there are several. */
    together: 60,
  },
  /**
   * CPU seconds, nearly all on one core. Measured with vLLM 0.32.0: 79 to 121 for a tiny model, 140 to 178 for the shape
   * of Qwen3-0.6B (1.5 GB), the more the more others ran on the same cores. The C++ compiler works layer by layer, and
   * weights are repacked by the byte: what larger ones take is an estimate.
   */
  cpu: { base: 150, perGigabyte: 20, together: 0 },
} as const;
