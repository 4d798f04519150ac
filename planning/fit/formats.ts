import { gpuProducts, gpus } from "../../catalogue/gpus.ts";

import type { Finding } from "../../config/problems.ts";

/** What a model is stored and reckoned in. */
export interface Formats {
  /** How the weights are stored (`shape.quantization`). */
  quantization?: string;
  /** As `--dtype` takes it. */
  dtype?: string;
  /** As `--kv-cache-dtype` takes it. */
  kvCacheDtype?: string;
}

/** CUDA compute capability of a product; 0 of one that the catalogue does not have. */
export function capabilityOf(product: string): number {
  const known = gpuProducts.find((name) => name === product);
  return known ? gpus[known].computeCapability : 0;
}

/**
 * The formats that vLLM refuses on a GPU. On Turing (T4) weights in fp8 and nvfp4 run, by Marlin kernels that unpack
 * them (docs of vLLM 0.32, "FP8 W8A8"; vllm-project/vllm#45375), as do int8 and int4; Ampere and later run all formats.
 */
export function formatProblems(formats: Formats, product: string): { path: string; finding: Finding }[] {
  if (capabilityOf(product) >= 8) return [];
  const refused = (path: string, found: string | undefined, reason: string) => ({
    path,
    finding: { kind: "fit", found, reason } as const,
  });
  const ampere = `needs a GPU of compute capability 8.0 (Ampere) or later, which ${product} is not`;
  return [
    // `Mxfp4Config.get_min_capability`; "The quantization method … is not supported for the current GPU".
    ...(formats.quantization === "mxfp4"
      ? [refused("shape.quantization", formats.quantization, `whose kernels in vLLM ${ampere}`)]
      : []),
    // `check_if_supports_dtype` in vllm/platforms/cuda.py; `auto` becomes float16 there.
    ...(formats.dtype === "bfloat16"
      ? [refused("engine.args.dtype", formats.dtype, `which ${ampere}; use float16 or auto`)]
      : []),
    // Triton's attention, all that is left for Turing since 0.24 (vllm-project/vllm#47549), refuses them in so many words.
    ...(/^(fp8|bfloat16$)/.test(formats.kvCacheDtype ?? "")
      ? [refused("engine.args.kv-cache-dtype", formats.kvCacheDtype, `which ${ampere}; use float16 or auto`)]
      : []),
  ];
}
