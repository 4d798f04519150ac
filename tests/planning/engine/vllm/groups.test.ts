import assert from "node:assert/strict";
import { test } from "node:test";
import { sentence } from "../../../../config/problems.ts";
import { type ArgumentValue, checkFlags } from "../../../../planning/engine/vllm/flags.ts";
import { versions } from "../../../../planning/engine/vllm/judge.ts";

/** What stands in a group, as the class behind it reads it: messages, their places, and what is not known. */

/** Each problem as `path: what is said`. */
function told(flag: string, value: ArgumentValue, version = "0.32.0"): string[] {
  const { problems } = checkFlags(version, { [flag]: value });
  return problems.map(({ flag, within = [], ...finding }) => `${[flag, ...within].join(".")}: ${sentence(finding)}`);
}
const unchecked = (flag: string, value: ArgumentValue, version = "0.32.0") => {
  const check = checkFlags(version, { [flag]: value });
  assert.deepEqual(check.problems, []);
  return check.unchecked.map(({ flag, reason }) => `${flag}: ${reason}`);
};

/** Groups that a real vLLM 0.32.0 refuses, and what is said of each. */
const refused: [flag: string, value: { [key: string]: unknown }, ...told: string[]][] = [
  ["compilation-config", { level: 3 }, "level: was removed in vLLM 0.18.0; write 'mode'"],
  [
    "attention-config",
    { use_fp4_indexer_cache: true },
    "use_fp4_indexer_cache: was removed in vLLM 0.30.0; write 'indexer_kv_dtype: mxfp4'",
  ],
  [
    "compilation-config",
    { cudagraph_mode: "FULLL" },
    `cudagraph_mode: is "FULLL", but must be one of NONE, PIECEWISE, FULL, FULL_DECODE_ONLY, FULL_AND_PIECEWISE; did you mean 'FULL'?`,
  ],
  [
    "compilation-config",
    { pass_config: { fuse_norm_quant: true, enable_sp: true } },
    "pass_config.enable_sp: is no field of vLLM 0.32.0; 0.31.0 was the last to have it",
  ],
  ["compilation-config", { "pass-config": {} }, "pass-config: is written 'pass_config' here"],
  [
    "compilation-config",
    { cudagraph_capture_sizes: [1, "x"] },
    'cudagraph_capture_sizes: is "x", but must be a whole number',
  ],
  [
    "compilation-config",
    { mode: 3, backend: "mine" },
    `mode: is 3, which goes only with 'backend': "" or "eager" or "inductor"`,
  ],
  [
    "compilation-config",
    { cudagraph_mm_encoder: true, encoder_cudagraph_max_frames_per_batch: -1 },
    "cudagraph_mm_encoder: is true, which goes only with 'encoder_cudagraph_max_frames_per_batch': at least 0",
  ],
  [
    "structured-outputs-config",
    { backend: "xgramar" },
    `backend: is "xgramar", but must be one of auto, xgrammar, guidance, outlines, lm-format-enforcer; did you mean 'xgrammar'?`,
  ],
  [
    "structured-outputs-config",
    { disable_whitespace: true },
    "disable_whitespace: is no field of vLLM 0.32.0; did you mean 'disable_any_whitespace'?",
  ],
  [
    "structured-outputs-config",
    { backend: "outlines", disable_any_whitespace: true },
    `disable_any_whitespace: is true, which goes only with 'backend': "xgrammar" or "guidance"`,
  ],
  [
    "kv-transfer-config",
    { kv_connector: "LMCacheConnectorV1" },
    `kv_connector: is LMCacheConnectorV1, which needs 'kv_role' beside it: "kv_producer" or "kv_both" or "kv_consumer"`,
  ],
  [
    "kv-transfer-config",
    { kv_connector: "LMCacheConnectorV1", kv_role: "both" },
    `kv_role: is "both", but must be one of kv_producer, kv_both, kv_consumer`,
  ],
  ["pooler-config", { normalize: true }, "normalize: was removed; write 'use_activation'"],
  ["pooler-config", { pooling_type: "AVG" }, `pooling_type: is "AVG", but must be one of CLS, LAST, MEAN, ALL, STEP`],
  ["pooler-config", { logit_sigma: 0 }, "logit_sigma: is 0, but must be a number, not 0"],
  [
    "pooler-config",
    { pooling_type: "CLS", seq_pooling_type: "CLS" },
    "pooling_type: is CLS, which does not go with 'seq_pooling_type'",
  ],
  ["eplb-config", { windowsize: 500 }, "windowsize: is no field of vLLM 0.32.0; did you mean 'window_size'?"],
  ["eplb-config", { window_size: 0 }, "window_size: is 0, but must be a whole number, more than 0"],
  ["eplb-config", { communicator: "pynccl" }, "communicator: is pynccl, which needs 'use_async' beside it: false"],
  ["profiler-config", { profiler: "torch" }, "profiler: is torch, which needs 'torch_profiler_dir' beside it"],
  [
    "profiler-config",
    { profiler: "torch", torch_profiler_dir: "/p", torch_profiler_activities: ["CPU", "CPU"] },
    'torch_profiler_activities: is ["CPU","CPU"], but must be a list with nothing twice',
  ],
  [
    "profiler-config",
    { torch_profiler_with_stack: "maybe" },
    'torch_profiler_with_stack: is "maybe", but must be true or false',
  ],
  [
    "ec-manager-config",
    { manager_config: { a: 1 } },
    "manager_config: is {\"a\":1}, which needs 'encoder_cache_manager_cls' beside it",
  ],
  ["ir-op-priority", { rms_norm: 5 }, "rms_norm: is 5, but must be a list, or text"],
  [
    "attention-config",
    { backend_per_kind: { ful_attention: "FLASHINFER" } },
    "backend_per_kind.ful_attention: is none that vLLM 0.32.0 knows; did you mean 'full_attention'?",
  ],
  [
    "kernel-config",
    { linear_backend_per_quant: {} },
    "linear_backend_per_quant: is {}, but must be a group with at least 1",
  ],
  ["kv-events-config", { hwm: null }, "hwm: is null, but must be a whole number"],
  [
    "speculative-config",
    { method: "eagle3", model: "yuhuili/x", num_speculative_token: 4 },
    "num_speculative_token: is no field of vLLM 0.32.0; did you mean 'num_speculative_tokens'?",
  ],
  [
    "speculative-config",
    { method: "ngram", "num-speculative-tokens": 0, "prompt-lookup-maxx": 4 },
    "num-speculative-tokens: is 0, but must be a whole number, more than 0",
    "prompt-lookup-maxx: is no field of vLLM 0.32.0; did you mean 'prompt_lookup_max'?",
  ],
  [
    "speculative-config",
    { method: "ngram", num_speculative_tokens: "many", rejection_sample_method: "blok" },
    'num_speculative_tokens: is "many", but must be a whole number, more than 0',
    `rejection_sample_method: is "blok", but must be one of standard, synthetic, block; did you mean 'block'?`,
  ],
  [
    "speculative-config",
    { "draft-load-config": { load_formt: "auto", "use-tqdm-on-load": true } },
    "draft-load-config.load_formt: is no field of vLLM 0.32.0; did you mean 'load_format'?",
    "draft-load-config.use-tqdm-on-load: is written 'use_tqdm_on_load' here",
  ],
  [
    "speculative-config",
    { num_speculative_tokens_per_batch_size: [[1, 2, 3, 4], [1]] },
    "num_speculative_tokens_per_batch_size: is [1,2,3,4], but must be a list of at most 3",
    "num_speculative_tokens_per_batch_size: is [1], but must be a list of at least 3",
  ],
  ["watermark-config", { key: 1, alpha: 1.5 }, "alpha: is 1.5, but must be a number, at least 0, at most 1"],
  ["diffusion-config", { "canvas-length": 8 }, "canvas-length: is written 'canvas_length' here"],
];

test("what vLLM refuses in a group is refused at its place, as a group and as JSON text", () => {
  for (const [flag, value, ...lines] of refused) {
    const places = lines.map((line) => `${flag}.${line}`);
    assert.deepEqual(told(flag, value), places);
    assert.deepEqual(told(flag, JSON.stringify(value)), places, "as text");
  }
});

test("long choices: the nearest is named; nothing follows from a name that is wrong", () => {
  assert.match(
    told("attention-config", { backend: "FLASHINFR" })[0] ?? "",
    /^attention-config\.backend: is "FLASHINFR", but must be one of FLASH_ATTN, .*; did you mean 'FLASHINFER'\?$/,
  );
  assert.match(
    told("quantization-config", { linear: "fp8" })[0] ?? "",
    /^quantization-config\.linear: is "fp8", but must be a group \(a JSON object\), or one of .*fp8_per_block_dynamic/,
  );
  const [role, ...others] = told("kv-transfer-config", { kv_connector: "LMCacheConnectorV1", role: "kv_both" });
  assert.match(role ?? "", /^kv-transfer-config\.role: is no field of vLLM 0\.32\.0; known here: .*, kv_role$/);
  assert.deepEqual(others, [], "no word of a missing kv_role");
});

test("what vLLM takes says nothing: forms of numbers, switches and choices, sizes in text, free maps, null", () => {
  const taken: [string, ArgumentValue][] = [
    ["compilation-config", { mode: "vllm_compile", cudagraph_mode: "Full", pass_config: { eliminate_noops: "yes" } }],
    [
      "compilation-config",
      { mode: null, cudagraph_capture_sizes: [1, "2", 4.0], inductor_compile_config: { a: null } },
    ],
    ["compilation-config", '{"max_cudagraph_capture_size": 2k, "debug_dump_path": "/tmp/9m"}'],
    ["kv-transfer-config", { kv_connector: "X", kv_role: "kv_both", kv_connector_extra_config: { a: { b: [null] } } }],
    ["kernel-config", { moe_backend: "Deep-Gemm", ir_op_priority: { rms_norm: "native,vllm_c" } }],
    ["attention-config", { backend: "flashinfer", flash_attn_version: 3, use_trtllm_attention: null }],
    ["attention-config", { backend: "auto", backend_per_kind: { full_attention: "flashinfer" } }],
    ["quantization-config", { linear: "fp8_per_block", moe: { weight: "mxfp4" }, ignore: ["lm_head"] }],
    ["profiler-config", { profiler: "torch", torch_profiler_dir: "/tmp/p", delay_iterations: "3" }],
    ["pooler-config", ""],
    ["pooler-config", "None"],
    ["weight-transfer-config", { backend: "of_my_own" }],
    [
      "speculative-config",
      { method: "ngram", "num-speculative-tokens": "4", num_speculative_tokens_per_batch_size: [[1, 2, 3]] },
    ],
    ["speculative-config", { attention_backend: "Auto", draft_load_config: { load_format: "of_my_own" } }],
    ["speculative-config", { num_speculative_tokens: 0, "num-speculative-tokens": 4 }],
    ["speculative-config", '{"num-speculative-tokens": 0, "num_speculative_tokens": 4}'],
    ["watermark-config", { key: 7, deduplicate_contexts_max_history: null }],
    ["hf-overrides", { sliding_window: null, anything: { at: ["all"] } }],
  ];
  for (const [flag, value] of taken) {
    assert.deepEqual(told(flag, value), [], JSON.stringify(value));
    assert.deepEqual(unchecked(flag, value), [], JSON.stringify(value));
  }
});

test("a method that no version knows is refused in each, with the one that is meant; of slips too", () => {
  for (const version of versions) {
    const [line, ...others] = told("speculative-config", { method: "sufix", num_speculative_token: 4 }, version);
    assert.match(
      line ?? "",
      /^speculative-config\.method: is "sufix", but must be one of ngram, .*; did you mean 'suffix'\?$/,
    );
    assert.deepEqual(others, [
      `speculative-config.num_speculative_token: is no field of vLLM ${version}; did you mean 'num_speculative_tokens'?`,
    ]);
  }
});

test("what vLLM fills in by itself is taken as unchecked, and never proposed", () => {
  assert.deepEqual(unchecked("speculative-config", { target_model_config: {}, "draft-model-config": 1 }), [
    "speculative-config.target_model_config: vLLM fills it in by itself; what it makes of another value is not known here",
    "speculative-config.draft-model-config: vLLM fills it in by itself; what it makes of another value is not known here",
  ]);
  for (const version of ["0.32.0", "0.32.1"]) {
    const [line] = told("speculative-config", { target_model_confg: {}, zzzzzzzz: 1 }, version);
    assert.doesNotMatch(line ?? "", /target_model_config/);
  }
});

test("what cannot be known is named by its place", () => {
  const reason = "vLLM does not take every value of it; which it takes, is not known here";
  assert.deepEqual(unchecked("compilation-config", { custom_ops: ["+rms_norm"], mode: 3 }), [
    `compilation-config.custom_ops: ${reason}`,
  ]);
});

test("numbers that were rounded when they were read, at their place; text is exact", () => {
  const group = { kv_port: 2 ** 53, ec_free: 1 };
  const most = "in this form, which rounds others: write the whole group as JSON text, in quotes";
  assert.deepEqual(
    told("kv-transfer-config", { kv_port: 2 ** 53, kv_connector_extra_config: { a: { b: -(2 ** 53) } } }),
    [
      `kv-transfer-config.kv_port: is 9007199254740992, but must be between -9007199254740991 and 9007199254740991 ${most}`,
      `kv-transfer-config.kv_connector_extra_config.a: is -9007199254740992, but must be between -9007199254740991 and 9007199254740991 ${most}`,
    ],
  );
  assert.deepEqual(told("kv-transfer-config", `{"kv_port": ${group.kv_port}}`), []);
  assert.deepEqual(told("ec-transfer-config", { ec_buffer_size: 1e20 }), []);
});

test("a version without a table: what both neighbours have, what one has, what none has, and choices", () => {
  const gap = "there is no flag table for vLLM 0.31.1";
  const look = "see docs/vllm-versions.md";
  assert.deepEqual(unchecked("compilation-config", { mode: 3, pass_config: { eliminate_noops: true } }, "0.31.1"), []);
  assert.deepEqual(told("compilation-config", { mode: [3] }, "0.31.1").length, 0);
  assert.deepEqual(unchecked("compilation-config", { pass_config: { enable_sp: true } }, "0.31.1"), [
    `compilation-config.pass_config.enable_sp: ${gap}: of 0.31.0 and 0.32.0, only 0.31.0 has it; ${look}`,
  ]);
  assert.deepEqual(told("compilation-config", { pass_config: { eliminate_noop: true } }, "0.31.1"), [
    `compilation-config.pass_config.eliminate_noop: did you mean 'eliminate_noops'? If not: ${gap}, and docs/vllm-versions.md says how to add it`,
  ]);
  assert.deepEqual(unchecked("compilation-config", { something_else: true }, "0.31.1"), [
    `compilation-config.something_else: ${gap}, and no such field in 0.31.0 and 0.32.0; ${look}`,
  ]);
  assert.deepEqual(unchecked("kv-transfer-config", { kv_role: "both" }, "0.31.1"), [
    'kv-transfer-config.kv_role: is "both", but must be one of kv_producer, kv_both, kv_consumer, unless 0.31.1 takes others',
  ]);
  assert.deepEqual(unchecked("compilation-config", { mode: 3 }, "0.33.1"), [
    `compilation-config: there is no flag table for vLLM 0.33.1: 0.33.0 has it; ${look}`,
  ]);
  assert.deepEqual(told("eplb-config", { window_size: "many" }, "0.33.1"), [
    'eplb-config.window_size: is "many", but must be a whole number, more than 0',
  ]);
});
