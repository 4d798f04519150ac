import assert from "node:assert/strict";
import { test } from "node:test";
import { sentence } from "../../../config/problems.ts";
import { resolveSettings } from "../../../config/settings.ts";
import { writtenIn } from "../../../config/sources/project.ts";
import { readStackFile } from "../../../config/sources/stackFile.ts";
import { planStack } from "../../../planning/plan.ts";
import { problemsOf } from "../settings.ts";

/** What Pulumi makes of a scalar without quotes, by what is meant at its setting. */

function resolved(lines: string) {
  const text = `config:\n  vllm:cluster: {eks: lab}\n  vllm:model: chat\n${lines}`;
  const file = readStackFile(
    "Pulumi.s.yaml",
    text.includes("vllm:gpu") ? text : `${text}  vllm:gpu: {product: L4}\n`,
    "x",
  );
  return resolveSettings(
    writtenIn({
      ...{ stack: "s", region: "eu-west-1", base: {}, own: file.settings, problems: file.problems },
      ...{ encrypted: file.encrypted, altered: { base: [], own: file.altered } },
    }),
  );
}
const told = (lines: string) => problemsOf(() => planStack(resolved(lines)));
const model = (lines: string) => {
  const { settings, problems } = resolved(lines);
  assert.deepEqual(problems.map(sentence), []);
  const [model] = settings.models;
  assert.ok(model);
  return model;
};
const changed = (key: string, value: string, written: string, advice = "put it in quotes") =>
  `${key} (Pulumi.s.yaml): is ${value}, as Pulumi reads ${written} without quotes; ${advice}`;

const texts: readonly [string, string, string][] = [
  ["1.10", '"1.1"', "1.1"],
  ["010", '"8"', "8"],
  ["1e5", '"100000"', "100000"],
  ["True", '"true"', "true"],
  ["92345678901234567890", '"92345678901234570000"', "92345678901234570000"],
  ["2026-11-05", '"2026-11-05 00:00:00 +0000 UTC"', '"2026-11-05 00:00:00 +0000 UTC"'],
];
for (const [written, atTop, inGroup] of texts)
  test(`${written} where text is meant is refused with what Pulumi reads, in a list and a map too`, () => {
    assert.deepEqual(told(`  vllm:revision: ${written}\n`), [changed("vllm:revision", atTop, written)]);
    assert.deepEqual(told(`  vllm:image: {tag: ${written}}\n`), [changed("vllm:image.tag", inGroup, written)]);
    assert.deepEqual(told(`  vllm:labels: {a: ${written}, b: x}\n`), [changed("vllm:labels.a", inGroup, written)]);
    assert.deepEqual(
      told(`  vllm:scheduling: {tolerations: [{key: a, operator: Exists}, {key: b, value: ${written}}]}\n`),
      [changed("vllm:scheduling.tolerations.1.value", inGroup, written)],
    );
    assert.deepEqual(told(`  vllm:engine: {env: {A: ${written}}}\n`), [
      "vllm:engine.env.A (Pulumi.s.yaml): is without quotes, and Pulumi does not keep it as it is written; put it in quotes",
    ]);
  });

test("what Pulumi keeps is taken as it is written, in quotes or without", () => {
  const kept = [
    "1.1",
    "12e4567",
    "12345678901234567890",
    "20261105",
    "v1.10",
    "1.2.3",
    "true",
    "0x",
    "12:30",
    "2026-13-05",
  ];
  for (const text of kept)
    for (const written of [text, `'${text}'`, `"${text}"`]) {
      assert.equal(model(`  vllm:servedModelName: ${written}\n`).servedModelName, text);
      if (text !== "12345678901234567890" || written !== text)
        assert.deepEqual(model(`  vllm:engine: {env: {A: ${written}}}\n`).engine.env, { A: text });
    }
  for (const text of ["1.10", "010", "2026-11-05", "True", "1e5"])
    assert.equal(model(`  vllm:servedModelName: '${text}'\n`).servedModelName, text);
  assert.deepEqual(model("  vllm:engine: {env: {D: 1234567890123456789}}\n").engine.env, { D: "1234567890123456789" });
  const { args } = model(
    "  vllm:engine: {args: {seed: 1234567890123456789, served-model-name: [9007199254740993]}}\n",
  ).engine;
  assert.deepEqual(args, { seed: "1234567890123456789", "served-model-name": ["9007199254740993"] });
});

test("a number may be written in any way that reads the same; 010 is two numbers", () => {
  assert.equal(model("  vllm:engine: {gpuMemoryUtilization: 0.90}\n").engine.gpuMemoryUtilization, 0.9);
  assert.equal(model("  vllm:engine: {gpuMemoryUtilization: .9}\n").engine.gpuMemoryUtilization, 0.9);
  assert.equal(model("  vllm:engine: {maxModelLen: 8_192}\n").engine.maxModelLen, 8192);
  assert.equal(model("  vllm:replicas: 0x10\n").replicas, 16);
  assert.equal(model("  vllm:replicas: +2\n").replicas, 2);
  assert.deepEqual(told("  vllm:replicas: 010\n"), [
    changed("vllm:replicas", '"8"', "010", "write the number as it is meant"),
  ]);
  assert.deepEqual(told("  vllm:gpu: {product: L4, spare: 010}\n"), [
    changed("vllm:gpu.spare", "8", "010", "write the number as it is meant"),
  ]);
  assert.deepEqual(told("  vllm:gpu: {product: L4, spare: 2026-11-05}\n"), [
    'vllm:gpu.spare (Pulumi.s.yaml): is "2026-11-05 00:00:00 +0000 UTC", but must be a number',
  ]);
});

test("a truth value may be in capitals", () => {
  assert.equal(resolved("  vllm:production: True\n").settings.production, true);
  assert.equal(resolved("  vllm:namespace: {create: TRUE}\n").settings.namespace.create, true);
});

test("a flag that reads a number has it; one that reads text has it as it is written, or says so", () => {
  const args = (text: string) => `  vllm:engine: {args: {${text}}}\n`;
  assert.deepEqual(told(args("watermark: 0.10")), []);
  assert.deepEqual(told(args("max-logprobs: 010")), [
    changed("vllm:engine.args.max-logprobs", "8", "010", "write the number as it is meant"),
  ]);
  assert.deepEqual(told(args("tokenizer-revision: 1.10")), [
    changed("vllm:engine.args.tokenizer-revision", "1.1", "1.10"),
  ]);
  assert.deepEqual(told(args("tokenizer-revision: '1.10'")), []);
  assert.deepEqual(model(args("hf-overrides: {rope_theta: 1000000.0}")).engine.args, {
    "hf-overrides": { rope_theta: 1e6 },
  });
});

test("a number at a flag, or under a name, that is a secret is in no message", () => {
  const flags = told("  vllm:engine: {args: {api-token: 12345678901234567890, password: 1234567.10}}\n");
  assert.equal(flags.length, 2);
  for (const line of flags) assert.match(line, /: is a secret, by its name, and everyone who may see the pod/);
  const labels = told("  vllm:labels: {password: 12345.10}\n").slice(0, 1);
  assert.deepEqual(labels, [
    "vllm:labels.password (Pulumi.s.yaml): is without quotes, and Pulumi does not keep it as it is written; put it in quotes",
  ]);
  assert.doesNotMatch([...flags, ...labels].join(), /123456|12345\.1/);
});

test("what an encrypted or a wrong setting holds is not told of its writing", () => {
  assert.deepEqual(told("  vllm:apiKey: {value: 1.10}\n").length, 1);
  assert.deepEqual(told("  vllm:nothing: 1.10\n").length, 1);
  assert.match(told("  vllm:nothing: 1.10\n")[0] ?? "", /there is no such setting/);
});
