import type { ModelShape } from "../../planning/fit/batch.ts";

/** Facts of well-known models, from the `config.json` of the Hugging Face repository named; parameters from its page. */
const shape = (
  repository: string,
  [billions, layers, hiddenSize, attentionHeads, keyValueHeads, vocabularySize, contextLength]: number[],
  more: Partial<ModelShape> = {},
) => ({
  repository,
  shape: {
    parameters: (billions as number) * 1e9,
    ...{ layers, hiddenSize, attentionHeads, keyValueHeads, vocabularySize, contextLength, headSize: 128 },
    ...more,
  } as ModelShape,
});
const llama8b = [8.03, 32, 4096, 32, 8, 128256, 131072];
const llama70b = [70.55, 80, 8192, 64, 8, 128256, 131072];
const qwen14b = [14.77, 48, 5120, 40, 8, 152064, 32768];
const qwen32b = [32.76, 64, 5120, 40, 8, 152064, 32768];
const deepseek = [671.03, 61, 7168, 128, 128, 129280, 163840];
const mla = { latentSize: 512 + 64 };

export const shapes = {
  qwen06b: shape("Qwen/Qwen3-0.6B", [0.6, 28, 1024, 16, 8, 151936, 40960], { tiedEmbeddings: true }),
  qwen4b: shape("Qwen/Qwen3-4B", [4.02, 36, 2560, 32, 8, 151936, 40960], { tiedEmbeddings: true }),
  qwen8b: shape("Qwen/Qwen3-8B", [8.19, 36, 4096, 32, 8, 151936, 40960]),
  qwen32b: shape("Qwen/Qwen3-32B", [32.76, 64, 5120, 64, 8, 151936, 40960]),
  qwen30bMoe: shape("Qwen/Qwen3-30B-A3B", [30.53, 48, 2048, 32, 4, 151936, 40960]),
  qwen235bFp8: shape("Qwen/Qwen3-235B-A22B-FP8", [235.09, 94, 4096, 64, 4, 151936, 40960], { quantization: "fp8" }),
  qwen25_7b: shape("Qwen/Qwen2.5-7B-Instruct", [7.62, 28, 3584, 28, 4, 152064, 32768]),
  qwen25_14b: shape("Qwen/Qwen2.5-14B-Instruct", qwen14b),
  qwen25_32bAwq: shape("Qwen/Qwen2.5-Coder-32B-Instruct-AWQ", qwen32b, { quantization: "int4" }),
  qwen25_72bAwq: shape("Qwen/Qwen2.5-72B-Instruct-AWQ", [72.71, 80, 8192, 64, 8, 152064, 32768], {
    quantization: "int4",
  }),
  qwen25Vl72b: shape("Qwen/Qwen2.5-VL-72B-Instruct", [73.41, 80, 8192, 64, 8, 152064, 128000]),
  qwen72bChat: shape("Qwen/Qwen-72B-Chat", [72.29, 80, 8192, 64, 64, 152064, 32768]),
  qwen15_7bGptq: shape("Qwen/Qwen1.5-7B-Chat-GPTQ-Int4", [7.72, 32, 4096, 32, 32, 151936, 32768], {
    quantization: "int4",
  }),
  r1Qwen14b: shape("deepseek-ai/DeepSeek-R1-Distill-Qwen-14B", [...qwen14b.slice(0, 6), 131072]),
  llama3_8b: shape("meta-llama/Meta-Llama-3-8B", [...llama8b.slice(0, 6), 8192]),
  llama8b: shape("meta-llama/Llama-3.1-8B-Instruct", llama8b),
  llama8bFp8: shape("neuralmagic/Meta-Llama-3.1-8B-Instruct-FP8", llama8b, { quantization: "fp8" }),
  llama70b: shape("meta-llama/Llama-3.3-70B-Instruct", llama70b),
  llama70bFp8: shape("neuralmagic/Meta-Llama-3.1-70B-Instruct-FP8", llama70b, { quantization: "fp8" }),
  lynx70b: shape("PatronusAI/Llama-3-Patronus-Lynx-70B-Instruct", [...llama70b.slice(0, 6), 8192]),
  llama405bFp8: shape("neuralmagic/Meta-Llama-3.1-405B-Instruct-FP8", [405.85, 126, 16384, 128, 8, 128256, 131072], {
    quantization: "fp8",
  }),
  mistralSmall: shape("mistralai/Mistral-Small-24B-Instruct-2501", [23.57, 40, 5120, 32, 8, 131072, 32768]),
  granite8b: shape("ibm-granite/granite-3.1-8b-instruct", [8.17, 40, 4096, 32, 8, 49155, 131072], {
    tiedEmbeddings: true,
  }),
  phi4Bnb: shape("unsloth/phi-4-bnb-4bit", [14.66, 40, 5120, 40, 10, 100352, 16384], { quantization: "int4" }),
  phi3Medium: shape("microsoft/Phi-3-medium-4k-instruct", [13.96, 40, 5120, 40, 10, 32064, 4096]),
  vicuna7bAwq: shape("casperhansen/vicuna-7b-v1.5-awq", [6.74, 32, 4096, 32, 32, 32000, 4096], {
    quantization: "int4",
  }),
  coder67b: shape("deepseek-ai/deepseek-coder-6.7b-instruct", [6.74, 32, 4096, 32, 32, 32256, 16384]),
  gemma27b: shape("google/gemma-3-27b-it", [27.43, 62, 5376, 32, 16, 262208, 131072], {
    tiedEmbeddings: true,
    slidingWindow: { size: 1024, layers: 52 },
  }),
  gptOss20b: shape("openai/gpt-oss-20b", [20.91, 24, 2880, 64, 8, 201088, 131072], {
    ...{ headSize: 64, quantization: "mxfp4" },
    slidingWindow: { size: 128, layers: 12 },
  }),
  gptOss120b: shape("openai/gpt-oss-120b", [116.83, 36, 2880, 64, 8, 201088, 131072], {
    ...{ headSize: 64, quantization: "mxfp4" },
    slidingWindow: { size: 128, layers: 18 },
  }),
  qwenNext80b: shape("Qwen/Qwen3-Next-80B-A3B-Instruct", [81.33, 48, 2048, 16, 2, 151936, 262144], {
    ...{ attentionLayers: 12, headSize: 256 },
  }),
  qwen38_27bFp8: shape("Qwen/Qwen3.8-27B-FP8", [27.78, 64, 5120, 24, 4, 248320, 262144], {
    ...{ attentionLayers: 16, headSize: 256, quantization: "fp8" },
  }),
  deepseekR1: shape("deepseek-ai/DeepSeek-R1", deepseek, { ...mla, quantization: "fp8" }),
  deepseekV3: shape("deepseek-ai/DeepSeek-V3", deepseek, { ...mla, quantization: "fp8" }),
  deepseekR1Nvfp4: shape("nvidia/DeepSeek-R1-0528-NVFP4-v2", deepseek, { ...mla, quantization: "nvfp4" }),
} as const;

/**
 * Size in bytes of the weights as they are stored: `total_size` of the repository's model.safetensors.index.json (that
 * of DeepSeek holds a layer for multi-token prediction beside the parameters that are published), the sum of the files
 * that its page lists (AWQ), or of its tensors (llama70bFp8; vLLM's log says 4 × 16.96 GiB).
 */
export const stored: Readonly<Partial<Record<keyof typeof shapes, number>>> = {
  qwen8b: 16_381_470_720,
  qwen32b: 65_524_246_528,
  qwen30bMoe: 61_064_245_248,
  qwen25_7b: 15_231_233_024,
  qwen25_14b: 29_540_067_328,
  qwen25_32bAwq: 19_330_000_000,
  r1Qwen14b: 29_540_067_328,
  llama3_8b: 16_060_522_496,
  llama8b: 16_060_522_496,
  llama70b: 141_107_412_992,
  llama70bFp8: 72_656_371_712,
  lynx70b: 141_107_412_992,
  mistralSmall: 47_144_806_400,
  gptOss20b: 13_761_264_768,
  gptOss120b: 65_248_815_744,
  deepseekR1: 688_586_727_753,
  deepseekV3: 688_586_727_753,
};
