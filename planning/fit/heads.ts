import type { ModelShape } from "./batch.ts";

/** Says which tensor parallel size vLLM refuses for the model's heads, or nothing. */
export function divisibilityProblem(shape: ModelShape, tensorParallelSize: number): string | undefined {
  const { attentionHeads, keyValueHeads = attentionHeads, latentSize } = shape;
  const sizes = divisors(attentionHeads).filter((size) => latentSize !== undefined || divides(keyValueHeads, size));
  if (sizes.includes(tensorParallelSize)) return undefined;
  const heads =
    attentionHeads % tensorParallelSize === 0
      ? `${keyValueHeads} key-value heads`
      : `${attentionHeads} attention heads`;
  return `the model's ${heads} cannot be shared out over ${tensorParallelSize} GPUs; possible are ${sizes.filter((size) => size <= 16).join(", ")}`;
}

const divisors = (number: number) =>
  Array.from({ length: number }, (_, at) => at + 1).filter((by) => number % by === 0);
/** Key-value heads are shared out, or where there are fewer than GPUs, copied. */
const divides = (heads: number, size: number) => heads % size === 0 || size % heads === 0;

/** GPUs that share each layer of a model whose heads are not known, in a number that few models' heads take. */
export interface HeadsUnknown {
  tensorParallelSize: number;
}

/** That it is not known whether a model without a shape can be shared out: every size but a power of two is rare. */
export const headsUnknown = (tensorParallelSize: number, shape?: ModelShape): HeadsUnknown | undefined =>
  shape === undefined && !Number.isInteger(Math.log2(tensorParallelSize)) ? { tensorParallelSize } : undefined;

/** The same in words, for people. */
export const headsUnknownText = ({ tensorParallelSize }: HeadsUnknown): string =>
  `${tensorParallelSize} GPUs share each layer (engine.tensorParallelSize, or gpu.count ÷ engine.pipelineParallelSize); vLLM refuses to start where the model's attention heads cannot be shared out over ${tensorParallelSize}, as most models' cannot; set shape, and it is checked`;
