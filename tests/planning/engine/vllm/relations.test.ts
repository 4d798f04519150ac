import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Tree } from "../../../../config/tree.ts";
import { Asked } from "../../../../planning/engine/vllm/asked.ts";
import { boundedFlags, boundsOf } from "../../../../planning/engine/vllm/names.ts";
import { relations } from "../../../../planning/engine/vllm/relations/relations.ts";
import { file, variantOf, wrong } from "../../given.ts";
import { type Case, cpu, l4 } from "./relationCase.ts";
import { cases } from "./relationCases.ts";

const stack = (args: Tree, more: Tree = {}): Tree => {
  const { gpu = l4, delivery = {}, env = {}, shape, ...engine } = more;
  return { gpu, delivery, ...(shape ? { shape } : {}), engine: { args, env, ...engine } };
};

const ngram = { method: "ngram", num_speculative_tokens: 3 };

for (const { args, more = {}, at = `engine.args.${Object.keys(args)[0]}`, told, right, rightMore } of cases)
  test(`${JSON.stringify({ args, ...more })}: ${told.slice(0, 60)}`, () => {
    assert.deepEqual(wrong(stack(args, more)), [`vllm:${at} ${file}: ${told}`]);
    const { gpu, delivery } = more;
    const beside = rightMore ?? (delivery ? { delivery } : right && gpu !== cpu && gpu ? { gpu } : {});
    if (right) assert.deepEqual(wrong(stack(right, beside)), []);
  });

test("each rule has a case, and its source", () => {
  const hit = (at: string, more: readonly Case[]) =>
    more.some((one) => (one.at ?? `engine.args.${Object.keys(one.args)[0]}`) === at);
  const elsewhere =
    /\.(indexer_kv_dtype|tokenizer|hf-config-path|generation-config|chat-template|default-mm-loras|.*-plugin|log-config-file|ssl-ca-certs|enable-expert-parallel|VLLM_.*|hf-overrides|model-loader-extra-config)$/;
  const own = relations.filter(
    ({ at }) => !elsewhere.test(at) && !boundedFlags.some((flag) => at.endsWith(`.${flag}`)),
  );
  assert.deepEqual(
    own.filter(({ at }) => !hit(at, cases)).map(({ at }) => at),
    [],
  );
  for (const { source, at } of relations) assert.match(source, /\w{4}/, at);
});

test("every bound, on both sides", () => {
  const flag = fc.constantFrom(...boundedFlags.filter((name) => boundsOf(name, "0.32.0")));
  const number = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(0.5, 1.5));
  fc.assert(
    fc.property(flag, number, (name, value) => {
      const { ge = -Infinity, gt = -Infinity, le = Infinity, lt = Infinity } = boundsOf(name, "0.32.0") ?? {};
      const rule = relations.filter(({ at }) => at === `engine.args.${name}`).at(-1);
      const { model } = { model: { gpu: { count: 1 }, engine: { version: "0.32.0", args: { [name]: value } } } };
      const told = rule?.finding(new Asked(model as never));
      assert.equal(told === undefined, value >= ge && value > gt && value <= le && value < lt);
    }),
    { numRuns: 500, seed: 32 },
  );
});

test("a rule says nothing where what it reads is wrong already, or nobody knows the version", () => {
  assert.deepEqual(wrong(stack({ "max-num-batched-tokens": "many" }, { maxNumSeqs: 9000 })), [
    `vllm:engine.args.max-num-batched-tokens ${file}: is "many", but must be a whole number, or one with a suffix (1k is 1000, 1K is 1024, 25.6k is 25600)`,
  ]);
  assert.deepEqual(wrong(stack({ "enable-auto-tool-choice": true, "tool-call-parser": [1] })), [
    `vllm:engine.args.tool-call-parser ${file}: is [1], but must be text, not a list`,
  ]);
  assert.deepEqual(wrong(stack({ "enable-auto-tool-choice": true }, { version: "0.99.0" })), []);
  // What the program writes, and what it relies on, does not hang on the version.
  for (const args of [{ "load-format": "auto" }, { "root-path": "/" }, { "api-server-count": 2 }, { tokenizer: "a/b" }])
    assert.equal(wrong(stack(args, { version: "0.99.0" })).length, 1, JSON.stringify(args));
});

test("what a plugin may bring, or a model may have, is not refused, and told as unchecked", () => {
  const unchecked = (args: Tree, more: Tree = {}) => variantOf(stack(args, more)).facts.unchecked;
  const auto = { "enable-auto-tool-choice": true, "tool-call-parser": "mine" };
  const plugin = "/opt/mine.py";
  assert.deepEqual(unchecked({ ...auto, "tool-parser-plugin": plugin }), [
    { flag: "tool-call-parser", reason: "whether what tool-parser-plugin names brings 'mine'" },
    { flag: "tool-parser-plugin", reason: "whether the image has /opt/mine.py" },
  ]);
  const own = (repository: string) => ({ ...stack({ quantization: "bitsandbytes" }), image: { repository } });
  const brought = [{ flag: "quantization", reason: "whether the image brings 'bitsandbytes'" }];
  assert.deepEqual(variantOf(own("r.example/vllm-bnb")).facts.unchecked, brought);
  assert.equal(wrong(own("r.example/mirror/vllm-openai")).length, 1);
  assert.deepEqual(unchecked({ "enable-expert-parallel": true }), [
    { flag: "enable-expert-parallel", reason: "whether the model has experts" },
  ]);
  assert.deepEqual(unchecked({ quantization: "mine" }, { env: { VLLM_PLUGINS: "mine" } }), [
    { flag: "quantization", reason: "whether what VLLM_PLUGINS names brings 'mine'" },
  ]);
});

test("what a rule holds for by its version", () => {
  const backend = { "kda-prefill-backend": "flashkda" };
  assert.equal(wrong(stack(backend, { version: "0.30.0", gpu: cpu })).length, 1);
  assert.deepEqual(wrong(stack(backend, { version: "0.29.0", gpu: cpu })), []);
  const both = { "async-scheduling": true, "speculative-config": ngram };
  assert.deepEqual(wrong(stack(both, { version: "0.33.0" })), []);
  assert.deepEqual(wrong(stack({ "reasoning-parser": "beam" }, { version: "0.33.0" })), []);
  for (const none of ["none", "NONE"]) {
    assert.deepEqual(wrong(stack({ "reasoning-parser": none }, { version: "0.33.0" })), []);
    assert.equal(wrong(stack({ "reasoning-parser": none }, { version: "0.32.0" })).length, 1);
  }
  assert.deepEqual(wrong(stack({ "tokenizer-mode": "slow" }, { version: "0.30.0" })), []);
  assert.equal(wrong(stack({ "tokenizer-mode": "slow" }, { version: "0.31.0" })).length, 1);
  assert.equal(wrong(stack({ "reasoning-parser": "beam" }, { version: "0.32.0" })).length, 1);
});

test("a decode context is shared out only over GPUs beyond the key-value heads", () => {
  const shape = { parameters: "8B", layers: 36, hiddenSize: 4096, attentionHeads: 32, contextLength: 4096 };
  const told = (size: number, heads: Tree) => {
    const gpu = { product: "H100", count: 8 };
    return wrong({ gpu, shape: { ...shape, ...heads }, engine: { args: { "decode-context-parallel-size": size } } });
  };
  const path = `vllm:engine.args.decode-context-parallel-size ${file}`;
  const most = (size: number, heads: number, max: number) =>
    `${path}: is ${size}, more than ${max}, the tensor parallel size (8) over shape.keyValueHeads (${heads})`;
  assert.deepEqual(told(2, { keyValueHeads: 8 }), [most(2, 8, 1)]);
  assert.deepEqual(told(4, { keyValueHeads: 4 }), [most(4, 4, 2)]);
  assert.deepEqual(told(2, {}), [most(2, 32, 1)]);
  assert.deepEqual(told(2, { keyValueHeads: 4 }), []);
  assert.deepEqual(told(1, { keyValueHeads: 8 }), []);
  assert.deepEqual(told(2, { keyValueHeads: 1, latentSize: 576 }), []);
});
