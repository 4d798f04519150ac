import { gib } from "../../catalogue/units.ts";
import { latentAttention, mxfp4Padding, storedBytes, wholeAttention } from "../../catalogue/vllm/memory.ts";
import type { ModelShape } from "./batch.ts";
import { type FitInput, wordBytes } from "./memory.ts";

/** Bytes of the weights on one GPU of the fullest pipeline stage; undefined where their size is not known. */
export function weightsBytes(input: FitInput): number | undefined {
  const { shape, tensorParallelSize, pipelineParallelSize, cpuOffloadGib = 0 } = input;
  const {
    parameters,
    weightBytes,
    layers,
    hiddenSize,
    vocabularySize = 0,
    tiedEmbeddings,
    dtype,
    quantization,
  } = shape;
  const word = wordBytes(input);
  const table = vocabularySize * hiddenSize * word;
  const embeddings = tiedEmbeddings ? table : 2 * table;
  const converted = quantization ? 1 : word / (dtype === "float32" ? 4 : 2);
  const total = weightBytes === undefined ? reckoned() : weightBytes * converted;
  if (total === undefined) return undefined;
  const all = total * (quantization === "mxfp4" ? mxfp4Padding : 1);
  const inLayers = Math.max(0, all - embeddings);
  // The first stage has the input embeddings, the last the output's; any may have the most layers.
  const staged = pipelineParallelSize > 1;
  const share = staged ? Math.ceil(layers / pipelineParallelSize) / layers : 1;
  const offGpu = Math.min(cpuOffloadGib * gib, (inLayers * share) / tensorParallelSize);
  return (staged ? inLayers * share + table : all) / tensorParallelSize - offGpu;

  function reckoned(): number | undefined {
    if (parameters === undefined || quantization === undefined) return parameters && parameters * word;
    // Checkpoints leave the embeddings in 16 bits, and some of them attention.
    const whole = wholeAttention(quantization, shape.latentSize !== undefined) ? attentionParameters(shape) * word : 0;
    return embeddings + whole + (parameters - (embeddings + whole) / word) * storedBytes[quantization];
  }
}

/** Parameters of the projections of attention, in all layers. */
function attentionParameters(shape: ModelShape): number {
  const { layers, hiddenSize, attentionHeads, keyValueHeads = attentionHeads, latentSize } = shape;
  const { headSize = latentSize === undefined ? hiddenSize / attentionHeads : latentAttention.headSize } = shape;
  const output = hiddenSize * attentionHeads * headSize;
  const all =
    latentSize === undefined
      ? 2 * output + 2 * hiddenSize * keyValueHeads * headSize
      : latentAttention.overOutput * output;
  return layers * all;
}

/** What the reckoning of one process takes from the one of several GPUs. */
export const undivided = {
  gpu: { product: "none", cudaGib: 0 },
  tensorParallelSize: 1,
  pipelineParallelSize: 1,
  gpuMemoryUtilization: 1,
  cpuOffloadGib: 0,
};

/** Bytes of a model's weights as they are stored, where its shape tells. */
export const storedWeights = (shape?: ModelShape): number | undefined => shape && weightsBytes({ ...undivided, shape });
