import assert from "node:assert/strict";
import { test } from "node:test";
import type { Problem, ProblemKind } from "../../config/problems.ts";
import { conforms, files, schema } from "./explanation.ts";
import { cli, projectOf } from "./run.ts";

/** `npm run explain` of wrong settings: their problems, as text and as JSON. */

test("wrong settings: all problems at once, as text and as JSON, and exit code 1", async () => {
  const wrong = projectOf({ ...files, "Pulumi.s.yaml": "config:\n  vllm:modle: chat\n  vllm:replicas: 0\n" });
  const text = await cli("explain", "--project", wrong, "--stack", "s");
  assert.equal(text.code, 1);
  assert.match(text.output, /^the settings of this stack have 4 problems\.\n {2}vllm:modle \(Pulumi\.s\.yaml\): /);
  const json = await cli("explain", "--project", wrong, "--stack", "s", "--json");
  assert.equal(json.code, 1);
  const { problems, ...rest } = JSON.parse(json.stdout);
  assert.deepEqual(rest, { schemaVersion: 1, stack: "s" });
  assert.ok(conforms({ ...rest, problems }), JSON.stringify(conforms.errors));
  assert.deepEqual(
    problems.map(({ kind, key }: Problem) => [kind, key]),
    [
      ["unknown", "vllm:modle"],
      ["invalid", "vllm:replicas"],
      ["missing", "vllm:cluster.eks"],
      ["missing", "aws:region"],
    ],
  );
  assert.deepEqual(problems[1], {
    kind: "invalid",
    path: ["replicas"],
    key: "vllm:replicas",
    layer: "Pulumi.s.yaml",
    found: 0,
    allowed: "at least 1",
    message: "is 0, but must be at least 1",
  });
  assert.deepEqual(
    text.output.trimEnd().split("\n").slice(1),
    problems.map(({ key, layer, message }: Problem & { message: string }) => `  ${key} (${layer}): ${message}`),
  );
});

test("a setting that is wrong for several models is one problem, in the JSON too", async () => {
  const shared = projectOf({
    "Pulumi.yaml": "name: x\nruntime: nodejs\n",
    "Pulumi.s.yaml":
      "config:\n  aws:region: eu-west-1\n  vllm:cluster: {eks: lab}\n  vllm:models: {chat: {}, code: {}}\n  vllm:labels: {app.kubernetes.io/name: x}\n  vllm:gpu: {count: 0}\n",
  });
  const { stdout } = await cli("explain", "--project", shared, "--stack", "s", "--json");
  assert.deepEqual(
    JSON.parse(stdout).problems.map(({ key }: Problem) => key),
    ["vllm:labels.app.kubernetes.io/name"],
  );
});

test("the schema knows every kind of problem", () => {
  const kinds: Record<ProblemKind, true> = {
    unknown: true,
    reserved: true,
    invalid: true,
    missing: true,
    exclusive: true,
    misplaced: true,
    secret: true,
    encrypted: true,
    conflict: true,
    fit: true,
    flag: true,
    advisory: true,
  };
  assert.deepEqual(schema.properties.problems.items.properties.kind.enum, Object.keys(kinds));
});

test("a secret in plain text, and something encrypted that the plan needs", async () => {
  const stack = (config: string) =>
    projectOf({
      ...files,
      "Pulumi.s.yaml": `config:\n  aws:region: eu-west-1\n  vllm:cluster: {eks: lab}\n  vllm:model: chat\n${config}`,
    });
  const plain = await cli(
    "explain",
    "--stack",
    "s",
    "--project",
    stack("  vllm:engine: {secretEnv: {A: hunter2-hunter2}}\n"),
  );
  assert.equal(plain.code, 1);
  assert.match(
    plain.output,
    /vllm:engine\.secretEnv\.A \(Pulumi\.s\.yaml\): is a secret in plain text; encrypt it: pulumi config set --secret --path vllm:engine\.secretEnv\.A/,
  );
  assert.doesNotMatch(plain.output, /hunter2/);
  const hidden = await cli("explain", "--stack", "s", "--project", stack("  vllm:replicas: {secure: v1:abc}\n"));
  assert.equal(hidden.code, 1);
  assert.match(
    hidden.output,
    /vllm:replicas \(Pulumi\.s\.yaml\): is encrypted, and its value is needed here; it is no secret: pulumi config set --path vllm:replicas/,
  );
});

test("a base in the stack's file is refused here too", async () => {
  const misplaced = projectOf({ ...files, "Pulumi.s.yaml": `${files["Pulumi.s.yaml"]}  vllm:base: {replicas: 2}\n` });
  const { code, output } = await cli("explain", "--project", misplaced, "--stack", "s");
  assert.equal(code, 1);
  assert.match(output, /vllm:base \(Pulumi\.s\.yaml\): belongs into Pulumi\.yaml/);
});
