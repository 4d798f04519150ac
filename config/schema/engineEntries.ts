import * as v from "valibot";
import { isTree } from "../tree.ts";
import { group, setting } from "./setting.ts";
import { boolean, environmentName, form, integer, number, parameters, reason, text } from "./values.ts";

const argumentWords = "text, a number, true or false, a list, or a group (for a flag that takes JSON)";
/** A record of the library would take lists too. */
const json = v.custom<{ [key: string]: unknown }>(isTree, argumentWords);
const argument = v.union(
  [v.string(), v.number(), v.boolean(), v.array(v.union([v.string(), v.number()])), json],
  argumentWords,
);

/** Settings of the engine; see `planning/engine/vllm/arguments.ts` for the command line that they become. */
export const engineEntries = {
  kind: setting(v.picklist(["vllm"]), { description: "Which engine.", default: "vllm", example: "vllm" }),
  version: setting(form("a version such as 0.32.0", /^(0|[1-9]\d{0,3})(\.(0|[1-9]\d{0,3})){2}$/), {
    description: "The engine's version: it names the image's tag and decides which flags there are.",
    default: "0.32.0",
    example: "0.32.0",
  }),
  acceptCves: setting(v.array(form("the name of a CVE such as CVE-2026-48746", /^CVE-\d{4}-\d{4,7}$/)), {
    description:
      "Known holes of this version that are accepted, each by its name. Without it a version with a known hole is refused.",
    default: [],
    example: ["CVE-2026-48746"],
  }),
  maxModelLen: setting(integer(1, 100_000_000), {
    description: "Tokens of prompt and answer together (`--max-model-len`).",
    derived: "the model's own",
    unit: "tokens",
    example: 8192,
  }),
  maxNumSeqs: setting(integer(1), {
    description: "Sequences in one batch (`--max-num-seqs`).",
    derived: "vLLM's, by hardware",
    unit: "sequences",
    example: 256,
  }),
  gpuMemoryUtilization: setting(v.pipe(number, v.minValue(0.1, "at least 0.1"), v.maxValue(0.99, "at most 0.99")), {
    description: "Share of a GPU's memory that vLLM takes (`--gpu-memory-utilization`).",
    derived: "vLLM's own, 0.92",
    example: 0.9,
  }),
  tensorParallelSize: setting(integer(1, 64), {
    description:
      "GPUs that share each layer (`--tensor-parallel-size`). Times the pipeline parallel size it is the GPUs of a pod.",
    derived: "all GPUs of the pod",
    unit: "GPUs",
    example: 4,
  }),
  pipelineParallelSize: setting(integer(1, 64), {
    description: "Groups of GPUs that share the layers out (`--pipeline-parallel-size`).",
    default: 1,
    unit: "groups",
    example: 2,
  }),
  allowRemoteCode: setting(reason, {
    description: "Why `args: {trust-remote-code: true}` is acceptable: it runs Python that comes with the model.",
    example: "we reviewed the model's code",
  }),
  args: setting(
    v.record(v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]*$/, "a flag of vllm serve without its dashes")), argument),
    {
      description:
        "Further flags of `vllm serve`, without the dashes. A list gives a flag several values, a group is passed as JSON, `false` is the flag's `--no-` form.",
      default: {},
      example: { "enable-prefix-caching": true, "max-logprobs": 5 },
    },
  ),
  env: setting(v.record(environmentName, text), {
    description: "Further environment variables of the engine, in plain text.",
    default: {},
    example: { VLLM_LOGGING_LEVEL: "DEBUG" },
  }),
  secretEnv: setting(v.record(environmentName, text), {
    description:
      "Environment variables of the engine whose values are secret: they come from a Kubernetes Secret. Set each with `pulumi config set --secret --path`.",
    default: {},
    example: { OTEL_EXPORTER_OTLP_HEADERS: "authorization=…" },
    secret: true,
  }),
} as const;

/** Facts of a model's `config.json`, under the names of this program. */
export const shapeEntries = {
  parameters: setting(parameters, {
    description: "All parameters, of a mixture of experts those of all experts. A number, or text in M, B or T.",
    unit: "parameters",
    example: "8.19B",
  }),
  weightBytes: setting(v.pipe(number, v.integer("a whole number"), v.minValue(1e6, "at least 1000000")), {
    description: "Size of the weights as they are stored. Where it is given, it counts instead of `parameters`.",
    unit: "bytes",
    example: 16_381_470_720,
  }),
  layers: setting(integer(1, 1000), { description: "`num_hidden_layers`. Required.", unit: "layers", example: 36 }),
  hiddenSize: setting(integer(1, 1_000_000), { description: "`hidden_size`. Required.", example: 4096 }),
  attentionHeads: setting(integer(1, 10_000), {
    description: "`num_attention_heads`. Required.",
    unit: "heads",
    example: 32,
  }),
  keyValueHeads: setting(integer(1, 10_000), {
    description: "`num_key_value_heads`.",
    derived: "as many as attention heads",
    unit: "heads",
    example: 8,
  }),
  headSize: setting(integer(1, 10_000), {
    description: "`head_dim`.",
    derived: "hidden size ÷ attention heads",
    example: 128,
  }),
  contextLength: setting(integer(1, 100_000_000), {
    description: "`max_position_embeddings`: the context where `engine.maxModelLen` gives none.",
    unit: "tokens",
    example: 40_960,
  }),
  vocabularySize: setting(integer(1, 10_000_000), {
    description: "`vocab_size`: embeddings are seldom quantised, and their share is counted with it.",
    unit: "tokens",
    example: 151_936,
  }),
  tiedEmbeddings: setting(boolean, {
    description: "`tie_word_embeddings`: input and output embeddings are one table.",
    derived: "false",
    example: true,
  }),
  dtype: setting(v.picklist(["bfloat16", "float16", "float32"]), {
    description: "`torch_dtype`.",
    derived: "bfloat16",
    example: "bfloat16",
  }),
  quantization: setting(v.picklist(["fp8", "int8", "int4", "mxfp4", "nvfp4"]), {
    description: "How the weights are stored where they are quantised.",
    example: "fp8",
  }),
  latentSize: setting(integer(1, 1_000_000), {
    description:
      "Of a model with multi-head latent attention: `kv_lora_rank` + `qk_rope_head_dim`, which is what its KV cache holds.",
    example: 576,
  }),
  slidingWindow: group(
    {
      size: setting(integer(1, 100_000_000), {
        description: "`sliding_window`. Required.",
        unit: "tokens",
        example: 1024,
      }),
      layers: setting(integer(1, 1000), {
        description: "How many of the layers keep only the window. Required.",
        unit: "layers",
        example: 52,
      }),
    },
    "Of a model whose layers, or some of them, see only a window.",
    { optional: true },
  ),
} as const;
