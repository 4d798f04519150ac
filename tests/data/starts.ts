/** A cold start of vLLM that somebody published: from the container's start to ready, where nothing else is said. */
export interface Start {
  model: string;
  /** Of the weights as they are stored. */
  gigabytes: number;
  /** Where it ran, in words. */
  on: string;
  /** GPUs in the EC2 set-up that comes nearest. */
  like: readonly [count: number, product: "T4" | "A10G" | "L4" | "L40S" | "H100" | "H200" | "B200"];
  /** In all, in seconds. */
  seconds: number;
  /** Of these for reading the weights, where that is told. */
  load?: number;
  source: string;
}

const start = (
  model: string,
  gigabytes: number,
  on: string,
  like: Start["like"],
  [seconds, load]: readonly [number, number?],
  source: string,
): Start => ({ ...{ model, gigabytes, on, like, seconds, source }, ...(load === undefined ? {} : { load }) });

const vllm = (number: number) => `https://github.com/vllm-project/vllm/issues/${number}`;

/** By set-ups that are comparable. */
export const starts: Readonly<Record<string, readonly Start[]>> = {
  "one GPU": [
    // "2.65 minutes after the container was downloaded"
    start("google/gemma-3-1b-it", 2, "GKE", [1, "L4"], [159], vllm(17386)),
    // 33 s of weights; 10 + 42 of torch.compile, 54 of CUDA graphs, 94 of imports and the rest
    start(
      "meta-llama/Llama-3.1-8B-Instruct",
      16.1,
      "1 × L40S, EKS",
      [1, "L40S"],
      [233, 33],
      "https://tensorfuse.io/docs/blogs/reducing_gpu_cold_start",
    ),
    start("nvidia/Qwen3.6-35B-A3B-NVFP4", 23.4, "1 × RTX 5090", [1, "L40S"], [277, 18], vllm(44881)),
    // "five minutes or more"
    start(
      "nvidia/Qwen3.6-35B-A3B-NVFP4",
      23.4,
      "1 × GB10",
      [1, "L40S"],
      [300, 142],
      "https://route179.dev/2026/06/30/optimizing-vllm-cold-start-with-model-streaming-and-compile-caching/",
    ),
  ],
  "two GPUs": [
    // "11 minutes": 150 s until CUDA is up, 30 of NCCL, 63 of weights, 166 of torch.compile, 131 of profiling, 90 of graphs
    start(
      "a model of 2 × 13.17 GiB",
      28.3,
      "2 × RTX 3090",
      [2, "A10G"],
      [660, 63],
      "https://github.com/mitchross/talos-argocd-proxmox/pull/1848",
    ),
  ],
  "some hundred gigabytes": [
    // "requires about 10 minutes"
    start(
      "meta-llama/Llama-4-Scout-17B-16E-Instruct",
      217,
      "4 × H100",
      [4, "H100"],
      [600],
      "https://github.com/llm-d/llm-d-benchmark/issues/83",
    ),
    // "approximately 8 minutes"
    start("deepseek-ai/DeepSeek-V4-Flash", 159.6, "8 × H20", [8, "H100"], [480], vllm(43189)),
    // 516 s of them after the weights, with eager mode
    start(
      "deepseek-ai/DeepSeek-V4-Flash",
      159.6,
      "2 × H200 NVL",
      [2, "H200"],
      [605, 37],
      'https://github.com/uv-xiao/pto-cu, "vLLM Remote H200 Model Load Probe"',
    ),
  ],
  "half a terabyte and more": [
    // "close to ten minutes"
    start(
      "Qwen/Qwen3-235B-A22B",
      470,
      "not told",
      [8, "H200"],
      [600],
      "https://www.besthub.dev/articles/how-to-reduce-large-model-inference-cold-start-to-seconds-with-vllm-optimizations-cf0b5ccd37a7",
    ),
    // LMDeploy, of which only the load is told: 15 minutes, and 8 once it was made faster
    start(
      "deepseek-ai/DeepSeek-V2-Chat",
      472,
      "8 GPUs",
      [8, "H200"],
      [900],
      "https://github.com/InternLM/lmdeploy/issues/3049",
    ),
    // "~20 minutes"
    start("deepseek-ai/DeepSeek-R1", 688.6, "GKE", [8, "H200"], [1200], "https://dsri.org/blog/testing-deepseek-r1"),
  ],
};
