import assert from "node:assert/strict";
import { test } from "node:test";
import type { Problem } from "../../../config/problems.ts";
import { sentence } from "../../../config/problems.ts";
import { readProjectFile, readStackFile } from "../../../config/sources/stackFile.ts";

/** What stands beside the settings, in a stack's file and in Pulumi.yaml. */

const line = (problem: Problem) => `${problem.key} (${problem.layer}): ${sentence(problem)}`;
const inStack = (text: string, project = "pulumi-vllm") => readStackFile("s", text, project).problems.map(line);
const inProject = (text: string) => readProjectFile("p", `name: x\nruntime: nodejs\n${text}`).problems.map(line);
const config = (...keys: string[]) => `config:\n${keys.map((key) => `  ${key}\n`).join("")}`;
const noEffect = (key: string, name: string) => `${key} (s): has no effect; settings are read from 'vllm:${name}'`;

test("a misspelt namespace, or none, is told with the right key", () => {
  for (const space of ["vlm", "VLLM", "vvlm", "vlmm", "vllms", "v-llm", "vLLM"])
    assert.deepEqual(inStack(config(`${space}:replicas: 7`)), [noEffect(`${space}:replicas`, "replicas")]);
  assert.deepEqual(inStack(config("replicas: 7")), [noEffect("replicas", "replicas")]);
  assert.deepEqual(inStack(config("pulumi-vllm:replicas: 7")), [noEffect("pulumi-vllm:replicas", "replicas")]);
  assert.deepEqual(inStack(config("replicas: 7"), "vllm"), []);
});

test("what stood indented below another key is told so, with no setting that there is not", () => {
  const [problem, ...others] = readStackFile("s", config("vllm:gpu:", "count: 2"), "x").problems;
  assert.deepEqual(others, []);
  assert.equal(
    problem && line(problem),
    "count (s): has no effect: it is no setting by itself; indent it below the key that it belongs to, or remove it",
  );
  assert.equal(problem?.meant, undefined);
});

test("what another program or provider would read is told; what Pulumi and its AWS provider read is not", () => {
  assert.deepEqual(inStack(config("team:replicas: 7", "kubernetes:context: x", "a:b:c: 1", "a:b:c:d: 1")), [
    "team:replicas (s): has no effect: nothing here reads the namespace 'team'; remove it",
    "kubernetes:context (s): has no effect: the cluster is that of vllm:cluster; remove it",
    "a:b:c (s): is no key that Pulumi takes; a setting's is written 'vllm:' and its name",
    "a:b:c:d (s): is no key that Pulumi takes; a setting's is written 'vllm:' and its name",
  ]);
  assert.deepEqual(inStack(config("aws:region: eu-west-1", "aws:profile: x", "pulumi:tags: {a: b}")), []);
});

test("a name with dots is what 'pulumi config set' makes without --path", () => {
  assert.deepEqual(inStack(config("vllm:gpu.count: 2", "vllm:config:model: chat")), [
    "vllm:gpu.count (s): is one name, with dots in it; with --path it is a setting: pulumi config set --path 'vllm:gpu.count'",
    "vllm:config:model (s): is an old way to write 'vllm:model'; write that",
  ]);
});

test("what stands outside of config is told, but for what is Pulumi's own", () => {
  const outside = (key: string) =>
    `${key} (s): stands outside of 'config:' and has no effect; indent it below that, or remove it`;
  assert.deepEqual(inStack("config: {}\nvllm:drain: {seconds: 90}\nreplicas: 2\nteam: x\n"), [
    outside("vllm:drain"),
    outside("replicas"),
    outside("team"),
  ]);
  assert.deepEqual(inStack("Config:\n  vllm:model: chat\n"), [
    "Config (s): and what stands in it have no effect; did you mean 'config'?",
  ]);
  const own = "environment: [a]\nsecretsprovider: x\nencryptedkey: y\nencryptionsalt: z\nconfig:\n";
  assert.deepEqual(inStack(own), []);
});

test("in Pulumi.yaml the settings are in the base, and nowhere else", () => {
  assert.deepEqual(inProject(config("vllm:base: {value: {replicas: 2}}", "aws:region: {value: x}")), []);
  assert.deepEqual(inProject("stackConfigDir: stacks\npackages: {}\nauthor: x\n"), []);
  assert.deepEqual(
    inProject(`${config("vllm:replicas: {value: 7}", "vlm:base: {value: {}}")}vllm:base: {}\ndrain: 1\n`),
    [
      "vllm:base (p): stands outside of 'config:' and has no effect; indent it below that, or remove it",
      "drain (p): stands outside of 'config:' and has no effect; indent it below that, or remove it",
      "vllm:replicas (p): stands beside what all stacks share; write it as 'replicas' under vllm:base.value",
      "vlm:base (p): has no effect; settings are read from 'vllm:base'",
    ],
  );
});

test("a key that is no text to Pulumi is told where Pulumi changes it, or takes none", () => {
  const odd = "is no text to Pulumi without quotes; put the key in quotes";
  assert.deepEqual(inStack(config("vllm:labels: {1.10: a, 010: b, 2026: c, true: d, '1.20': e}", "vllm:gpu: {~: 1}")), [
    `vllm:labels.1.10 (s): ${odd}`,
    `vllm:labels.010 (s): ${odd}`,
    `vllm:gpu.~ (s): ${odd}`,
  ]);
  assert.deepEqual(inProject(config("vllm:base: {value: {labels: {2026: c, x: d}}}")), [
    `vllm:base.labels.2026 (p): ${odd}`,
  ]);
});
