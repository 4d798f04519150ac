import assert from "node:assert/strict";
import { test } from "node:test";
import { resolveSettings } from "../../../config/settings.ts";
import type { Tree } from "../../../config/tree.ts";
import { advisoriesOf } from "../../../planning/engine/vllm/advisories.ts";
import type { ArgumentValue } from "../../../planning/engine/vllm/flags.ts";
import { planStack } from "../../../planning/plan.ts";
import { least, problemsOf } from "../../config/settings.ts";
import { file, kinds, variantOf, wrong } from "../given.ts";

const args = (args: Tree, engine: Tree = {}) => ({ engine: { args, ...engine } });
/** The command line without its last flag, the program's own middleware. */
const lineOf = (own: Tree) => variantOf(own).pod.args.slice(0, -2);

test("a flag that this vLLM lacks, by name or by version", () => {
  assert.deepEqual(wrong(args({ "enable-prefix-cachin": true })), [
    `vllm:engine.args.enable-prefix-cachin ${file}: is no flag of vLLM 0.32.0; did you mean 'enable-prefix-caching'?`,
  ]);
  assert.deepEqual(kinds(args({ "enable-prefix-cachin": true })), [["flag", "engine.args.enable-prefix-cachin"]]);
  const [removed = ""] = wrong(args({ "calculate-kv-scales": true }));
  assert.match(
    removed,
    /^vllm:engine\.args\.calculate-kv-scales \(Pulumi\.prod\.yaml\): was removed in vLLM 0\.\d+\.0/,
  );
  assert.deepEqual(lineOf(args({ "enable-prefix-caching": false })).slice(-1), ["--no-enable-prefix-caching"]);
});

test("a flag that is meant and belongs to a setting is told with the setting", () => {
  for (const name of ["served-model-nam", "tp", "max_model_len", "--port"])
    assert.match(wrong(args({ [name]: 1 }))[0] ?? "", /\(which belongs to /, name);
  assert.deepEqual(wrong(args({ enable_prefix_caching: true, "compilation-config.mode": 3, "--enable-lora": true })), [
    `vllm:engine.args.enable_prefix_caching ${file}: is written 'enable-prefix-caching' here`,
    `vllm:engine.args.compilation-config.mode ${file}: belongs into the group 'compilation-config': compilation-config: {mode: …}`,
    `vllm:engine.args.--enable-lora ${file}: is written 'enable-lora' here`,
  ]);
});

test("a flag whose value is not of its type; several values and JSON where the flag takes them", () => {
  assert.equal(wrong(args({ "max-logprobs": "many" })).length, 1);
  assert.equal(wrong(args({ "max-logprobs": [5] })).length, 1);
  assert.equal(wrong(args({ "enforce-eager": 1 })).length, 1);
  const taken = lineOf(args({ "cudagraph-capture-sizes": [1, 2], "compilation-config": { mode: 3 } }));
  assert.deepEqual(taken.slice(-5), ["--compilation-config", '{"mode":3}', "--cudagraph-capture-sizes", "1", "2"]);
});

test("what is wrong in a group is told at its place, in the file that it stands in; as JSON text too", () => {
  const inBase = (group: unknown) => wrong({}, args({ "compilation-config": group }));
  const told =
    "vllm:base.engine.args.compilation-config.pass_config.enable_sp (Pulumi.yaml): is no field of vLLM 0.32.0; 0.31.0 was the last to have it";
  assert.deepEqual(inBase({ pass_config: { fuse_norm_quant: true, enable_sp: true } }), [told]);
  assert.deepEqual(inBase('{"pass_config":{"enable_sp":true}}'), [told]);
  const layered = wrong(
    args({ "kv-transfer-config": { kv_connector: "X" } }),
    args({ "kv-transfer-config": { kv_port: 1 } }),
  );
  assert.deepEqual(layered, [
    `vllm:engine.args.kv-transfer-config.kv_connector ${file}: is X, which needs 'kv_role' beside it: "kv_producer" or "kv_both" or "kv_consumer"`,
  ]);
  assert.deepEqual(kinds(args({ "eplb-config": { windowsize: 1 } })), [["flag", "engine.args.eplb-config.windowsize"]]);
});

/** The plan of settings of which some paths are encrypted where they are written. */
const encryptedPlan = (tree: Tree, encrypted: string[][]) => {
  const sources = [{ name: "stack", file: "Pulumi.prod.yaml", prefix: "vllm:", tree, encrypted }];
  return planStack(resolveSettings({ stack: "prod", region: "eu-west-1", sources }));
};

test("of an encrypted group no message shows what is in it", () => {
  const own = { ...least, engine: { args: { "eplb-config": '{"policy":"defaul"}' } } };
  const encrypted = [["engine", "args", "eplb-config"]];
  assert.deepEqual(
    problemsOf(() => encryptedPlan(own, encrypted)),
    [`vllm:engine.args.eplb-config.policy ${file}: is [secret], but must be one of default`],
  );
});

test("lists of groups, and what is given once for each value", () => {
  const taken = lineOf(
    args({
      "enable-lora": true,
      "lora-modules": [{ name: "sql", path: "/opt/a" }, "b=/opt/b"],
      middleware: ["a.B", "c.D"],
    }),
  );
  assert.deepEqual(taken.slice(-7), [
    ...["--lora-modules", '{"name":"sql","path":"/opt/a"}', "b=/opt/b"],
    ...["--middleware", "a.B", "--middleware", "c.D"],
  ]);
});

test("text that spells true or false, as a secret arrives, is it where the flag takes no value", () => {
  const taken = lineOf(args({ "enable-prefix-caching": "true", "enforce-eager": "false", "tool-call-parser": "true" }));
  assert.deepEqual(taken.slice(-4), [
    "--enable-prefix-caching",
    "--no-enforce-eager",
    ...["--tool-call-parser", "true"],
  ]);
  assert.equal(wrong(args({ "trust-remote-code": "true" })).length, 1, "and is refused like it");
});

test("a flag that the data cannot judge is taken, and named as unchecked", () => {
  const { facts, pod } = variantOf(args({ "device-ids": "0" }));
  assert.deepEqual(
    facts.unchecked.map(({ flag }) => flag),
    ["device-ids"],
  );
  assert.deepEqual(pod.args.slice(-4, -2), ["--device-ids", "0"]);
  assert.deepEqual(variantOf(args({ "max-logprobs": 5 })).facts.unchecked, []);
});

test("known holes: below the floor each must be accepted by its name, and only such", () => {
  const [problem = "", ...others] = wrong({ engine: { version: "0.21.0" } });
  assert.deepEqual(others, []);
  assert.match(
    problem,
    /^vllm:engine\.version \(Pulumi\.prod\.yaml\): is 0\.21\.0, which has \d+ known holes: .*CVE-2026-48746/,
  );
  const names = advisoriesOf("0.21.0").map(({ cve }) => cve);
  assert.deepEqual(kinds({ engine: { version: "0.21.0" } }), [["advisory", "engine.version"]]);
  assert.deepEqual(wrong({ engine: { version: "0.21.0", acceptCves: names } }), []);
  assert.equal(wrong({ engine: { version: "0.21.0", acceptCves: names.slice(1) } }).length, 1);
  assert.equal(wrong({ engine: { acceptCves: ["CVE-2026-48746"] } }).length, 1, "0.32.0 does not have it");
  assert.deepEqual(wrong({ engine: { version: "0.32.0" } }), []);
});

test("code that comes with a model needs a reason; without the flag none", () => {
  assert.deepEqual(wrong(args({ "trust-remote-code": true })), [
    `vllm:engine.args.trust-remote-code ${file}: runs Python that comes with the model; say in engine.allowRemoteCode why that is acceptable, or remove it`,
  ]);
  assert.deepEqual(kinds(args({ "trust-remote-code": true })), [["conflict", "engine.args.trust-remote-code"]]);
  const reason = { allowRemoteCode: "we reviewed it" };
  assert.deepEqual(lineOf(args({ "trust-remote-code": true }, reason)).slice(-1), ["--trust-remote-code"]);
  assert.deepEqual(wrong(args({ "trust-remote-code": false })), []);
});

test("a flag that holds a secret is refused for that alone, whatever it takes", () => {
  for (const flag of ["max-num-batched-tokens", "dtype", "enforce-eager", "no-such-flag-at-all"]) {
    const problems = wrong(args({ [flag]: "sk-abcdefghijklmnop" }));
    assert.equal(problems.length, 1, problems.join("\n"));
    assert.match(problems[0] ?? "", /: holds a secret, by its form, and everyone/);
    assert.doesNotMatch(problems.join("\n"), /abcdef/);
  }
});

test("what is encrypted where it is written is in no message of the plan", () => {
  const own: Tree = {
    ...least,
    resources: { memory: "1Gi" },
    engine: { args: { "kv-cache-dtype": "hunter2", "max-logprobs": "hunter2" } },
  };
  const encrypted = [["resources"], ["engine", "args"]];
  const told = problemsOf(() => encryptedPlan(own, encrypted));
  assert.deepEqual(told.slice(1), [
    "vllm:engine.args.max-logprobs (Pulumi.prod.yaml): is [secret], but must be a whole number",
    "vllm:resources.memory (Pulumi.prod.yaml): is [secret], too little for vLLM (engine 1.0 GiB, workers 4.0 GiB, /dev/shm 2.0 GiB, streamer 1.0 GiB); at least 8Gi",
  ]);
  assert.match(told[0] ?? "", /kv-cache-dtype \(Pulumi\.prod\.yaml\): is \[secret\], but must be one of auto, /);
});

test("nor in the words of a rule, nor in what is not known", () => {
  const args: Tree = {
    tokenizer: "hunter2/x",
    "compilation-config": '{"custom_ops": ["hunter2"]}',
    "attention-backend": "hunter2",
    "tool-call-parser": "hunter2",
  };
  const planOf = (flags: Tree, encrypted: string[][]) => () =>
    encryptedPlan({ ...least, engine: { args: flags, env: { VLLM_PLUGINS: "mine" } } }, encrypted);
  const shown = problemsOf(planOf(args, []));
  assert.equal(shown.filter((line) => line.includes("hunter2")).length, 2);
  const hidden = problemsOf(planOf(args, [["engine", "args"]]));
  assert.deepEqual(
    hidden,
    shown.map((line) => line.replaceAll("hunter2", "[secret]").replace("[secret]/x", "[secret]")),
  );
  const unchecked = (encrypted: string[][]) =>
    planOf({ "attention-backend": "hunter2" }, encrypted)().models[0]?.variants[0].facts.unchecked;
  const reason = "whether what VLLM_PLUGINS names brings 'hunter2'";
  assert.deepEqual(unchecked([]), [{ flag: "attention-backend", reason }]);
  assert.deepEqual(unchecked([["engine", "args"]]), [
    { flag: "attention-backend", reason: reason.replace("hunter2", "[secret]") },
  ]);
});

test("nor what stands beside a number in vLLM's own writing, which JSON has not", () => {
  const group = '{"max_cudagraph_capture_size": 14k, "custom_ops": ["hunter2"]}';
  const tree = { ...least, engine: { args: { "compilation-config": group } } };
  const told = (encrypted: string[][]) => problemsOf(() => encryptedPlan(tree, encrypted)).join("\n");
  assert.match(told([]), /hunter2/);
  assert.match(told([["engine", "args"]]), /\[secret\]/);
  assert.doesNotMatch(told([["engine", "args"]]), /hunter2/);
});

test("a flag that holds a secret is refused, and its value is not told", () => {
  const own = args({ "kv-transfer-config": { password: "hunter2" } });
  const [told = "", ...others] = wrong(own);
  assert.deepEqual(others, []);
  assert.match(told, /^vllm:engine\.args\.kv-transfer-config \(Pulumi\.prod\.yaml\): holds a secret, by its form/);
  assert.doesNotMatch(told, /hunter2/);
  assert.deepEqual(kinds(own), [["secret", "engine.args.kv-transfer-config"]]);
});

test("what only sounds like a secret is taken, and reaches the command line", () => {
  const template = "{%- set tool_call_token='<tool_call>' -%}{% if token=='x' %}{{ f(auth=auth) }}{% endif %}";
  const good: [Record<string, ArgumentValue>, string[]][] = [
    [
      { "enable-lora": true, "lora-modules": ["auth=/opt/auth"] },
      ["--enable-lora", "--lora-modules", "auth=/opt/auth"],
    ],
    [{ "chat-template": template }, ["--chat-template", template]],
    [
      { "additional-config": { no_token: 9693, yes_token: 2152 } },
      ["--additional-config", '{"no_token":9693,"yes_token":2152}'],
    ],
  ];
  for (const [flags, words] of good) assert.deepEqual(lineOf(args(flags)).slice(-words.length), words);
  const slip = { method: "ngram", num_speculative_token: 4 };
  // And of a group that is wrong no rule says what follows.
  assert.deepEqual(kinds(args({ "speculative-config": slip })), [
    ["flag", "engine.args.speculative-config.num_speculative_token"],
  ]);
});

test("what several GPUs load they share; the user's own words to the loader are kept", () => {
  const flag = "model-loader-extra-config";
  const written = (gpu: Tree, own?: unknown) =>
    lineOf({ gpu, engine: { args: own === undefined ? {} : { [flag]: own } } }).flatMap((word, at, line) =>
      word === `--${flag}` ? [line[at + 1]] : [],
    );
  const [one, two, cpu] = [{ product: "L4" }, { product: "L4", count: 2 }, { count: 0 }];
  assert.deepEqual(written(one), []);
  assert.deepEqual(written(cpu), []);
  assert.deepEqual(written(two), ['{"distributed":true}']);
  for (const own of [{ concurrency: 16 }, '{"concurrency": 16}'])
    assert.deepEqual(written(two, own), ['{"concurrency":16,"distributed":true}']);
  assert.deepEqual(written(one, { concurrency: 16 }), ['{"concurrency":16}']);
  assert.deepEqual(written(cpu, { num_threads: 8 }), ['{"num_threads":8}']);
});

test("the loader may not be told what the plan decides, or what it does not take", () => {
  const flag = "model-loader-extra-config";
  const told = (gpu: Tree, value: unknown, delivery: Tree = {}) =>
    wrong({ gpu, delivery, engine: { args: { [flag]: value } } });
  const line = (reason: string) => [`vllm:engine.args.${flag} ${file}: ${reason}`];
  for (const count of [1, 2]) {
    const gpu = { product: "L4", count };
    const memory =
      "has 'memory_limit', which is written by resources.memory, of which the streamer has its part; remove it there";
    assert.deepEqual(told(gpu, { memory_limit: -1, concurrency: 4 }), line(memory));
    assert.deepEqual(told(gpu, '{"memory_limit":1}'), line(memory));
    assert.deepEqual(
      told(gpu, { distributed: false }),
      line(
        "has 'distributed', which is written by gpu.count, so that the GPUs share what is streamed; remove it there",
      ),
    );
    assert.deepEqual(
      told(gpu, { threads: 4 }),
      line("has 'threads', which this loader does not take; it takes concurrency"),
    );
    for (const concurrency of [0, 1.5, "16"])
      assert.deepEqual(told(gpu, { concurrency }), line("has a concurrency that is not a whole number of at least 1"));
    assert.deepEqual(told(gpu, "fast"), line("must be a group"));
    assert.deepEqual(
      told(gpu, { concurrency: 4 }, { kind: "copy" }),
      line(
        "has 'concurrency', which this loader does not take; it takes enable_multithread_load, num_threads, enable_weights_track",
      ),
    );
  }
});

test("a field of a group that is called as a flag belongs to no setting", () => {
  const [told = ""] = wrong(args({ "speculative-config": { mode: "x", method: "ngram", num_speculative_tokens: 1 } }));
  assert.match(told, /speculative-config\.mode .*: is no field of vLLM 0\.32\.0; did you mean 'model'\?$/);
});
