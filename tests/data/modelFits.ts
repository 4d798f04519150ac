import type { FitInput } from "../../planning/fit/memory.ts";
import type { shapes } from "./modelShapes.ts";

/** GPUs that the reports below are of and the catalogue does not have; memory in GiB as vLLM or PyTorch tells it. */
export const otherGpus: Record<string, number> = {
  "RTX 3090": 23.58,
  "RTX 4090": 23.55,
  "RTX 5080": 15.92,
  L40: 44.39,
};

/** What vLLM was told: `[tensor × pipeline parallel size, GPU memory utilisation, context, the rest]`. */
type Asked = readonly [readonly [number, number], number, number | undefined, Partial<FitInput>?];

/** A model on GPUs, as somebody reported it. */
export interface Report {
  model: keyof typeof shapes;
  gpu: string;
  asked: Asked;
  source: string;
}
const report = (model: Report["model"], gpu: string, asked: Asked, source: string): Report => ({
  ...{ model, gpu, asked, source },
});

/** Before 0.21 vLLM did not count CUDA graphs against the utilisation, so neither do the reports from then. */
const before021 = { enforceEager: true };
const issue = (path: string) => `https://github.com/${path}`;
const kubeai = issue("kubeai-project/kubeai/blob/f442a2cd620cc0c903d0d0a5145bb70fb050503b/charts/models/values.yaml");
const gke = issue(
  "GoogleCloudPlatform/accelerated-platforms/tree/9320f3b27aa0998e9607829ad6e9695d3514a8ef/platforms/gke/base/use-cases/inference-ref-arch/kubernetes-manifests/online-inference-gpu/vllm",
);
const recipe = (file: string) => issue(`vllm-project/recipes/blob/8959cf64189c71d36e11c6a30335f923f261b1f7/${file}`);
const rhSummit = issue("coder/demo-aigov-rhaiis-rhsummit-2026/blob/main/docs/decisions.md");
const fp8Cache = { kvCacheDtype: "fp8" };

/** Reported as running, or published as a configuration that runs. */
export const running: readonly Report[] = [
  report("llama8bFp8", "L4", [[1, 1], 0.9, 16384, { maxNumBatchedTokens: 16384 }], kubeai),
  report("llama70bFp8", "H100", [[1, 1], 0.95, 16384, { maxNumBatchedTokens: 16384, ...fp8Cache }], kubeai),
  report("llama70bFp8", "H100", [[2, 1], 0.9, 65536, { maxNumBatchedTokens: 65536, maxNumSeqs: 1024 }], kubeai),
  report(
    "llama70bFp8",
    "L4",
    [[2, 4], 0.9, 32768, { maxNumBatchedTokens: 32768, maxNumSeqs: 512, enforceEager: true, ...fp8Cache }],
    kubeai,
  ),
  report(
    "llama405bFp8",
    "H100",
    [[8, 1], 0.9, 65536, { maxNumBatchedTokens: 65536, maxNumSeqs: 1024, ...fp8Cache }],
    kubeai,
  ),
  report(
    "llama405bFp8",
    "A100-80GB",
    [[8, 1], 0.98, 65536, { maxNumBatchedTokens: 65536, maxNumSeqs: 128, enforceEager: true, ...fp8Cache }],
    kubeai,
  ),
  report("mistralSmall", "H100", [[1, 1], 0.9, undefined, { maxNumBatchedTokens: 65536, ...fp8Cache }], kubeai),
  report("qwen25_7b", "L4", [[1, 1], 0.95, 8192, { maxNumBatchedTokens: 8192, ...fp8Cache }], kubeai),
  report("llama8b", "L4", [[1, 1], 0.95, 8192, { maxNumBatchedTokens: 8192, ...fp8Cache }], kubeai),
  report(
    "phi4Bnb",
    "L4",
    [[1, 1], 0.95, 8192, { maxNumBatchedTokens: 8192, maxNumSeqs: 1, enforceEager: true }],
    kubeai,
  ),
  report("llama405bFp8", "A100-80GB", [[8, 1], 0.9, 4096], issue("vllm-project/vllm/issues/6689")),
  report("llama8b", "L4", [[1, 1], 0.9, 1024], issue("vllm-project/vllm/issues/6689")),
  report("vicuna7bAwq", "T4", [[1, 1], 0.9, undefined], issue("vllm-project/vllm/pull/1252")),
  report("qwen32b", "H100", [[1, 1], 0.95, 32768], `${gke}/h100-qwen3-32b`),
  report("qwen32b", "RTX-PRO-6000", [[1, 1], 0.95, 32768], `${gke}/rtx-pro-6000-qwen3-32b`),
  report("qwen32b", "L4", [[8, 1], 0.8, 32768], `${gke}/l4-qwen3-32b`),
  report("qwen32b", "H200", [[1, 1], 0.95, 32768], `${gke}/h200-qwen3-32b`),
  report("gemma27b", "H100", [[1, 1], 0.92, 131072], `${gke}/h100-gemma-3-27b-it`),
  report("gemma27b", "L4", [[8, 1], 0.8, 131072], `${gke}/l4-gemma-3-27b-it`),
  report("gptOss20b", "L4", [[8, 1], 0.8, 131072], `${gke}/l4-gpt-oss-20b`),
  report("llama70b", "H100", [[4, 1], 0.95, 131072], `${gke}/h100-llama-3-3-70b-instruct`),
  report("llama70b", "RTX-PRO-6000", [[2, 1], 0.95, 48128], `${gke}/rtx-pro-6000-llama-3-3-70b-instruct`),
  report(
    "qwen38_27bFp8",
    "RTX 3090",
    [[2, 1], 0.92, undefined, { maxNumBatchedTokens: 8192, maxNumSeqs: 3, ...fp8Cache }],
    issue("mitchross/talos-argocd-proxmox/pull/1995"),
  ),
  report("qwenNext80b", "H200", [[4, 1], 0.92, undefined], recipe("models/Qwen/Qwen3-Next-80B-A3B-Instruct.yaml")),
  report("qwenNext80b", "A100-80GB", [[4, 1], 0.92, undefined], recipe("models/Qwen/Qwen3-Next-80B-A3B-Instruct.yaml")),
  report("gptOss120b", "A100-80GB", [[1, 1], 0.92, undefined], recipe("OpenAI/GPT-OSS.md")),
  report(
    "gptOss120b",
    "H100",
    [[1, 1], 0.96, 98304, { maxNumBatchedTokens: 2048, maxNumSeqs: 6 }],
    "https://blog.huikang.dev/2025/12/28/vllm-logs.html",
  ),
  report("deepseekR1", "H200", [[8, 1], 0.92, undefined], recipe("models/deepseek-ai/DeepSeek-R1.yaml")),
  report("deepseekR1Nvfp4", "B200", [[4, 1], 0.92, undefined, fp8Cache], recipe("models/deepseek-ai/DeepSeek-R1.yaml")),
  report("granite8b", "A10G", [[1, 1], 0.9, 16384], rhSummit),
  report("qwen25_32bAwq", "L40S", [[1, 1], 0.9, 32768], rhSummit),
];

/** Reported as failing: vLLM's refusal, CUDA out of memory, or weights that are plainly larger than the GPU. */
export const failing: readonly Report[] = [
  // "The model's max seq len (131072) is larger than the maximum number of tokens … (81536)"
  report("r1Qwen14b", "RTX 4090", [[2, 1], 0.98, undefined, before021], issue("vllm-project/vllm/issues/13061")),
  // "No available memory for the cache blocks"
  report("qwen72bChat", "A100-40GB", [[4, 1], 0.9, undefined, before021], issue("QwenLM/Qwen/issues/853")),
  // "On H100 using tensor parallel size 1, default gpu memory utilization … out-of-memory"
  report("gptOss120b", "H100", [[1, 1], 0.92, undefined], recipe("OpenAI/GPT-OSS.md")),
  // "CUDA out of memory"; "You cannot load a 70B model an a T4"
  report("lynx70b", "T4", [[1, 1], 0.9, undefined, before021], issue("NVIDIA-NeMo/Guardrails/issues/658")),
  // why --max-model-len 1024: "The model's max seq len (...) is larger than …"
  report("llama8b", "L4", [[1, 1], 0.9, undefined, before021], issue("vllm-project/vllm/issues/6689")),
  // "The model's max seq len (29000) is larger than … (23648)"
  report(
    "llama8b",
    "RTX 3090",
    [[1, 1], 0.9, 29000, { maxNumBatchedTokens: 29000, ...before021 }],
    issue("vllm-project/vllm/issues/10517"),
  ),
  // FP8 weights out of memory on 8 × H800, 80 GB each
  report("deepseekV3", "H100", [[8, 1], 0.9, 4096, before021], issue("InternLM/lmdeploy/issues/2960")),
  // "CUDA out of memory" on 2 × 8 L40
  report(
    "deepseekV3",
    "L40",
    [[8, 2], 1, undefined, { maxNumSeqs: 1, ...fp8Cache, ...before021 }],
    issue("vllm-project/vllm/issues/14726"),
  ),
  // "max seq len (40960), (5.62 GiB KV cache is needed, which is larger than … (4.89 GiB)"
  report("qwen4b", "RTX 5080", [[1, 1], 0.9, undefined, before021], issue("vllm-project/vllm/issues/38516")),
  // "The model's max seq len (32768) is larger than … (24320)"
  report(
    "qwen15_7bGptq",
    "RTX 3090",
    [[1, 1], 0.9, undefined, { maxNumBatchedTokens: 32768, ...before021 }],
    issue("QwenLM/Qwen3/issues/16"),
  ),
  // "max seq len (32768), (5.00 GiB KV cache is needed, which is larger than … (3.77 GiB)"
  report("granite8b", "A10G", [[1, 1], 0.9, 32768, before021], rhSummit),
  // 507 blocks of 16 tokens, fewer than the context of 16384
  report(
    "coder67b",
    "T4",
    [[2, 1], 0.9, undefined, { maxNumBatchedTokens: 16384, ...before021 }],
    issue("vllm-project/vllm/issues/5248"),
  ),
  // "8B model in bfloat16 … won't fit in 1 GPU"
  report("llama3_8b", "T4", [[1, 1], 0.9, undefined, before021], issue("meta-llama/llama3/issues/95")),
];

/** What vLLM printed at its start: `weights` in GiB a GPU, `cache` in GiB a GPU, `tokens` that the KV cache holds. */
export interface Log extends Report {
  weights?: number;
  cache?: number;
  tokens?: number;
}
const log = (figures: Pick<Log, "weights" | "cache" | "tokens">, ...rest: Parameters<typeof report>): Log => ({
  ...report(...rest),
  ...figures,
});
const estimator = issue(
  "ashishkamra/vllm-memory-estimator/blob/7ab974c79716966d62eba91516a064f70e5318c4/tests/test_validation_db.py",
);
const serverSim = issue(
  "llm-inferno/server-sim/blob/30110e07126ed2b89f135375178b7168fe406d96/docs/example-runs/qwen2.5-14b-h100/README.md",
);
const profiling = issue("vllm-project/vllm/pull/10511");

/** Where only the weights are compared, the GPU is of no matter. */
export const logs: readonly Log[] = [
  log(
    { weights: 14.96, cache: 53.29 },
    "llama3_8b",
    "H100",
    [[1, 1], 0.9, undefined, { maxNumSeqs: 256, ...before021 }],
    profiling,
  ),
  log({ weights: 7.48 }, "llama3_8b", "H100", [[2, 1], 0.9, undefined, before021], profiling),
  log(
    { weights: 14.9888, cache: 3.81, tokens: 31232 },
    "llama8b",
    "RTX 3090",
    [[1, 1], 0.9, 20000, { maxNumBatchedTokens: 20000, ...before021 }],
    issue("vllm-project/vllm/issues/10517"),
  ),
  log(
    { cache: 2.89, tokens: 23648 },
    "llama8b",
    "RTX 3090",
    [[1, 1], 0.9, 29000, { maxNumBatchedTokens: 29000, ...before021 }],
    issue("vllm-project/vllm/issues/10517"),
  ),
  log(
    { weights: 13.9476, tokens: 81536 },
    "r1Qwen14b",
    "RTX 4090",
    [[2, 1], 0.98, undefined, before021],
    issue("vllm-project/vllm/issues/13061"),
  ),
  log(
    { tokens: 24320 },
    "qwen15_7bGptq",
    "RTX 3090",
    [[1, 1], 0.9, undefined, { maxNumBatchedTokens: 32768, ...before021 }],
    issue("QwenLM/Qwen3/issues/16"),
  ),
  log(
    { cache: 4.99, tokens: 302_921 },
    "qwen38_27bFp8",
    "RTX 3090",
    [[2, 1], 0.92, 131072, { maxNumBatchedTokens: 8192, maxNumSeqs: 2, ...fp8Cache }],
    issue("mitchross/talos-argocd-proxmox/pull/1995"),
  ),
  log({ weights: 15.25, cache: 3.77 }, "granite8b", "A10G", [[1, 1], 0.9, 32768, before021], rhSummit),
  log({ cache: 41.43, tokens: 226240 }, "qwen25_14b", "H100", [[1, 1], 0.9, 4096, { maxNumSeqs: 256 }], serverSim),
  log(
    { weights: 16.9619, cache: 106.17, tokens: 1391552 },
    "llama70bFp8",
    "H200",
    [[4, 1], 0.9, 8192, before021],
    estimator,
  ),
  log(
    { weights: 79.739, cache: 41.6, tokens: 635648 },
    "deepseekR1",
    "H200",
    [[8, 1], 0.9, 8192, before021],
    estimator,
  ),
  log(
    { weights: 13.72, cache: 36.56 },
    "gptOss20b",
    "A100-80GB",
    [[1, 1], 0.65, 131072, before021],
    "https://myoceane.fr/index.php/ai-vllm-a100-gemma-4/",
  ),
  log(
    { weights: 14.2474 },
    "qwen30bMoe",
    "RTX 4090",
    [[4, 1], 0.9, undefined],
    issue("vllm-project/vllm/issues/17327"),
  ),
  log({ weights: 13.1665 }, "gemma27b", "A100-40GB", [[4, 1], 0.9, undefined], issue("vllm-project/vllm/issues/15676")),
  log({ weights: 34.43 }, "qwen25Vl72b", "A100-40GB", [[4, 1], 0.95, 4096], issue("vllm-project/vllm/issues/16570")),
  log({ weights: 64.38 }, "gptOss120b", "H100", [[1, 1], 0.9, undefined], issue("vllm-project/vllm/issues/33155")),
  log({ weights: 65.9651 }, "gptOss120b", "H100", [[1, 1], 0.9, undefined], issue("vllm-project/vllm/issues/23278")),
];

/** What vLLM said that one sequence takes in the KV cache: GiB a GPU for so many tokens, within 2 % or `share`. */
export const sequences: readonly (Report & { gib: number; share?: number })[] = [
  { gib: 5.62, ...report("qwen4b", "RTX 5080", [[1, 1], 0.9, 40960], issue("vllm-project/vllm/issues/38516")) },
  { gib: 5, ...report("granite8b", "A10G", [[1, 1], 0.9, 32768], rhSummit) },
  // 4.99 GiB a GPU hold 2.31 of them. Its state is smaller than the one that is reckoned with for all.
  {
    ...{ gib: 4.99 / 2.31, share: 0.05 },
    ...report(
      "qwen38_27bFp8",
      "RTX 3090",
      [[2, 1], 0.92, 131072, fp8Cache],
      issue("mitchross/talos-argocd-proxmox/pull/1995"),
    ),
  },
  { gib: 8.11, ...report("qwen235bFp8", "H100", [[4, 1], 0.9, 178880], issue("vllm-project/vllm/issues/21348")) },
];
