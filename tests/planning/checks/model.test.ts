import assert from "node:assert/strict";
import { test } from "node:test";
import type { Tree } from "../../../config/tree.ts";
import { least, plan, problemsOf } from "../../config/settings.ts";

/** What is refused of one model's settings, each beside what is taken. */

const file = "(Pulumi.prod.yaml)";
const wrong = (own: Tree, base: Tree = {}) => problemsOf(() => plan({ base, own: { ...least, ...own } }));
const model = (own: Tree) => {
  const [only] = plan({ own: { ...least, ...own } }).models;
  assert.ok(only);
  return only;
};
const args = (args: Tree, engine: Tree = {}) => ({ engine: { args, ...engine } });

test("a flag that this vLLM lacks, by name or by version", () => {
  assert.deepEqual(wrong(args({ "enable-prefix-cachin": true })), [
    `vllm:engine.args.enable-prefix-cachin ${file}: is no flag of vLLM 0.32.0; did you mean 'enable-prefix-caching'?`,
  ]);
  const [removed = ""] = wrong(args({ "calculate-kv-scales": true }));
  assert.match(
    removed,
    /^vllm:engine\.args\.calculate-kv-scales \(Pulumi\.prod\.yaml\): was removed in vLLM 0\.\d+\.0/,
  );
  assert.deepEqual(model(args({ "enable-prefix-caching": false })).args.slice(-1), ["--no-enable-prefix-caching"]);
});

test("a flag that is meant and belongs to a setting is told with the setting", () => {
  for (const name of ["served-model-nam", "tp", "max_model_len"])
    assert.match(
      wrong(args({ [name]: 1 }))[0] ?? wrong({ engine: { args: { [name]: 1 } } })[0] ?? "",
      name.includes("_") ? /without its dashes/ : /\(which belongs to /,
      name,
    );
});

test("a tag of vLLM's says the version that is checked; another image's tag is its own", () => {
  assert.deepEqual(wrong({ image: { tag: "v0.6.3" } }), [
    `vllm:image.tag ${file}: is v0.6.3, but engine.version is 0.32.0; set the version, and leave the tag out`,
  ]);
  assert.equal(wrong({ image: { repository: "r.example/mirror/vllm-openai", tag: "0.31.0-cu129" } }).length, 1);
  for (const image of [{ tag: "v0.32.0-cu129" }, { tag: "nightly" }, { repository: "r.example/llm", tag: "v0.6.3" }])
    assert.deepEqual(wrong({ image }), []);
});

test("what no instance holds is refused where EC2 makes the nodes, and nowhere else", () => {
  const gpu = { product: "L4", labels: "karpenter" };
  assert.deepEqual(wrong({ gpu, resources: { cpu: "193", memory: "769Gi" } }), [
    `vllm:resources.cpu ${file}: is 193, more than the 192 vCPUs of the largest instance type with 1 × L4`,
    `vllm:resources.memory ${file}: is 769Gi, more than the 768Gi of the largest instance type with 1 × L4`,
  ]);
  assert.deepEqual(wrong({ gpu, resources: { cpu: "192", memory: "768Gi" } }), []);
  assert.deepEqual(wrong({ resources: { cpu: "500", memory: "2Ti" } }), []);
});

test("a flag whose value is not of its type; several values and JSON where the flag takes them", () => {
  assert.equal(wrong(args({ "max-logprobs": "many" })).length, 1);
  assert.equal(wrong(args({ "max-logprobs": [5] })).length, 1);
  assert.equal(wrong(args({ "enforce-eager": 1 })).length, 1);
  const taken = model(args({ "lora-modules": ["a=/a", "b=/b"], "compilation-config": { mode: 3 } })).args;
  assert.deepEqual(taken.slice(-5), ["--compilation-config", '{"mode":3}', "--lora-modules", "a=/a", "b=/b"]);
});

test("text that spells true or false, as a secret arrives, is it where the flag takes no value", () => {
  const taken = model(args({ "enable-prefix-caching": "true", "enforce-eager": "false", "tool-call-parser": "true" }));
  assert.deepEqual(taken.args.slice(-4), [
    "--enable-prefix-caching",
    "--no-enforce-eager",
    ...["--tool-call-parser", "true"],
  ]);
  assert.equal(wrong(args({ "trust-remote-code": "true" })).length, 1, "and is refused like it");
});

test("a flag that the data cannot judge is taken, and named as unchecked", () => {
  const { unchecked, args: line } = model(args({ "device-ids": "0" }));
  assert.deepEqual(
    unchecked.map(({ flag }) => flag),
    ["device-ids"],
  );
  assert.deepEqual(line.slice(-2), ["--device-ids", "0"]);
  assert.deepEqual(model(args({ "max-logprobs": 5 })).unchecked, []);
});

test("known holes: below the floor each must be accepted by its name, and only such", () => {
  const [problem = "", ...others] = wrong({ engine: { version: "0.21.0" } });
  assert.deepEqual(others, []);
  assert.match(
    problem,
    /^vllm:engine\.version \(Pulumi\.prod\.yaml\): is 0\.21\.0, which has \d+ known holes: .*CVE-2026-48746/,
  );
  const names = [...new Set(problem.match(/CVE-\d+-\d+/g))];
  assert.deepEqual(wrong({ engine: { version: "0.21.0", acceptCves: names } }), []);
  assert.equal(wrong({ engine: { version: "0.21.0", acceptCves: names.slice(1) } }).length, 1);
  assert.equal(wrong({ engine: { acceptCves: ["CVE-2026-48746"] } }).length, 1, "0.32.0 does not have it");
  assert.deepEqual(wrong({ engine: { version: "0.32.0" } }), []);
});

test("code that comes with a model needs a reason; without the flag none", () => {
  assert.deepEqual(wrong(args({ "trust-remote-code": true })), [
    `vllm:engine.args.trust-remote-code ${file}: runs Python that comes with the model; say in engine.allowRemoteCode why that is acceptable, or remove it`,
  ]);
  const reason = { allowRemoteCode: "we reviewed it" };
  assert.deepEqual(model(args({ "trust-remote-code": true }, reason)).args.slice(-1), ["--trust-remote-code"]);
  assert.deepEqual(wrong(args({ "trust-remote-code": false })), []);
});

test("the metrics that autoscaling reads must be there", () => {
  const autoscaling = { min: 1, max: 2 };
  assert.deepEqual(wrong({ ...args({ "disable-log-stats": true }), autoscaling }), [
    `vllm:engine.args.disable-log-stats ${file}: takes away the metrics that autoscaling reads; remove one of them`,
  ]);
  assert.deepEqual(wrong(args({ "disable-log-stats": true })), []);
});

test("streaming needs an image with the streamer", () => {
  const told = (why: string) => [
    `vllm:delivery.kind ${file}: is 'stream', but the image has no streamer${why}; use 'copy'`,
  ];
  const delivery = { kind: "stream" };
  assert.deepEqual(wrong({ delivery, image: { streamer: false } }), told(" (image.streamer: false)"));
  assert.deepEqual(
    wrong({ delivery, gpu: { count: 0 } }),
    told(" (vLLM's CPU image does not; where yours does, set image.streamer: true)"),
  );
  for (const [own, streamed] of [
    [{ delivery }, true],
    [{ delivery, gpu: { count: 0 }, image: { streamer: true } }, true],
    [{ delivery: { kind: "copy" } }, false],
    [{ gpu: { count: 0 } }, false],
    [{ image: { streamer: false } }, false],
    [{ gpu: { count: 0 }, image: { streamer: true } }, true],
  ] as const)
    assert.equal(model(own).streamed, streamed, JSON.stringify(own));
});

const refusedVariables: readonly [string, string][] = [
  ["VLLM_API_KEY", "is written by apiKey; remove it here"],
  [
    "VLLM_SERVER_DEV_MODE",
    "opens routes that anyone may call to stop, reset and reprogram the engine; it has no place on a server that others reach, remove it",
  ],
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
    test(`${name} is refused in engine.${group}`, () =>
      assert.deepEqual(wrong({ engine: { [group]: { [name]: "x" } } }), [
        `vllm:engine.${group}.${name} ${file}: ${message}`,
      ]));

test("a variable that is a secret by its name belongs, encrypted, into secretEnv", () => {
  for (const name of ["HF_TOKEN", "MY_API_KEY", "apikey", "DB_PASSWORD", "CLIENT_SECRET", "A_PRIVATE_KEY"])
    assert.deepEqual(wrong({ engine: { env: { [name]: "x" } } }), [
      `vllm:engine.env.${name} ${file}: is a secret in plain text, by its name; take it out and encrypt it: pulumi config set --secret --path vllm:engine.secretEnv.${name}`,
    ]);
  for (const name of ["TOKENIZERS_PARALLELISM", "MAX_TOKENS", "TOKEN_FILE", "SECRETARY", "KEY"])
    assert.deepEqual(wrong({ engine: { env: { [name]: "x" } } }), []);
  assert.deepEqual(wrong({ engine: { env: { HEADERS_OF_MINE: "authorization=abc" } } }), [
    `vllm:engine.env.HEADERS_OF_MINE ${file}: is a secret in plain text, by its form; take it out and encrypt it: pulumi config set --secret --path vllm:engine.secretEnv.HEADERS_OF_MINE`,
  ]);
  const config = { "kv-transfer-config": { password: "hunter2" } };
  const [told = "", ...others] = wrong(args(config));
  assert.deepEqual(others, []);
  assert.match(told, /^vllm:engine\.args\.kv-transfer-config \(Pulumi\.prod\.yaml\): holds a secret, by its form/);
  assert.doesNotMatch(told, /hunter2/);
  assert.deepEqual(wrong({ engine: { env: { A: "x" }, secretEnv: { A: "y" } } }), [
    `vllm:engine.env.A ${file}: stands in engine.secretEnv too; keep one of them`,
  ]);
});

test("labels: the program's own are not for the user, nor the node labels that the GPU's settings write", () => {
  for (const key of ["name", "instance", "component", "managed-by"].map((key) => `app.kubernetes.io/${key}`))
    assert.deepEqual(wrong({ labels: { mine: "x" } }, { labels: { [key]: "x" } }), [
      `vllm:base.labels.${key} (Pulumi.yaml): is written by the program, which selects by it; remove it here`,
    ]);
  assert.deepEqual(wrong({ labels: { "app.kubernetes.io/part-of": "search" } }), []);
  const key = "nvidia.com/gpu.product";
  assert.deepEqual(wrong({ scheduling: { nodeSelector: { [key]: "x" } } }), [
    `vllm:scheduling.nodeSelector.${key} ${file}: is written by gpu.product and gpu.labels; remove it here`,
  ]);
  const karpenter = { gpu: { product: "L4", labels: "karpenter" } };
  assert.deepEqual(wrong({ ...karpenter, scheduling: { nodeSelector: { [key]: "x" } } }), []);
});

const shape = {
  parameters: "8.19B",
  layers: 36,
  hiddenSize: 4096,
  attentionHeads: 32,
  keyValueHeads: 8,
  headSize: 128,
};

test("the fit: refused where the model does not fit, told how far off and what would fit", () => {
  const engine = { maxModelLen: 8192 };
  assert.equal(model({ shape, engine }).fit.checked, true);
  const [problem = "", ...others] = wrong({ shape, engine, gpu: { product: "T4" } });
  assert.deepEqual(others, []);
  assert.match(
    problem,
    /^vllm:gpu\.product \(Pulumi\.prod\.yaml\): the model does not fit: \d+\.\d GiB a GPU are missing \(weights 15\.3 GiB, .*; it would fit with 2 × T4 or 1 × /,
  );
  const [longer = ""] = wrong({ shape, engine: { maxModelLen: 40_000 } });
  assert.match(
    longer,
    /it would fit with engine\.maxModelLen at most \d+, or with engine\.args\.kv-cache-dtype: fp8, or with/,
  );
  assert.deepEqual(wrong({ shape, engine: { maxModelLen: 30_000, args: { "kv-cache-dtype": "fp8" } } }), []);
  assert.deepEqual(wrong({ shape, engine, gpu: { product: "T4", count: 2 } }), []);
});

test("the fit in a CPU pod's memory", () => {
  const own = { shape, gpu: { count: 0 }, engine: { maxModelLen: 4096 } };
  assert.match(
    wrong(own)[0] ?? "",
    /^vllm:resources\.memory \(Pulumi\.prod\.yaml\): the model does not fit: \d+\.\d GiB are missing/,
  );
  const { fit } = model({ ...own, resources: { memory: "32Gi" } });
  assert.ok(fit.checked && fit.fits && fit.product === "none" && fit.gpus === 0);
});

test("a shape that tells too little, heads that cannot be shared out, a context longer than the model's", () => {
  const needs =
    "the fit needs layers, hiddenSize, attentionHeads, and parameters or weightBytes; leave shape out to go without";
  assert.deepEqual(wrong({ shape: { layers: 36 } }), [
    `vllm:shape.hiddenSize ${file}: is not set; ${needs}`,
    `vllm:shape.attentionHeads ${file}: is not set; ${needs}`,
    `vllm:shape.parameters ${file}: is not set; ${needs}`,
  ]);
  assert.deepEqual(wrong({ shape: { ...shape, slidingWindow: { size: 1024 } }, engine: { maxModelLen: 1024 } }), [
    `vllm:shape.slidingWindow.layers ${file}: is not set; a window needs its size and the number of its layers`,
  ]);
  const odd = { ...shape, attentionHeads: 20, keyValueHeads: 20 };
  const engine = { maxModelLen: 1024 };
  assert.deepEqual(wrong({ shape: odd, engine, gpu: { product: "L4", count: 8 } }), [
    `vllm:gpu.count ${file}: the model's 20 attention heads cannot be shared out over 8 GPUs; possible are 1, 2, 4, 5, 10`,
  ]);
  assert.deepEqual(wrong({ shape: { ...shape, contextLength: 4096 }, engine: { maxModelLen: 4097 } }), [
    `vllm:engine.maxModelLen ${file}: is 4097, longer than the model's context (shape.contextLength: 4096), which vLLM refuses; a model that can be stretched takes engine.args.hf-overrides`,
  ]);
  assert.deepEqual(wrong({ shape: { ...shape, contextLength: 4096 }, engine: { maxModelLen: 4096 } }), []);
});

test("without a shape, or a context, the plan says that the fit was not checked", () => {
  assert.deepEqual(model({}).fit, {
    checked: false,
    reason: "shape is not set: the facts of the model's config.json tell whether it fits",
  });
  assert.deepEqual(model({ shape }).fit, {
    checked: false,
    reason: "neither engine.maxModelLen nor shape.contextLength is set: there is no context",
  });
});

test("known weights shorten the start-up that is reckoned with; without them the GPUs bound it", () => {
  const engine = { maxModelLen: 1024 };
  assert.equal(model({}).budgets.startup, 780);
  assert.equal(model({ shape, engine }).budgets.startup, 731);
  assert.equal(model({ shape: { ...shape, quantization: "fp8" }, engine }).budgets.startup, 678);
});
