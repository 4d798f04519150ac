import assert from "node:assert/strict";
import { test } from "node:test";
import type { Tree } from "../../../config/tree.ts";
import { warnings } from "../../../planning/warnings.ts";
import { file, kinds, variantOf, wrong } from "../given.ts";

/** Settings that each are of a right form, and that nobody can mean. */

test("a namespace that every cluster has is not made, and may be used", () => {
  const own = (namespace: Tree) => ({ namespace });
  assert.deepEqual(wrong(own({ name: "default", create: true })), [
    `vllm:namespace.create ${file}: is true, but every cluster has its namespace 'default', which cannot be made again; remove it`,
  ]);
  assert.deepEqual(kinds(own({ name: "default", create: true })), [["conflict", "namespace.create"]]);
  for (const namespace of [
    { name: "default" },
    { name: "default", create: false },
    { name: "inference", create: true },
  ])
    assert.deepEqual(wrong(own(namespace)), []);
});

test("labels of other makers may name the same GPU, also a shared one, and no other", () => {
  const told = (labels: string, nodeSelector: Tree, product = "L4") =>
    wrong({ gpu: { product, labels }, scheduling: { nodeSelector } });
  const cases: readonly [labels: string, key: string, found: string, right: string][] = [
    ["nvidia", "karpenter.k8s.aws/instance-gpu-name", "a100", "l4"],
    ["nvidia", "eks.amazonaws.com/instance-gpu-name", "t4", "l4"],
    ["karpenter", "nvidia.com/gpu.product", "NVIDIA-A100-SXM4-40GB", "NVIDIA-L4"],
    ["eks-auto", "nvidia.com/gpu.product", "NVIDIA-L40S", "NVIDIA-L4"],
  ];
  for (const [labels, key, found, right] of cases) {
    assert.deepEqual(told(labels, { [key]: found }), [
      `vllm:scheduling.nodeSelector.${key} ${file}: is ${found}, which is no L4, whose nodes have '${right}' there: no node is both; remove it`,
    ]);
    assert.deepEqual(told(labels, { [key]: right }), []);
  }
  assert.deepEqual(told("karpenter", { "nvidia.com/gpu.product": "NVIDIA-L4-SHARED" }), []);
  const memory = "karpenter.k8s.aws/instance-gpu-memory";
  assert.equal(told("nvidia", { [memory]: "40960" }, "A100-80GB").length, 1);
  assert.deepEqual(wrong({ gpu: { count: 0 }, scheduling: { nodeSelector: { "nvidia.com/gpu.product": "x" } } }), []);
});

test("overrides of a model's configuration are a group, as one or as JSON", () => {
  const told = (value: unknown) => wrong({ engine: { args: { "hf-overrides": value } } });
  for (const text of ["not json", "[1]", "rope", "3"])
    assert.deepEqual(told(text), [
      `vllm:engine.args.hf-overrides ${file}: is ${text}, but must be a group (a JSON object)`.replace(
        /is (\S.*?), but/,
        (_, one) => `is ${JSON.stringify(one)}, but`,
      ),
    ]);
  for (const right of ['{"a": 1}', { a: 1 }, "None"]) assert.deepEqual(told(right), []);
});

test("the largest pod that is taken, and times that are short: the start is told of, the wait for a node is not", () => {
  assert.deepEqual(wrong({ resources: { cpu: "1920", memory: "32Ti" } }), []);
  assert.equal(warnings(variantOf({ startup: { seconds: 10 } }).facts).length, 1);
  // On a node that is there and has the image nothing is waited for.
  assert.deepEqual(warnings(variantOf({ provisioning: { seconds: 1 } }).facts), []);
  // A budget of the stack's, which a model without GPUs takes nothing of.
  assert.deepEqual(wrong({ gpu: { count: 0, spare: 5 } }), []);
});

test("tags that stay are taken, moving ones with a digest beside them", () => {
  for (const tag of ["nightly", "latest-cu130", "nightly-x86_64", "cu129-nightly", "main"]) {
    assert.deepEqual(wrong({ image: { tag } }), [
      `vllm:image.tag ${file}: is ${tag}, which is another image tomorrow; write a tag that stays, or give image.digest beside it`,
    ]);
    assert.deepEqual(wrong({ image: { tag, digest: `sha256:${"0".repeat(64)}` } }), []);
  }
  const commit = "nightly-0123456789abcdef0123456789abcdef01234567";
  for (const tag of [commit, "v0.32.0", "v0.32.0-cu129", "latest2", "mainline", "2026-11-22"])
    assert.deepEqual(wrong({ image: { repository: "r.example/x", tag } }), [], tag);
  const digest = `sha256:${"0".repeat(64)}`;
  assert.deepEqual(wrong({ delivery: { image: `amazon/aws-cli:latest@${digest}` } }), []);
  for (const repository of ["localhost:5000/x", "r.example:1/a/b_c/d--e", "a__b/c.d", "x", "1.2.3.4:5/y"])
    assert.deepEqual(wrong({ image: { repository } }), [], repository);
});

test("a taint is tolerated for a while, as Kubernetes has it", () => {
  const tolerations = [{ key: "spot", operator: "Exists", effect: "NoExecute", tolerationSeconds: 60 }];
  assert.deepEqual(variantOf({ scheduling: { tolerations } }).pod.scheduling.tolerations, tolerations);
});
