import { isTree, type Tree } from "../../config/tree.ts";
import type { ModelShape } from "../../planning/fit/batch.ts";
import type { Facts } from "./facts.ts";
import { ShapeError } from "./failure.ts";

type Format = NonNullable<ModelShape["quantization"]>;

/**
 * How weights are stored, by what stands in a config.json, or in the `hf_quant_config.json` beside it. Undefined where
 * they are not quantised, or in a format that a shape has no word for, which `tell` takes.
 */
export function quantizationOf(
  facts: Facts,
  beside: Tree | undefined,
  tell: (text: string) => void,
): Format | undefined {
  const said = facts.tree("quantization_config", "compression_config");
  const inner = beside && isTree(beside.quantization) ? beside.quantization : undefined;
  const written = said ?? inner;
  // MLX of Apple writes both, and no method.
  if (said && word(said.quant_method) === "" && isTree(facts.tree("quantization")))
    throw new ShapeError(
      "the weights are in the format of MLX (quantization: {group_size, bits}), which vLLM cannot load",
    );
  if (!written) return undefined;
  const format = formatOf({ ...inner, ...said }, facts);
  if (format) return format;
  const name = word(written.quant_method) || word(written.quant_algo) || "of an unknown method";
  tell(`the weights are quantised (${name.slice(0, 40)}) in a format that a shape has no word for`);
  return undefined;
}

function formatOf(config: Tree, facts: Facts): Format | undefined {
  const method = word(config.quant_method);
  const algo = word(config.quant_algo);
  // Experts in 4 bits, all else in 8: the experts are nearly all of it.
  if (facts.text("expert_dtype") === "fp4") return "mxfp4";
  if (/mxfp4/.test(method) || /mxfp4/.test(algo)) return "mxfp4";
  if (/nvfp4/.test(method) || /nvfp4/.test(algo)) return "nvfp4";
  const grouped = groupedFormat(config) ?? mixedFormat(config);
  if (grouped) return grouped;
  if (/fp8/.test(method) || /fp8/.test(algo)) return "fp8";
  if (config.load_in_4bit === true) return "int4";
  if (config.load_in_8bit === true) return "int8";
  const bits = [config.bits, config.w_bit, config.nbits].find((one) => typeof one === "number");
  if (/awq|gptq|auto-?round|inc|hqq|quanto|ipex|^$/.test(method)) {
    if (bits === 4 || (bits === undefined && /awq|gptq/.test(method + algo)) || /w4a16|int4/.test(algo)) return "int4";
    if (bits === 8 || /int8|w8a8/.test(algo)) return "int8";
  }
  return undefined;
}

/** By the groups of compressed-tensors and ModelOpt: bits and kind of the weights' numbers. */
function groupedFormat(config: Tree): Format | undefined {
  const formats = [config, ...groupsOf(config)].map(({ format }) => word(format));
  if (formats.some((name) => /mxfp4/.test(name))) return "mxfp4";
  if (formats.some((name) => /nvfp4/.test(name))) return "nvfp4";
  // A group of a few layers in 8 bits stands beside the many in 4.
  const weights = groupsOf(config).flatMap((group) => (isTree(group.weights) ? [group.weights] : []));
  const smallest = weights.toSorted((a, b) => Number(a.num_bits) - Number(b.num_bits))[0];
  if (!smallest) return undefined;
  const { num_bits: bits, type, group_size: size } = smallest;
  if (type === "int") return bits === 4 ? "int4" : bits === 8 ? "int8" : undefined;
  if (type !== "float") return undefined;
  return bits === 8 ? "fp8" : bits === 4 ? (size === 32 ? "mxfp4" : "nvfp4") : undefined;
}

/** Of ModelOpt's mixed precision the smallest: it is that of the experts, or of the feed-forward layers. */
function mixedFormat({ quantized_layers: layers }: Tree): Format | undefined {
  const algos = isTree(layers) ? Object.values(layers).map((one) => (isTree(one) ? word(one.quant_algo) : "")) : [];
  const found = (pattern: RegExp) => algos.some((algo) => pattern.test(algo));
  return found(/nvfp4/)
    ? "nvfp4"
    : found(/mxfp4/)
      ? "mxfp4"
      : found(/w4|int4/)
        ? "int4"
        : found(/fp8/)
          ? "fp8"
          : undefined;
}

const groupsOf = ({ config_groups: groups }: Tree): Tree[] =>
  isTree(groups) ? Object.values(groups).filter((group) => isTree(group)) : [];

const word = (value: unknown): string => (typeof value === "string" ? value.toLowerCase() : "");
