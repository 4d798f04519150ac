import assert from "node:assert/strict";
import { test } from "node:test";
import type { Tree } from "../../../config/tree.ts";
import { file, kinds, variantOf, wrong } from "../given.ts";

const refusedVariables: readonly [string, string][] = [
  ["VLLM_API_KEY", "is written by apiKey; remove it here"],
  [
    "VLLM_SERVER_DEV_MODE",
    "opens routes that anyone may call to stop, reset and reprogram the engine; it has no place on a server that others reach, remove it",
  ],
  [
    "VLLM_USE_RUST_FRONTEND",
    "puts another server before the engine, of whose key, drain and probes nothing is known here; remove it",
  ],
  ...["SIZE", "RANK", "RANK_LOCAL", "MASTER_IP", "MASTER_PORT"].map((name): [string, string] => [
    `VLLM_DP_${name}`,
    "belongs to replicas, each of which serves alone in one pod; remove it here",
  ]),
  ["RUNAI_STREAMER_MEMORY_LIMIT", "is written by resources.memory; remove it here"],
  ["AWS_REGION", "is written by aws:region; remove it here"],
  ["AWS_DEFAULT_REGION", "is written by aws:region; remove it here"],
  ...["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"].map((name): [string, string] => [
    name,
    "is a static key; pods get credentials by EKS Pod Identity, remove it",
  ]),
];
for (const [name, message] of refusedVariables)
  for (const group of ["env", "secretEnv"])
    test(`${name} is refused in engine.${group}`, () => {
      const own = { engine: { [group]: { [name]: "x" } } };
      assert.deepEqual(wrong(own), [`vllm:engine.${group}.${name} ${file}: ${message}`]);
      assert.deepEqual(kinds(own), [["conflict", `engine.${group}.${name}`]]);
    });

test("a variable that is a secret by its name belongs, encrypted, into secretEnv", () => {
  for (const name of ["HF_TOKEN", "MY_API_KEY", "apikey", "DB_PASSWORD", "CLIENT_SECRET", "A_PRIVATE_KEY"]) {
    assert.deepEqual(wrong({ engine: { env: { [name]: "x" } } }), [
      `vllm:engine.env.${name} ${file}: is a secret in plain text, by its name; take it out and encrypt it: pulumi config set --secret --path vllm:engine.secretEnv.${name}`,
    ]);
    assert.deepEqual(kinds({ engine: { env: { [name]: "x" } } }), [["secret", `engine.env.${name}`]]);
  }
  for (const env of [{ S3_TOKEN: "/var/run/secrets/token" }, { OTEL_AUTH: "none" }, { YES_TOKEN: 2152 }])
    assert.deepEqual(wrong({ engine: { env } }), []);
  for (const name of ["TOKENIZERS_PARALLELISM", "MAX_TOKENS", "TOKEN_FILE", "SECRETARY", "KEY"])
    assert.deepEqual(wrong({ engine: { env: { [name]: "x" } } }), []);
  assert.deepEqual(wrong({ engine: { env: { HEADERS_OF_MINE: "authorization=abc" } } }), [
    `vllm:engine.env.HEADERS_OF_MINE ${file}: is a secret in plain text, by its form; take it out and encrypt it: pulumi config set --secret --path vllm:engine.secretEnv.HEADERS_OF_MINE (and take another value: this one is in the file's history)`,
  ]);
});

test("a variable stands in one of the two groups", () => {
  const own = { engine: { env: { A: "x" }, secretEnv: { A: "y" } } };
  assert.deepEqual(wrong(own), [`vllm:engine.env.A ${file}: stands in engine.secretEnv too; keep one of them`]);
  assert.deepEqual(kinds(own), [["exclusive", "engine.env.A"]]);
});

test("a secret is told without its value", () => {
  for (const own of [
    { engine: { env: { HF_TOKEN: "hunter2" } } },
    { engine: { env: { VLLM_API_KEY: "hunter2" } } },
    { engine: { env: { A: "hunter2" }, secretEnv: { A: "hunter2" } } },
  ])
    assert.doesNotMatch(wrong(own).join("\n"), /hunter2|^$/);
});

const whole = "a whole number";
const wrongValues: readonly [name: string, value: string, allowed: string][] = [
  ...["1.5", "0.5", "2GiB", "1e1"].map((value): [string, string, string] => ["VLLM_CPU_KVCACHE_SPACE", value, whole]),
  ["VLLM_PORT", "tcp://10.0.0.1:80", whole],
  ["VLLM_USE_V2_MODEL_RUNNER", "true", whole],
  ["VLLM_BATCH_INVARIANT", "yes", whole],
  ["VLLM_LOG_STATS_INTERVAL", "often", "a number"],
  ["VLLM_WORKER_MULTIPROC_METHOD", "SPAWN", "'spawn' or 'fork'"],
  ["VLLM_FLOAT32_MATMUL_PRECISION", "low", "'highest' or 'high' or 'medium'"],
  ["VLLM_GPT_OSS_SYSTEM_TOOL_MCP_LABELS", "a", "'container' or 'code_interpreter' or 'web_search_preview'"],
  [
    "VLLM_LOGGING_LEVEL",
    "chatty",
    "'CRITICAL' or 'FATAL' or 'ERROR' or 'WARNING' or 'WARN' or 'INFO' or 'DEBUG' or 'NOTSET'",
  ],
];
for (const [name, value, allowed] of wrongValues)
  test(`${name}=${value} would end vLLM when it starts`, () => {
    const own = { engine: { env: { [name]: value } } };
    const [told = "", ...others] = wrong(own);
    assert.deepEqual(others, []);
    const line = `vllm:engine.env.${name} ${file}: is "${value}", but must be ${allowed}`;
    assert.equal(told.replace(/; did you mean '\w+'\?$/, ""), line);
    assert.deepEqual(kinds(own), [["invalid", `engine.env.${name}`]]);
  });

test("values that vLLM takes", () => {
  const env = {
    ...{ VLLM_CPU_KVCACHE_SPACE: "2", VLLM_PORT: " 1_0 ", VLLM_LOG_STATS_INTERVAL: "1e1" },
    ...{ VLLM_FLOAT32_MATMUL_PRECISION: "HIGH", VLLM_LOGGING_LEVEL: "debug", VLLM_USE_MODELSCOPE: "maybe" },
    VLLM_GPT_OSS_SYSTEM_TOOL_MCP_LABELS: "container, code_interpreter",
  };
  const { unchecked } = variantOf({ engine: { env } }).facts;
  assert.deepEqual([wrong({ engine: { env } }), unchecked], [[], []]);
});

test("a variable by its version", () => {
  const layout = (version: string) => wrong({ engine: { version, env: { VLLM_KV_CACHE_LAYOUT: "LBNHC" } } });
  assert.deepEqual(layout("0.32.0"), []);
  assert.equal(layout("0.28.0").length, 1);
  assert.deepEqual(layout("0.99.0"), []);
});

test("a variable that vLLM does not know is no mistake, and is told", () => {
  const told = (env: Tree, more: Tree = {}) => variantOf({ engine: { env, ...more } }).facts.unchecked;
  assert.deepEqual(told({ VLLM_LOGING_LEVEL: "x", MINE: "x" }), [
    {
      flag: "VLLM_LOGING_LEVEL",
      reason: "vLLM 0.32.0 has no such variable, and only warns of it; did you mean 'VLLM_LOGGING_LEVEL'?",
    },
  ]);
  assert.deepEqual(
    told({ VLLM_USE_V1: "1" }).map(({ flag }) => flag),
    ["VLLM_USE_V1"],
  );
  assert.deepEqual(told({ VLLM_LOGING_LEVEL: "x" }, { version: "0.99.0" }), []);
  const reason = (name: string, version?: string) =>
    told({ [name]: "blake3" }, version ? { version } : {}).map(({ reason }) =>
      reason.replace(/^.*only warns of it;? ?/, ""),
    );
  assert.deepEqual(reason("VLLM_ATTENTION_BACKEND"), ["write engine.args.attention-backend instead"]);
  assert.deepEqual(reason("VLLM_USE_V1"), [""]);
  assert.deepEqual(reason("VLLM_MM_HASHER_ALGORITHM", "0.29.0"), []);
  assert.deepEqual(reason("VLLM_MM_HASHER_ALGORITHM"), ["write engine.args.mm-hasher-algorithm instead"]);
  assert.deepEqual(reason("VLLM_CPU_SGL_KERNEL"), ["0.27.1 was the last to have it"]);
  assert.deepEqual(reason("VLLM_ENABLE_GEMM_RS", "0.29.0"), ["0.31.0 is the first to have it"]);
  const strict = { engine: { env: { VLLM_USE_V1: "1" }, args: { "fail-on-environ-validation": true } } };
  assert.deepEqual(wrong(strict), [
    `vllm:engine.env.VLLM_USE_V1 ${file}: is no variable of vLLM 0.32.0, and 'fail-on-environ-validation' refuses it; remove one of them`,
  ]);
  assert.deepEqual(wrong({ engine: { ...strict.engine, env: { VLLM_ALL2ALL_BACKEND: "naive" } } }), [
    `vllm:engine.env.VLLM_ALL2ALL_BACKEND ${file}: is no variable of vLLM 0.32.0, and 'fail-on-environ-validation' refuses it; write engine.args.all2all-backend instead`,
  ]);
});

test("one engine is what replicas say, by variables as by flags, and is written nowhere else", () => {
  const reason = "belongs to replicas, each of which serves alone in one pod; remove it here";
  for (const [name, value] of [
    ["VLLM_DP_SIZE", "1"],
    ["VLLM_DP_RANK", "0"],
    ["VLLM_DP_RANK_LOCAL", "0"],
  ] as const)
    assert.deepEqual(wrong({ engine: { env: { [name]: value } } }), [`vllm:engine.env.${name} ${file}: ${reason}`]);
  for (const [flag, value] of [
    ["data-parallel-size", 1],
    ["data-parallel-rank", 0],
    ["nnodes", 1],
  ] as const)
    assert.deepEqual(wrong({ engine: { args: { [flag]: value } } }), [`vllm:engine.args.${flag} ${file}: ${reason}`]);
});

test("a mode that is turned off opens nothing", () => {
  for (const name of ["VLLM_SERVER_DEV_MODE", "VLLM_USE_RUST_FRONTEND"]) {
    assert.deepEqual(wrong({ engine: { env: { [name]: "0" } } }), []);
    for (const value of ["1", "2", "true"]) assert.equal(wrong({ engine: { env: { [name]: value } } }).length, 1);
  }
});
