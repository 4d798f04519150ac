import assert from "node:assert/strict";
import { test } from "node:test";
import { resolveSettings } from "../../../config/settings.ts";
import type { Tree } from "../../../config/tree.ts";
import type { ArgumentValue } from "../../../planning/engine/vllm/flags.ts";
import { planStack } from "../../../planning/plan.ts";
import { least, problemsOf } from "../../config/settings.ts";
import { file, kinds, variantOf, wrong } from "../given.ts";

const args = (args: Tree, engine: Tree = {}) => ({ engine: { args, ...engine } });
const lineOf = (own: Tree) => variantOf(own).pod.args;

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
  for (const name of ["served-model-nam", "tp", "max_model_len"])
    assert.match(
      wrong(args({ [name]: 1 }))[0] ?? "",
      name.includes("_") ? /without its dashes/ : /\(which belongs to /,
      name,
    );
});

test("a flag whose value is not of its type; several values and JSON where the flag takes them", () => {
  assert.equal(wrong(args({ "max-logprobs": "many" })).length, 1);
  assert.equal(wrong(args({ "max-logprobs": [5] })).length, 1);
  assert.equal(wrong(args({ "enforce-eager": 1 })).length, 1);
  const taken = lineOf(args({ "lora-modules": ["a=/a", "b=/b"], "compilation-config": { mode: 3 } }));
  assert.deepEqual(taken.slice(-5), ["--compilation-config", '{"mode":3}', "--lora-modules", "a=/a", "b=/b"]);
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
  assert.deepEqual(pod.args.slice(-2), ["--device-ids", "0"]);
  assert.deepEqual(variantOf(args({ "max-logprobs": 5 })).facts.unchecked, []);
});

test("known holes: below the floor each must be accepted by its name, and only such", () => {
  const [problem = "", ...others] = wrong({ engine: { version: "0.21.0" } });
  assert.deepEqual(others, []);
  assert.match(
    problem,
    /^vllm:engine\.version \(Pulumi\.prod\.yaml\): is 0\.21\.0, which has \d+ known holes: .*CVE-2026-48746/,
  );
  const names = [...new Set(problem.match(/CVE-\d+-\d+/g))];
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
  const sources = [{ name: "stack", file: "Pulumi.prod.yaml", prefix: "vllm:", tree: own, encrypted }];
  const run = () => planStack(resolveSettings({ stack: "prod", region: "eu-west-1", sources }));
  const told = problemsOf(run);
  assert.deepEqual(told.slice(1), [
    "vllm:engine.args.max-logprobs (Pulumi.prod.yaml): is [secret], but must be a whole number",
    "vllm:resources.memory (Pulumi.prod.yaml): is [secret], too little for vLLM (engine 1.0 GiB, workers 4.0 GiB, /dev/shm 2.0 GiB, streamer 1.0 GiB); at least 8Gi",
  ]);
  assert.match(told[0] ?? "", /kv-cache-dtype \(Pulumi\.prod\.yaml\): is \[secret\], but must be one of auto, /);
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
  const good: [string, ArgumentValue, string[]][] = [
    ["lora-modules", ["auth=/adapters/auth"], ["auth=/adapters/auth"]],
    ["chat-template", template, [template]],
    ["additional-config", { no_token: 9693, yes_token: 2152 }, ['{"no_token":9693,"yes_token":2152}']],
  ];
  for (const [flag, value, words] of good)
    assert.deepEqual(lineOf(args({ [flag]: value })).slice(-words.length - 1), [`--${flag}`, ...words]);
  const slip = { method: "ngram", num_speculative_token: 4 };
  assert.deepEqual(
    kinds(args({ "speculative-config": slip })).filter(([kind]) => kind === "secret"),
    [],
  );
});

test("what several GPUs load is written by their number; one GPU and a CPU take the user's own", () => {
  const flag = "model-loader-extra-config";
  const own = '{"concurrency":16}';
  const written = (gpu: Tree, engine: Tree = { args: { [flag]: own } }) =>
    lineOf({ gpu, engine }).flatMap((word, at, line) => (word === `--${flag}` ? [line[at + 1]] : []));
  assert.deepEqual(written({ product: "L4" }), [own]);
  assert.deepEqual(written({ count: 0 }), [own]);
  assert.deepEqual(written({ product: "L4" }, {}), []);
  assert.deepEqual(written({ count: 0 }, {}), []);
  assert.deepEqual(written({ product: "L4", count: 2 }, {}), ['{"distributed":true}']);
  const refused = (place: string) => [
    `vllm:${place}.${flag} ${file}: is written by gpu.count, so that the GPUs share what is streamed`,
  ];
  for (const count of [2, 8])
    for (const value of [own, false, 0]) {
      const several = { gpu: { product: "L4", count }, engine: { args: { [flag]: value } } };
      assert.deepEqual(wrong(several), refused("engine.args"));
      assert.deepEqual(kinds(several), [["conflict", `engine.args.${flag}`]]);
    }
  const models = { chat: { engine: { args: { [flag]: own } } } };
  assert.deepEqual(
    wrong({ model: null, models, gpu: { product: "L4", count: 2 } }),
    refused("models.chat.engine.args"),
  );
});
