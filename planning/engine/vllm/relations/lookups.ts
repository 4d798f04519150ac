import { namesOf, unknownName } from "../names.ts";
import { atField, atFlag, conflict, named, nameVerdict, type Relation } from "./relation.ts";
import { modelless, speculation } from "./speculative.ts";

const arguments_ = "vllm/engine/arg_utils.py create_engine_config";
const lookup = "vllm/entrypoints/launchers/launcher.py validate_api_server_args";

const reasoning = `${lookup}, vllm/config/reasoning.py`;
const reasoningNames = { also: [""], plugins: ["reasoning-parser-plugin", "VLLM_PLUGINS"] };

const cacheType = "a type of the KV cache";

const tokenizerMode = (...older: string[]) =>
  named("tokenizer-mode", "a tokenizer mode", "vllm/tokenizers/registry.py, vllm/renderers/registry.py", {
    read: (name) => name.toLowerCase(),
    also: ["auto", "terratorch", ...older],
  });

const upper = { read: (name: string) => name.toUpperCase() };

const names: readonly Relation[] = [
  named("tool-call-parser", "a tool parser", lookup, {
    plugins: ["tool-parser-plugin", "VLLM_PLUGINS"],
    beside: "enable-auto-tool-choice",
  }),
  { ...named("reasoning-parser", "a reasoning parser", reasoning, reasoningNames), to: "0.32.0" },
  {
    ...named("reasoning-parser", "a reasoning parser", `${reasoning}, parse_reasoning_parser in engine/arg_utils.py`, {
      ...reasoningNames,
      read: (name) => (/^none$/i.test(name) ? "" : name),
    }),
    from: "0.33.0",
  },
  named("quantization", "a quantization method", "vllm/config/model.py _verify_quantization", {
    read: (name) => name.toLowerCase(),
  }),
  named("attention-backend", "an attention backend", "vllm/config/attention.py validate_backend_before", {
    ...upper,
    also: ["AUTO"],
  }),
  named("mamba-backend", "a backend for Mamba", arguments_, upper),
  // Until 0.32.0 the parser knows its choices.
  named("kv-cache-dtype", cacheType, "vllm/config/cache.py _validate_cache_dtype (0.33.0)"),
  { ...tokenizerMode("slow"), to: "0.30.0" },
  { ...tokenizerMode(), from: "0.31.0" },
  named("load-format", "a load format", "vllm/model_executor/model_loader/__init__.py get_model_loader"),
  named("config-format", "a format", "vllm/transformers_utils/config.py get_config_parser", { also: ["auto"] }),
  atFlag("quantization", "vllm/config/model.py _verify_quantization", (asked) =>
    /^(fbgemm_fp8|fp_quant)$/i.test(asked.text("quantization") ?? "") && !asked.has("allow-deprecated-quantization")
      ? conflict("which is deprecated, and needs 'allow-deprecated-quantization' beside it", asked.text("quantization"))
      : undefined,
  ),
  atFlag("optimization-level", "vllm/config/vllm.py OptimizationLevel", (asked) =>
    [0, 1, 2, 3].includes(Number(asked.text("optimization-level")))
      ? undefined
      : { kind: "flag", found: asked.text("optimization-level"), allowed: "0, 1, 2 or 3" },
  ),
  atFlag("distributed-executor-backend", "vllm/config/parallel.py distributed_executor_backend", (asked) => {
    const name = asked.text("distributed-executor-backend") ?? "";
    const known = ["mp", "uni", "ray", "external_launcher"];
    return known.includes(name) || name.includes(".") ? undefined : unknownName("an executor", name, known);
  }),
];

/** Fields whose names vLLM looks up when it starts; classes of other versions know their choices. */
const fields: readonly Relation[] = [
  {
    ...atField("speculative-config", "kv_cache_dtype", "vllm/config/cache.py _validate_cache_dtype", (value, asked) => {
      const { method, model } = speculation(asked) ?? {};
      const drafts = [method, model].some((word) => typeof word === "string" && modelless.test(word));
      return drafts ? undefined : nameVerdict(asked, "kv-cache-dtype", cacheType, String(value));
    }),
    from: "0.33.0",
  },
  {
    ...atField("attention-config", "indexer_kv_dtype", "vllm/v1/attention/backends/mla/indexer.py", (value, asked) => {
      const known = namesOf("attention-config.indexer_kv_dtype", asked.version);
      return known.includes(String(value))
        ? undefined
        : { unchecked: `whether the model has an indexer, and it takes '${value}'` };
    }),
    from: "0.33.0",
  },
];

/** What vLLM looks up in a list of its own when it starts. */
export const lookupRelations: readonly Relation[] = [...names, ...fields];
