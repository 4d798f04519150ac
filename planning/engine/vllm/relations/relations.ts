import { isTree } from "../../../../config/tree.ts";
import { boundedFlags } from "../names.ts";
import { contextRelations } from "./context.ts";
import { loaderRelations } from "./loader.ts";
import { lookupRelations } from "./lookups.ts";
import { placeRelations } from "./places.ts";
import { always, atField, atFlag, bounded, conflict, gpuOnly, needs, type Relation, twice } from "./relation.ts";
import { servingRelations } from "./serving.ts";
import { speculativeRelations } from "./speculative.ts";

const arguments_ = "vllm/engine/arg_utils.py create_engine_config";
const parallel = "vllm/config/parallel.py _validate_parallel_config";
const scheduler = "vllm/config/scheduler.py verify_max_model_len";

const scheduling: readonly Relation[] = [
  {
    at: "engine.maxNumSeqs",
    source: scheduler,
    finding(asked) {
      const [sequences, { tokens }] = [asked.maxNumSeqs, asked.step];
      if (sequences === undefined || sequences <= tokens) return undefined;
      const whose = asked.has("max-num-batched-tokens") ? "" : ", which is vLLM's default here";
      return conflict(
        `more sequences than a step has tokens (max-num-batched-tokens: ${tokens}${whose}); ask for fewer, or for more tokens in engine.args.max-num-batched-tokens`,
        sequences,
      );
    },
  },
  atFlag("max-num-batched-tokens", scheduler, (asked) => {
    const [tokens = Infinity, context = 0] = [asked.number("max-num-batched-tokens"), asked.maxModelLen];
    return asked.isOff("enable-chunked-prefill") && tokens < context
      ? conflict(
          `less than engine.maxModelLen (${context}), and without chunked prefill a step takes a whole prompt`,
          tokens,
        )
      : undefined;
  }),
  atFlag("max-num-active-seqs", scheduler, (asked) => {
    const [active = 0, { sequences }] = [asked.number("max-num-active-seqs"), asked.step];
    return active > sequences ? conflict(`more than the ${sequences} sequences of a step`, active) : undefined;
  }),
  atFlag("long-prefill-token-threshold", scheduler, (asked) => {
    const [threshold = 0, context = Infinity] = [asked.number("long-prefill-token-threshold"), asked.maxModelLen];
    return threshold > context ? conflict(`more than engine.maxModelLen (${context})`, threshold) : undefined;
  }),
  {
    at: "engine.args.enable-chunked-prefill",
    source: "vllm/model_executor/models/config.py MambaModelConfig",
    to: "0.32.0",
    finding: (asked) =>
      asked.isHybrid && asked.isOff("enable-chunked-prefill") && !asked.isOff("enable-prefix-caching")
        ? conflict(
            "is off, which a hybrid model does not take beside prefix caching; turn enable-prefix-caching off too",
          )
        : undefined,
  },
  needs("enable-mamba-cache-stochastic-rounding", "mamba-ssm-cache-dtype: float16", "vllm/config/vllm.py"),
  needs("mamba-ssu-algorithm", "mamba-backend: flashinfer", "vllm/config/mamba.py validate_ssu_algorithm"),
];

const adapters: readonly Relation[] = [
  atFlag("max-cpu-loras", "vllm/config/lora.py _validate_lora_config", (asked) => {
    const [kept = 0, used = 1] = [asked.number("max-cpu-loras"), asked.number("max-loras")];
    // 0 and less are as many as are used.
    return asked.has("enable-lora") && kept > 0 && kept < used
      ? conflict(`less than max-loras (${used})`, kept)
      : undefined;
  }),
];

const parallelism: readonly Relation[] = [
  // vLLM refuses it for a model without experts, which a shape does not tell.
  atFlag("enable-expert-parallel", parallel, () => ({ unchecked: "whether the model has experts" })),
  gpuOnly("enable-eplb", parallel),
  needs("enable-eplb", "enable-expert-parallel", parallel),
  atFlag("enable-eplb", parallel, (asked) =>
    asked.gpus > 0 && asked.parallel.tensor === 1
      ? conflict("shares experts out over GPUs, and has one (tensor parallel size 1); remove it")
      : undefined,
  ),
  needs("enable-elastic-ep", "enable-eplb", "vllm/config/parallel.py __post_init__"),
  atFlag("eplb-config", parallel, (asked) => {
    const redundant = asked.group("eplb-config")?.num_redundant_experts ?? 0;
    return redundant !== 0 && !asked.has("enable-eplb")
      ? conflict("has num_redundant_experts, which need 'enable-eplb' beside it")
      : undefined;
  }),
  ...["enable-dbo", "ubatch-size"].map((flag) =>
    atFlag(flag, "vllm/config/vllm.py use_ubatching", (asked) => {
      const backends = ["deepep_low_latency", "deepep_high_throughput", "nixl_ep"];
      // On a CPU vLLM turns it off by itself.
      const off = flag === "enable-dbo" ? asked.gpus === 0 : (asked.number(flag) ?? 0) <= 1;
      return off || backends.includes(asked.text("all2all-backend") ?? "")
        ? undefined
        : conflict(`needs 'all2all-backend' beside it, one of ${backends.join(", ")}`);
    }),
  ),
  atFlag("decode-context-parallel-size", parallel, (asked) => {
    const [size = 1, { tensor }] = [asked.number("decode-context-parallel-size"), asked.parallel];
    return size >= 1 && Number.isInteger(tensor) && tensor % size !== 0
      ? conflict(`which must divide the tensor parallel size (${tensor})`, size)
      : undefined;
  }),
  atFlag("decode-context-parallel-size", "vllm/config/model.py verify_with_parallel_config", (asked) => {
    const [size = 1, { tensor }, { shape }] = [
      asked.number("decode-context-parallel-size"),
      asked.parallel,
      asked.model,
    ];
    if (!shape || shape.latentSize !== undefined || size <= 1) return undefined;
    const heads = shape.keyValueHeads ?? shape.attentionHeads;
    const most = Math.max(1, Math.floor(tensor / heads));
    return size > most
      ? conflict(`more than ${most}, the tensor parallel size (${tensor}) over shape.keyValueHeads (${heads})`, size)
      : undefined;
  }),
  ...["numa-bind-nodes", "numa-bind-cpus"].map((flag) => needs(flag, "numa-bind", parallel)),
  atFlag("numa-bind-nodes", "vllm/config/parallel.py _validate_numa_bind_nodes", (asked) =>
    asked.list("numa-bind-nodes").some((node) => Number(node) < 0)
      ? { kind: "flag", found: asked.list("numa-bind-nodes"), allowed: "numbers of nodes, from 0" }
      : undefined,
  ),
  needs("ray-workers-use-nsight", "distributed-executor-backend: ray", "vllm/config/parallel.py _verify_args"),
];

const hardware: readonly Relation[] = [
  atFlag("mm-processor-device", "vllm/engine/arg_utils.py add_cli_args: the platform's device", (asked) =>
    asked.text("mm-processor-device") === "cuda" && asked.gpus === 0
      ? conflict("which needs a GPU", "cuda")
      : undefined,
  ),
  gpuOnly("enable-sleep-mode", "vllm/config/model.py __post_init__"),
  gpuOnly("enable-cumem-allocator", "vllm/config/model.py __post_init__"),
  {
    ...atFlag("kda-prefill-backend", arguments_, (asked) => {
      const backend = asked.text("kda-prefill-backend");
      if (backend === "fused") return conflict("which is for AMD GPUs", backend);
      return backend === "flashkda" && asked.gpus === 0 ? conflict("which needs a GPU", backend) : undefined;
    }),
    from: "0.30.0",
  },
  atFlag("offload-backend", "vllm/config/offload.py validate_offload_config", (asked) =>
    asked.text("offload-backend") === "prefetch" && !(Number(asked.number("offload-group-size") ?? 0) > 0)
      ? conflict("which needs 'offload-group-size' beside it", "prefetch")
      : undefined,
  ),
  atFlag("offload-num-in-group", "vllm/config/offload.py validate_offload_config", (asked) => {
    const [count = 1, size = 0] = [asked.number("offload-num-in-group"), asked.number("offload-group-size")];
    return size > 0 && count > size ? conflict(`more than offload-group-size (${size})`, count) : undefined;
  }),
  atFlag("offload-prefetch-step", "vllm/config/offload.py validate_offload_config", (asked) => {
    const [step = 1, size = 0] = [asked.number("offload-prefetch-step"), asked.number("offload-group-size")];
    return size > 0 && step === 0 ? conflict("and must be at least 1 beside offload-group-size", step) : undefined;
  }),
];

const compilation: readonly Relation[] = [
  atField("compilation-config", "custom_ops", "vllm/config/compilation.py __post_init__", (value) => {
    const ops = (Array.isArray(value) ? value : []).map(String);
    const odd = ops.find((op) => !/^(all|none|[+-].+)$/s.test(op));
    if (odd !== undefined) return conflict(`has '${odd}', where 'all', 'none', '+op' and '-op' may stand`);
    if (ops.filter((op) => /^[an]/.test(op)).length > 1)
      return conflict("has 'all' or 'none' more than once; keep one of them");
    const both = ops.find((op) => op.startsWith("+") && ops.includes(op.replace("+", "-")));
    return both ? conflict(`has '${both}' and '${both.replace("+", "-")}'; keep one of them`) : undefined;
  }),
  atField("compilation-config", "inductor_passes", "vllm/config/compilation.py __post_init__", (value) => {
    const passes = Object.entries(isTree(value) ? value : {});
    const [name] = passes.find(([, path]) => !/.\../.test(String(path))) ?? [];
    if (name !== undefined) return conflict(`has no module for '${name}'; write module.function`);
    return passes.length === 0
      ? undefined
      : { unchecked: `whether the image has ${passes.map(([, path]) => path).join(", ")}` };
  }),
];

const saidTwice: readonly Relation[] = [
  twice("attention-backend", "attention-config", "backend", arguments_),
  twice("enable-flashinfer-autotune", "kernel-config", "enable_flashinfer_autotune", arguments_),
  twice("cudagraph-capture-sizes", "compilation-config", "cudagraph_capture_sizes", arguments_),
  twice("max-cudagraph-capture-size", "compilation-config", "max_cudagraph_capture_size", arguments_),
  atFlag("ir-op-priority", arguments_, (asked) => {
    const other = asked.group("kernel-config")?.ir_op_priority;
    const both = Object.keys(asked.group("ir-op-priority") ?? {}).find((name) => isTree(other) && other[name]);
    return both ? conflict(`gives '${both}', as the group 'kernel-config' does; keep one of them`) : undefined;
  }),
];

/**
 * Read in the sources of 0.27.0 to 0.33.0, and put to 0.32.0. Those that hold `always` are the program's own: vLLM may
 * take what they refuse, and the pods cannot.
 */
export const relations: readonly Relation[] = [
  ...servingRelations,
  ...lookupRelations,
  ...scheduling,
  ...adapters,
  ...parallelism,
  ...hardware,
  ...compilation,
  ...saidTwice,
  ...speculativeRelations,
  ...always(loaderRelations),
  ...always(placeRelations),
  ...contextRelations,
  ...boundedFlags.map(bounded),
];
