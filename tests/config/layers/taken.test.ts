import assert from "node:assert/strict";
import { test } from "node:test";
import { checkSource } from "../../../config/layers/layer.ts";
import { sentence } from "../../../config/problems.ts";
import type { Tree } from "../../../config/tree.ts";

/** What a layer takes, and what stays in it. */

const check = (tree: Tree) => checkSource({ name: "stack", file: "Pulumi.prod.yaml", prefix: "vllm:", tree });
const problems = (tree: Tree): string[] =>
  check(tree).problems.map((problem) => `${problem.key}: ${sentence(problem)}`);

test("at its bounds a value is taken, and text is taken for the number or boolean that it spells", () => {
  const {
    layer: { settings },
    problems: found,
  } = check({
    production: "true",
    replicas: "1000",
    gpu: { count: "0", spare: "2", labels: "eks-auto" },
    engine: { gpuMemoryUtilization: "0.99", maxModelLen: "8192", version: "0.32.0", args: { n: "5", b: false } },
    namespace: { create: "false", name: "n".repeat(63) },
    apiKey: { rotation: 2 },
    startup: { seconds: 10 },
    drain: { seconds: 35 },
    revision: 20261121,
    image: { repository: "localhost:5000/team/vllm", tag: 1.5, digest: `sha256:${"0".repeat(64)}`, pullSecrets: ["a"] },
    model: "c".repeat(39),
  });
  assert.deepEqual(found, []);
  assert.deepEqual(settings, {
    production: true,
    replicas: 1000,
    gpu: { count: 0, spare: 2, labels: "eks-auto" },
    engine: { gpuMemoryUtilization: 0.99, maxModelLen: 8192, version: "0.32.0", args: { n: "5", b: false } },
    namespace: { create: false, name: "n".repeat(63) },
    apiKey: { rotation: "2" },
    startup: { seconds: 10 },
    drain: { seconds: 35 },
    revision: "20261121",
    image: {
      repository: "localhost:5000/team/vllm",
      tag: "1.5",
      digest: `sha256:${"0".repeat(64)}`,
      pullSecrets: ["a"],
    },
    model: "c".repeat(39),
  });
});

test("names and paths that are right are taken", () => {
  for (const model of ["a", "chat", "chat-2", "x1", "a-vllm"]) assert.deepEqual(problems({ model }), []);
  for (const revision of ["v1", "2026-11-21", "A_b.c", "1"]) assert.deepEqual(problems({ revision }), []);
  for (const repository of ["vllm", "vllm/vllm-openai", "ghcr.io/a/b/c", "localhost:5000/x"])
    assert.deepEqual(problems({ image: { repository } }), []);
  for (const cpu of ["4", 4, "0.5", "500m"]) assert.deepEqual(problems({ resources: { cpu } }), []);
  for (const memory of ["512Mi", "24Gi", "1.5Ti"]) assert.deepEqual(problems({ resources: { memory } }), []);
});

test("removals stay in the layer, whatever they take back, and are no problem", () => {
  const tree = { engine: { maxModelLen: null, args: { seed: null } }, gpu: "", models: { chat: null, code: {} } };
  assert.deepEqual(check(tree), {
    layer: {
      name: "stack",
      file: "Pulumi.prod.yaml",
      prefix: "vllm:",
      written: { ...tree, gpu: null },
      settings: { engine: { maxModelLen: null, args: { seed: null } }, gpu: null, models: { chat: null, code: {} } },
      encrypted: [],
      altered: [],
    },
    problems: [],
    faulty: [],
    secrets: {},
  });
  assert.deepEqual(problems({ replicas: null, autoscaling: { min: 1, max: 2 } }), []);
  assert.deepEqual(problems({ model: "", models: { chat: {} } }), []);
});

test("a layer is checked on a copy, and no key reaches a prototype", () => {
  const tree = JSON.parse('{"models": {"__proto__": {"polluted": null}}, "engine": {"env": {"__proto__": null}}}');
  const before = JSON.stringify(tree);
  check(tree);
  assert.equal(JSON.stringify(tree), before);
  assert.equal("polluted" in {}, false);
  assert.deepEqual(Object.keys(Object.prototype), []);
});
