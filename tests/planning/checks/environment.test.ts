import assert from "node:assert/strict";
import { test } from "node:test";
import type { Tree } from "../../../config/tree.ts";
import { file, kinds, variantOf, wrong } from "../given.ts";

/** What is told of each variable that displaces something; of the first ones no acknowledgement is enough. */
const never: Readonly<Record<string, readonly string[]>> = {
  "is written by apiKey": ["VLLM_API_KEY"],
  "opens routes that anyone may call to stop, reset and reprogram the engine, and has no place on a server that others reach":
    ["VLLM_SERVER_DEV_MODE"],
  "puts another server before the engine, of whose key, drain and probes nothing is known here": [
    "VLLM_USE_RUST_FRONTEND",
  ],
  "belongs to replicas, each of which serves alone in one pod": [
    "SIZE",
    "RANK",
    "RANK_LOCAL",
    "MASTER_IP",
    "MASTER_PORT",
  ].map((name) => `VLLM_DP_${name}`),
  "is written by resources.memory": ["RUNAI_STREAMER_MEMORY_LIMIT"],
  "is written by aws:region": ["AWS_REGION", "AWS_DEFAULT_REGION"],
  "is a static key, and pods get credentials by EKS Pod Identity": [
    ...["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"],
  ],
};
const acknowledged: Readonly<Record<string, readonly string[]>> = {
  "takes the place of EKS Pod Identity, by which pods get their credentials": [
    ...["AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_ROLE_ARN"],
    ...["AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CREDENTIAL_FILE", "BOTO_CONFIG", "RUNAI_STREAMER_S3_UNSIGNED"],
    ...["AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"],
    ...["AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"],
  ],
  "lets the engine's processes run whatever code a message to them holds": ["VLLM_ALLOW_INSECURE_SERIALIZATION"],
  "gives every pod the same address, where each has its own": ["VLLM_HOST_IP"],
  "moves every cache of the engine from the volume that is there for them": ["HOME"],
  "takes the place of the user's name, which the program writes": ["USER"],
  "decides which programs are found, where the image knows its own": ["PATH"],
  "loads other libraries into every program of the container than its image says": [
    ...["LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT"],
  ],
  "has Python run other code than the image's own": ["PYTHONPATH", "PYTHONHOME", "PYTHONUSERBASE", "PYTHONSTARTUP"],
  "gives a pod GPUs of its node that others have, past the device plugin": ["NVIDIA_VISIBLE_DEVICES"],
  "hides GPUs of the pod that the plan reckons with": ["CUDA_VISIBLE_DEVICES"],
};
const groups = ["env", "secretEnv"] as const;
const sampleOf = (name: string) => (name.startsWith("VLLM_") ? "1" : "/x");
const setIn = (group: (typeof groups)[number], name: string, more: Tree = {}) => ({
  engine: { [group]: { [name]: sampleOf(name) }, ...more },
});

test("what displaces the program's own, and cannot be acknowledged, is refused in both groups", () => {
  for (const [does, names] of Object.entries(never))
    for (const name of names)
      for (const group of groups) {
        const said = `vllm:engine.${group}.${name} ${file}: ${does}; remove it here`;
        assert.deepEqual(wrong(setIn(group, name)), [said]);
        assert.deepEqual(kinds(setIn(group, name)), [["conflict", `engine.${group}.${name}`]]);
        assert.deepEqual(wrong(setIn(group, name, { acknowledge: [name] })).sort(), [
          `vllm:engine.acknowledge ${file}: names ${name}, which no acknowledgement makes acceptable; remove it`,
          said,
        ]);
      }
});

test("what someone may have a reason for is refused, or acknowledged by its name, and then in the pod", () => {
  for (const [does, names] of Object.entries(acknowledged))
    for (const name of names)
      for (const group of groups) {
        const reason = `${does}; remove it, or name it in engine.acknowledge`;
        assert.deepEqual(wrong(setIn(group, name)), [`vllm:engine.${group}.${name} ${file}: ${reason}`]);
        assert.deepEqual(kinds(setIn(group, name)), [["conflict", `engine.${group}.${name}`]]);
        // A token in plain text is another matter, and so is the path that has the program's own before it.
        if (group === "env" && name === "AWS_CONTAINER_AUTHORIZATION_TOKEN") continue;
        if (name === "PYTHONPATH") continue;
        const { pod } = variantOf(setIn(group, name, { acknowledge: [name] }));
        assert.equal(pod[group][name], group === "env" ? sampleOf(name) : `vllm:engine.secretEnv.${name}`);
      }
});

test("a Python path is joined with the program's own, so it is no secret, acknowledged or not", () =>
  assert.deepEqual(wrong(setIn("secretEnv", "PYTHONPATH", { acknowledge: ["PYTHONPATH"] })), [
    `vllm:engine.secretEnv.PYTHONPATH ${file}: has the program's own before it, so write it in plain text: engine.env`,
  ]));

test("an acknowledgement of what is not set, or displaces nothing as it is set, is told", () => {
  const told = (engine: Tree, why: string) =>
    assert.deepEqual(wrong({ engine }), [
      `vllm:engine.acknowledge ${file}: names ${(engine.acknowledge as string[])[0]}, which ${why}; remove it`,
    ]);
  told({ acknowledge: ["LD_PRELOAD"] }, "is not set");
  told({ acknowledge: ["AWS_ACCESS_KEY_ID"] }, "no acknowledgement makes acceptable");
  told({ env: { USER: "vllm" }, acknowledge: ["USER"] }, "needs no acknowledgement as it is set");
  told({ env: { VLLM_LOGGING_LEVEL: "INFO" }, acknowledge: ["VLLM_LOGGING_LEVEL"] }, "needs no acknowledgement");
});

test("what the program writes itself, every GPU of the pod, none on a CPU, and a switch that is off displace nothing", () => {
  assert.deepEqual(wrong({ engine: { env: { HOME: "/cache", USER: "vllm", HF_HUB_OFFLINE: "1" } } }), []);
  const devices = (gpu: Tree, env: Tree) => wrong({ gpu, engine: { env } }).length;
  const four = { product: "L4", count: 4 };
  for (const all of ["0,1,2,3", "0, 1, 2, 3", "3,2,1,0"])
    assert.equal(devices(four, { CUDA_VISIBLE_DEVICES: all }), 0, all);
  for (const some of ["0,1,2", "0", "GPU-1", "-1"])
    assert.equal(devices(four, { CUDA_VISIBLE_DEVICES: some }), 1, some);
  for (const none of ["void", "none"]) {
    assert.equal(devices({ count: 0 }, { NVIDIA_VISIBLE_DEVICES: none, CUDA_VISIBLE_DEVICES: "-1" }), 0);
    assert.equal(devices(four, { NVIDIA_VISIBLE_DEVICES: none }), 1);
  }
  for (const name of ["VLLM_SERVER_DEV_MODE", "VLLM_USE_RUST_FRONTEND", "VLLM_ALLOW_INSECURE_SERIALIZATION"]) {
    assert.deepEqual(wrong({ engine: { env: { [name]: "0" } } }), []);
    for (const value of ["1", "2", "true"]) assert.notEqual(wrong({ engine: { env: { [name]: value } } }).length, 0);
  }
});

test("what leads to S3 and to the outside is nobody's to acknowledge", () => {
  const env = {
    ...{ HTTPS_PROXY: "http://proxy:3128", NO_PROXY: "169.254.170.23", AWS_CA_BUNDLE: "/etc/ssl/proxy.pem" },
    ...{ AWS_ENDPOINT_URL: "https://vpce.example", AWS_ENDPOINT_URL_S3: "https://vpce.example" },
    ...{ AWS_EC2_METADATA_DISABLED: "true", AWS_USE_FIPS_ENDPOINT: "true", AWS_MAX_ATTEMPTS: 5 },
    ...{ HF_HOME: "/opt/hub", aws_profile: "not read by any SDK" },
  };
  assert.deepEqual(wrong({ engine: { env } }), []);
});

test("of what the program writes into every pod, only these are the user's to say without a word more", () => {
  const { pod } = variantOf({ gpu: { product: "L4", count: 2 } });
  const free = Object.keys({ ...pod.env, ...variantOf({ gpu: { count: 0 } }).pod.env }).filter(
    (name) => wrong({ engine: { env: { [name]: "7" } } }).length === 0,
  );
  assert.deepEqual(free, ["HF_HUB_OFFLINE", "VLLM_NO_USAGE_STATS", "VLLM_CPU_KVCACHE_SPACE"]);
});

test("a variable that is a secret by its name belongs, encrypted, into secretEnv", () => {
  for (const name of ["HF_TOKEN", "MY_API_KEY", "apikey", "DB_PASSWORD", "CLIENT_SECRET", "A_PRIVATE_KEY"]) {
    assert.deepEqual(wrong({ engine: { env: { [name]: "x" } } }), [
      `vllm:engine.env.${name} ${file}: is a secret in plain text, by its name; take it out and encrypt it: pulumi config set --secret --path vllm:engine.secretEnv.${name} (and take another value: this one is in the file's history)`,
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
