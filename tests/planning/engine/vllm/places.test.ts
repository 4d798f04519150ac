import assert from "node:assert/strict";
import { test } from "node:test";
import type { Tree } from "../../../../config/tree.ts";
import { file, kinds, variantOf, wrong } from "../../given.ts";

const offline = "pods do not reach the Hugging Face Hub (HF_HUB_OFFLINE=1)";
const beside = "put it into the revision's folder in the bucket, and name it /model/…";
const withCopy = `${beside} with delivery.kind: copy`;
const stack = (args: Tree, more: Tree = {}): Tree => {
  const { delivery = {}, image = {}, gpu = { product: "L4" }, ...engine } = more;
  return { gpu, delivery, image, engine: { ...engine, args } };
};
const copy = { delivery: { kind: "copy" } };
const draft = (model: string) => ({ method: "eagle3", model, num_speculative_tokens: 2 });

/** What names a model, tokenizer, adapter or configuration, and what to do where it is one of the Hub's. */
const named: readonly [flag: string, (name: string) => Tree, string | undefined][] = [
  ["speculative-config", (name) => ({ "speculative-config": draft(name) }), undefined],
  ["speculative-config", (name) => ({ "speculative-config": JSON.stringify(draft(name)) }), undefined],
  ["spec-model", (name) => ({ "spec-model": name, "spec-method": "eagle3" }), undefined],
  ["lora-modules", (name) => ({ "lora-modules": ["a=/opt/a", `b=${name}`], "enable-lora": true }), undefined],
  ["lora-modules", (name) => ({ "lora-modules": `{"name": "b", "path": "${name}"}`, "enable-lora": true }), undefined],
  ["default-mm-loras", (name) => ({ "default-mm-loras": { image: name }, "enable-lora": true }), undefined],
  ["tokenizer", (name) => ({ tokenizer: name }), "the tokenizer's files"],
  ["hf-config-path", (name) => ({ "hf-config-path": name }), "config.json"],
  ["generation-config", (name) => ({ "generation-config": name }), "generation_config.json"],
];
for (const [flag, args, leaveOut] of named)
  test(`${flag} by a name of the Hub, and by its place: ${JSON.stringify(args("x"))}`, () => {
    const at = `vllm:engine.args.${flag} ${file}`;
    const out = `leave it out, and put ${leaveOut} into the revision's folder in the bucket`;
    for (const name of ["Qwen/Qwen3-0.6B", "gpt2"]) {
      const told = (instead: string) => [`${at}: names '${name}', and ${offline}; ${instead}`];
      assert.deepEqual(wrong(stack(args(name))), told(leaveOut ? out : withCopy));
      assert.deepEqual(wrong(stack(args(name), copy)), told(leaveOut ? `${out}, which is /model in the pod` : beside));
      assert.deepEqual(kinds(stack(args(name))), [["conflict", `engine.args.${flag}`]]);
      // Who says that pods reach the Hub, or have a cache of it, is believed.
      for (const env of [{ HF_HUB_OFFLINE: "0" }, { HF_HOME: "/opt/hub" }])
        assert.deepEqual(wrong(stack(args(name), { env })), []);
      assert.deepEqual(wrong(stack(args(name), { secretEnv: { HF_HUB_OFFLINE: "vllm:x" } })), []);
      assert.equal(wrong(stack(args(name), { env: { HF_HUB_OFFLINE: "1" } })).length, 1);
      // Another hub is one only where vLLM takes the switch for on.
      for (const on of ["1", "True", " true "])
        assert.deepEqual(wrong(stack(args(name), { env: { VLLM_USE_MODELSCOPE: on } })), [], on);
      for (const off of ["False", "0", "no", "yes"])
        assert.equal(wrong(stack(args(name), { env: { VLLM_USE_MODELSCOPE: off } })).length, 1, off);
    }
    const local = "/model/beside";
    const { unchecked } = variantOf(stack(args(local), copy)).facts;
    assert.ok(
      unchecked.some(
        (one) => one.flag === flag && one.reason.endsWith("whether the revision's folder in the bucket has beside"),
      ),
    );
    assert.deepEqual(wrong(stack(args(local))), [
      `${at}: names ${local}, but a streamed model is in no folder; set delivery.kind: copy`,
    ]);
    assert.deepEqual(wrong(stack(args("/cache/a"))), [
      `${at}: names /cache/a, but /cache is empty when a pod starts; ${withCopy}`,
    ]);
    assert.deepEqual(wrong(stack(args("/adapters/a"), copy)), [
      `${at}: names /adapters/a, which neither vLLM's image nor the pod has; ${beside}`,
    ]);
    assert.deepEqual(wrong(stack(args("/adapters/a"), { image: { repository: "registry.example.com/mine" } })), []);
  });

/** Where pods copy the model, its folder is there, however it is written. */
const folders = ["/model", "/model/", "/model/.", "//model", "/model/a/.."];

test("the model's own folder is in every pod that copies it: as a model it is told nowhere", () => {
  const told = (args: Tree) => variantOf(stack(args, copy)).facts.unchecked;
  for (const folder of folders) {
    for (const flag of ["tokenizer", "hf-config-path", "generation-config"])
      assert.deepEqual(told({ [flag]: folder }), [], `${flag}: ${folder}`);
    assert.deepEqual(told({ "speculative-config": { method: "mtp", model: folder, num_speculative_tokens: 1 } }), []);
    assert.deepEqual(told({ "lora-modules": `a=${folder}`, "enable-lora": true }), [
      { flag: "lora-modules", reason: "whether the revision's folder in the bucket has an adapter beside the model" },
    ]);
    for (const flag of ["chat-template", "log-config-file", "tool-parser-plugin"])
      assert.deepEqual(wrong(stack({ [flag]: folder }, copy)), [
        `vllm:engine.args.${flag} ${file}: names /model, which is the model's folder; name a file`,
      ]);
    assert.deepEqual(wrong(stack({ tokenizer: folder })), [
      `vllm:engine.args.tokenizer ${file}: names /model, but a streamed model is in no folder; set delivery.kind: copy`,
    ]);
  }
  assert.deepEqual(told({ tokenizer: "/model/../model/b/" }), [
    { flag: "tokenizer", reason: "whether the revision's folder in the bucket has b" },
  ]);
  assert.equal(wrong(stack({ tokenizer: "/model/../tmp/b" }, copy)).length, 1);
});

test("a file that is named by a path in no folder is looked for in the image", () => {
  for (const flag of ["log-config-file", "tool-parser-plugin", "reasoning-parser-plugin", "ssl-ca-certs"])
    assert.deepEqual(variantOf(stack({ [flag]: "a.json" })).facts.unchecked, [
      { flag, reason: "whether the image has a.json" },
    ]);
});

test("an object in a bucket can be a tokenizer or a draft model, whatever else it is", () => {
  const s3 = "s3://models/x";
  for (const args of [{ tokenizer: s3 }, { "spec-model": s3, "spec-method": "eagle3" }])
    assert.match(variantOf(stack(args)).facts.unchecked[0]?.reason ?? "", /^whether the pod's role may read s3:/);
  assert.equal(wrong(stack({ "lora-modules": `a=${s3}`, "enable-lora": true })).length, 1);
});

test("what names no model is none", () => {
  for (const args of [
    { "generation-config": "auto" },
    { "generation-config": "vllm" },
    { "speculative-config": { method: "ngram", num_speculative_tokens: 3 } },
    { "speculative-config": { model: "[ngram]", num_speculative_tokens: 3 } },
    { "speculative-config": { method: "mtp", num_speculative_tokens: 1 } },
    { "speculative-config": { method: "custom_class", model: "mine.Proposer", num_speculative_tokens: 1 } },
  ])
    assert.deepEqual(wrong(stack(args)), []);
});

test("a method that reads the served model's own layers needs no model, which is told beside how to bring one", () => {
  const asked = (args: Tree) => wrong(stack(args));
  const told = (flag: string, hint: string) => [
    `vllm:engine.args.${flag} ${file}: names 'org/model', and ${offline}; ${hint}${withCopy}`,
  ];
  for (const method of ["mtp", "deepseek_mtp", "qwen3_next_mtp", "dspark"]) {
    const own = `leave 'model' out where the served model has layers for ${method}, else `;
    const group = { method, model: "org/model", num_speculative_tokens: 1 };
    assert.deepEqual(asked({ "speculative-config": group }), told("speculative-config", own));
    const flags = { "spec-method": method, "spec-model": "org/model", "spec-tokens": 1 };
    assert.deepEqual(asked(flags), told("spec-model", own));
    assert.deepEqual(asked({ "speculative-config": { method, num_speculative_tokens: 1 } }), []);
  }
  for (const method of ["eagle3", "draft_model", "medusa"])
    assert.deepEqual(
      asked({ "speculative-config": { method, model: "org/model", num_speculative_tokens: 1 } }),
      told("speculative-config", ""),
    );
});

test("a class of a module is a proposer of one's own where no method says otherwise", () => {
  const asked = (model: string, more: Tree = {}) =>
    stack({ "speculative-config": { model, num_speculative_tokens: 3, ...more } });
  for (const [model, more] of [
    ["my_pkg.MyProposer", {}],
    ["my_pkg.MyProposer", { method: null }],
    ["a._b.Größe", {}],
    ["MyProposer", { method: "custom_class" }],
  ] as const) {
    assert.deepEqual(wrong(asked(model, more)), [], model);
    const { unchecked } = variantOf(asked(model, more)).facts;
    assert.deepEqual(unchecked, [{ flag: "speculative-config", reason: `whether the image has ${model}` }]);
  }
  for (const [model, more] of [
    ["my_pkg.MyProposer", { method: "draft_model" }],
    ["Qwen/my.Model", {}],
    ["qwen2.5", {}],
    ["my-pkg.MyProposer", {}],
    ["gpt2", {}],
  ] as const)
    assert.match(wrong(asked(model, more)).join("\n"), /^[^\n]*: names '[^\n]*Hugging Face Hub[^\n]*$/, model);
});

test("a chat template is text, one of vLLM's own, or a file that can be there", () => {
  const told = (text: string, more: Tree = {}) => wrong(stack({ "chat-template": text }, more));
  const line = (reason: string) => [`vllm:engine.args.chat-template ${file}: ${reason}`];
  for (const text of [
    "{{ messages }}",
    "two\nlines",
    "template_chatml.jinja",
    "examples/tool.jinja",
    "/vllm-workspace/examples/a.jinja",
  ])
    assert.deepEqual(told(text), []);
  assert.deepEqual(told("/model/chat.jinja", copy), []);
  assert.deepEqual(
    told("/templates/chat.jinja"),
    line(`names /templates/chat.jinja, which neither vLLM's image nor the pod has; ${withCopy}`),
  );
  assert.deepEqual(
    told("/tmp/a.jinja", copy),
    line(`names /tmp/a.jinja, but /tmp is empty when a pod starts; ${beside}`),
  );
  assert.deepEqual(
    told("chatml.jinja"),
    line(
      "names chatml.jinja, which is neither a template nor one of vLLM's own (template_basic.jinja, template_blip2.jinja, template_chatml.jinja, template_deepseek_ocr.jinja, template_deepseek_vl2.jinja, template_kimi_audio.jinja, template_minicpmv45.jinja); put it into the revision's folder in the bucket as chat_template.jinja, and leave this out",
    ),
  );
});

test("other files that no pod has", () => {
  for (const flag of ["tool-parser-plugin", "reasoning-parser-plugin", "log-config-file", "ssl-ca-certs"])
    assert.deepEqual(wrong(stack({ [flag]: "/plugins/a" })), [
      `vllm:engine.args.${flag} ${file}: names /plugins/a, which neither vLLM's image nor the pod has; ${withCopy}`,
    ]);
  assert.deepEqual(wrong(stack({}, { env: { VLLM_LOGGING_CONFIG_PATH: "/dev/shm/a.json" } })), [
    `vllm:engine.env.VLLM_LOGGING_CONFIG_PATH ${file}: names /dev/shm/a.json, but /dev/shm is empty when a pod starts; ${withCopy}`,
  ]);
});

test("rotary embeddings are overridden whole, by the name that vLLM reads", () => {
  const told = (overrides: unknown) => wrong(stack({ "hf-overrides": overrides }));
  const line = (reason: string) => [`vllm:engine.args.hf-overrides ${file}: ${reason}`];
  const noEffect =
    "has rope_theta, which has no effect: vLLM reads rope_parameters alone; write rope_parameters: {rope_theta: …}, with the model's other values, for it is replaced whole";
  const part = (name: string, lacking: string) =>
    `has ${name} without ${lacking}: it replaces the model's rope_parameters whole, so write all of them, rope_type and the model's own rope_theta among them`;
  assert.deepEqual(told({ rope_theta: 5e6 }), line(noEffect));
  assert.deepEqual(told('{"text_config": {"rope_theta": 5000000}}'), line(noEffect));
  const yarn = { rope_type: "yarn", factor: 4, original_max_position_embeddings: 8192 };
  for (const name of ["rope_scaling", "rope_parameters"]) {
    assert.deepEqual(told({ [name]: yarn }), line(part(name, "rope_theta")));
    assert.deepEqual(told({ [name]: { factor: 4, rope_theta: 1e6 } }), line(part(name, "rope_type")));
    assert.deepEqual(told({ [name]: { ...yarn, rope_theta: 1e6 } }), []);
  }
  assert.deepEqual(told({ sliding_window: 128, vision_config: { rope_theta: 1, rope_parameters: {} } }), []);
  const remote = { "hf-overrides": { rope_theta: 5e6 }, "trust-remote-code": true };
  assert.deepEqual(
    variantOf(stack(remote, { allowRemoteCode: "we read it" })).facts.unchecked.map(({ flag }) => flag),
    ["hf-overrides"],
  );
});

test("rope-scaling and rope-theta went; what took their place is what vLLM reads", () => {
  for (const flag of ["rope-scaling", "rope-theta"])
    assert.deepEqual(wrong(stack({ [flag]: "x" })), [
      `vllm:engine.args.${flag} ${file}: was removed in vLLM 0.11.1; write rope_parameters into the group 'hf-overrides', whole: hf-overrides: {rope_parameters: {rope_type: …, rope_theta: …, …}}, and for a longer context max_position_embeddings beside it`,
    ]);
});
