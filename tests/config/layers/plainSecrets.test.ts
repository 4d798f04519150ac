import assert from "node:assert/strict";
import { test } from "node:test";
import { sentence } from "../../../config/problems.ts";
import { resolveSettings } from "../../../config/settings.ts";
import { type Files, writtenIn } from "../../../config/sources/project.ts";
import type { Tree } from "../../../config/tree.ts";
import { empty, problemsIn, wrongKey } from "../files.ts";

/** A secret in plain text is refused at every setting, once, at its place, and without its value. */

const token = "hf_abcdefghijklmnopqrstuv";
const again = "take another value: this one is in the file's history";
const anywhere = `holds a secret in plain text, by its form; take it out, and ${again}`;
const inName = `is a secret, by its form, in the place of a name; take it out, and ${again}`;
const onCommandLine = `holds a secret, by its form, and everyone who may see the pod sees its command line; take it out, and ${again}`;
const encrypt = (key: string) =>
  `is a secret in plain text, by its form; take it out and encrypt it: pulumi config set --secret --path ${key} (and ${again})`;

/** What is written, where it is told, and what; nothing else is. */
const cases: readonly [string, Tree, string, string, Partial<Files>?][] = [
  ["a version", { engine: { version: token } }, "vllm:engine.version", anywhere],
  ["a tag", { image: { tag: token } }, "vllm:image.tag", anywhere],
  ["a revision", { revision: token }, "vllm:revision", anywhere],
  ["a product", { gpu: { product: token } }, "vllm:gpu.product", anywhere],
  ["a number", { gpu: { product: "L4", count: token } }, "vllm:gpu.count", anywhere],
  ["a reason", { image: { allowTag: `ask with ${token} for it` } }, "vllm:image.allowTag", anywhere],
  ["a name of a model", { servedModelName: `"${token}"` }, "vllm:servedModelName", anywhere],
  ["a label", { labels: { team: token } }, "vllm:labels.team", anywhere],
  ["a selector", { scheduling: { nodeSelector: { a: token } } }, "vllm:scheduling.nodeSelector.a", anywhere],
  ["a list", { image: { pullSecrets: ["a", token] } }, "vllm:image.pullSecrets.1", anywhere],
  [
    "a group in a list, by a name in it",
    { image: { pullSecrets: [{ password: "hunter2" }] } },
    "vllm:image.pullSecrets.0",
    anywhere,
  ],
  [
    "a toleration",
    { scheduling: { tolerations: [{ key: token, operator: "Exists" }] } },
    "vllm:scheduling.tolerations.0",
    anywhere,
  ],
  [
    "a kubeconfig",
    { cluster: { eks: "lab", kubeconfig: "https://user:hunter2@host" } },
    "vllm:cluster.kubeconfig",
    anywhere,
  ],
  ["a group", { gpu: token }, "vllm:gpu", anywhere],
  ["what is no setting", { gpu: { product: "L4", cuont: token } }, "vllm:gpu.cuont", anywhere],
  ["a model", { model: token }, "vllm:model", anywhere],
  ["the name of a model", { model: null, models: { [token]: {} } }, "vllm:models.[secret]", inName],
  ["the name of a label", { labels: { [token]: "x" } }, "vllm:labels.[secret]", inName],
  ["the name of a setting", { [token]: "x" }, "vllm:[secret]", inName],
  ["the name of a secret", { engine: { secretEnv: { [token]: null } } }, "vllm:engine.secretEnv.[secret]", inName],
  [
    "a flag that takes a number",
    { engine: { args: { "max-logprobs": token } } },
    "vllm:engine.args.max-logprobs",
    onCommandLine,
  ],
  [
    "a flag that takes several",
    { engine: { args: { "lora-modules": ["a=b", "--api-key=sk-abcdefghijklmnop"] } } },
    "vllm:engine.args.lora-modules",
    onCommandLine,
  ],
  [
    "a list in a group of a flag, by its name",
    { engine: { args: { "kv-transfer-config": { extra: { api_key: ["abc123def"] } } } } },
    "vllm:engine.args.kv-transfer-config",
    onCommandLine,
  ],
  [
    "the same as JSON",
    { engine: { args: { "kv-transfer-config": '{"extra": {"api_key": ["abc123def"]}}' } } },
    "vllm:engine.args.kv-transfer-config",
    onCommandLine,
  ],
  ["the name of a flag", { engine: { args: { [token]: 1 } } }, "vllm:engine.args.[secret]", inName],
  ["a variable", { engine: { env: { A: token } } }, "vllm:engine.env.A", encrypt("vllm:engine.secretEnv.A")],
  [
    "a model's variable",
    { model: null, models: { chat: { engine: { env: { A: token } } } } },
    "vllm:models.chat.engine.env.A",
    encrypt("vllm:models.chat.engine.secretEnv.A"),
  ],
  ["beside the key", { apiKey: { rotation: `sk-${token}` } }, "vllm:apiKey.rotation", encrypt("vllm:apiKey.value")],
  ["instead of the key", { apiKey: token }, "vllm:apiKey", encrypt("vllm:apiKey.value")],
  ["what all stacks share", {}, "vllm:base.revision", anywhere, { base: { revision: token } }],
  [
    "what all stacks share, and a later layer overrides",
    { labels: { team: "a" } },
    "vllm:base.labels.team",
    anywhere,
    { base: { labels: { team: token } } },
  ],
  [
    "a shared variable",
    {},
    "vllm:base.engine.env.A",
    encrypt("vllm:engine.secretEnv.A").replace("encrypt it:", "encrypt it, in a stack's file:"),
    { base: { engine: { env: { A: token } } } },
  ],
  [
    "what is encrypted, and is no secret setting",
    { servedModelName: token },
    "vllm:servedModelName",
    "holds a secret, by its form, and is shown where it is deployed; take it out",
    { encrypted: [["servedModelName"]] },
  ],
];

for (const [what, own, key, said, files] of cases)
  test(`a secret is told once, without its value: ${what}`, () => {
    const problems = problemsIn(own, files);
    assert.deepEqual(
      problems.map((problem) => [problem.kind, problem.key, sentence(problem)]),
      [["secret", key, said]],
    );
    assert.doesNotMatch(JSON.stringify(problems), /abcdef|hunter2|abc123/);
  });

test("what else is wrong is told beside it, and what follows from it is not", () => {
  const own = {
    engine: { version: token, args: { "tool-call-parser": token, "enable-auto-tool-choice": true } },
    replicas: 0,
    secretEnvs: { A: token },
  };
  assert.deepEqual(
    problemsIn(own)
      .map(({ kind, key }) => `${kind} ${key}`)
      .sort(),
    [
      "invalid vllm:replicas",
      "secret vllm:engine.args.tool-call-parser",
      "secret vllm:engine.version",
      "secret vllm:secretEnvs.A",
      `unknown vllm:secretEnvs`,
    ],
  );
});

test("a secret that is found where something else is wrong is in no word of it", () => {
  for (const [own, files] of [
    [{}, { region: token }],
    [{}, wrongKey(`x:${token}`)],
    [{}, { base: token }],
    [{ models: [{ name: token }], model: null }, {}],
  ] as const) {
    const problems = problemsIn(own, files);
    assert.ok(problems.length > 0);
    for (const problem of problems)
      assert.doesNotMatch(`${JSON.stringify(problem)}${sentence(problem)}`, /abcdef/, problem.key);
  }
});

test("what a layer keeps as it was written has none either", () => {
  const own = { revision: token, labels: { [token]: "x" }, engine: { args: { a: [token] } }, models: { chat: token } };
  const { origin, settings } = resolveSettings(writtenIn({ ...empty, own }));
  const kept = origin.layers.map(({ written, settings }) => [written, settings]);
  assert.doesNotMatch(JSON.stringify([kept, settings]), /abcdef/);
});
