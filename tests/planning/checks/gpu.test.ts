import assert from "node:assert/strict";
import { test } from "node:test";
import type { Tree } from "../../../config/tree.ts";
import { file, kinds, variantOf, wrong } from "../given.ts";

const products = ["T4", "A10G", "L4", "L40S", "RTX-PRO-6000", "A100-40GB", "A100-80GB", "H100", "H200", "B200"];
const choices = products.map((product) => `'${product}'`).join(" or ");

test("the GPU: none named, misspelt, unknown", () => {
  const none = [`vllm:gpu.product ${file}: is not set; one of ${products.join(", ")}, or gpu.count: 0 for a CPU`];
  assert.deepEqual(wrong({ gpu: {} }), none);
  assert.deepEqual(kinds({ gpu: {} }), [["missing", "gpu.product"]]);
  assert.deepEqual(wrong({ gpu: null }, { gpu: { product: "L4" } }), none);
  assert.deepEqual(wrong({ gpu: { product: "h100" } }), [
    `vllm:gpu.product ${file}: is "h100", but must be ${choices}; did you mean 'H100'?`,
  ]);
  assert.deepEqual(kinds({ gpu: { product: "h100" } }), [["invalid", "gpu.product"]]);
  const unknown = (product: string) => [`vllm:base.gpu.product (Pulumi.yaml): is "${product}", but must be ${choices}`];
  assert.deepEqual(wrong({ gpu: {} }, { gpu: { product: "RTX5090" } }), unknown("RTX5090"));
  assert.deepEqual(wrong({ gpu: null }, { gpu: { product: "RTX" } }), unknown("RTX"), "a layer is checked by itself");
  assert.deepEqual(wrong({ gpu: { product: "constructor" } }).length, 1);
});

test("the GPUs of a pod: as many as are asked for, 0 on a CPU", () => {
  assert.equal(variantOf({ gpu: { count: 0 } }).pod.gpu.count, 0);
  assert.equal(variantOf({ gpu: { product: "L4", count: 8 } }).pod.gpu.count, 8);
});

test("tensor times pipeline parallel is the number of GPUs", () => {
  const refused = (count: number, engine: Tree, key: string, sizes: string) => {
    const own = { gpu: { product: "L4", count }, engine };
    assert.deepEqual(wrong(own), [
      `vllm:engine.${key} ${file}: tensor × pipeline parallel size is ${sizes}, but a pod has gpu.count: ${count}`,
    ]);
    assert.deepEqual(kinds(own), [["conflict", `engine.${key}`]]);
  };
  refused(4, { tensorParallelSize: 2 }, "tensorParallelSize", "2 × 1");
  refused(4, { tensorParallelSize: 8 }, "tensorParallelSize", "8 × 1");
  refused(1, { pipelineParallelSize: 2 }, "pipelineParallelSize", "1 × 2");
  refused(0, { tensorParallelSize: 2 }, "tensorParallelSize", "2 × 1");
  // 4 / 3 × 3 is 4, but there is no third of a GPU
  assert.deepEqual(wrong({ gpu: { product: "L4", count: 4 }, engine: { pipelineParallelSize: 3 } }), [
    `vllm:engine.pipelineParallelSize ${file}: is 3, and the pod's gpu.count: 4 cannot be parted into 3 equal stages`,
  ]);
});

test("what no instance holds is refused where EC2 makes the nodes, and nowhere else", () => {
  const gpu = { product: "L4", labels: "karpenter" };
  const own = { gpu, resources: { cpu: "193", memory: "769Gi" } };
  assert.deepEqual(wrong(own), [
    `vllm:resources.cpu ${file}: is 193, more than the 192 vCPUs of the largest instance type with 1 × L4`,
    `vllm:resources.memory ${file}: is 769Gi, more than the 768Gi of the largest instance type with 1 × L4`,
  ]);
  assert.deepEqual(kinds(own), [
    ["conflict", "resources.cpu"],
    ["conflict", "resources.memory"],
  ]);
  assert.deepEqual(wrong({ gpu, resources: { cpu: "192", memory: "768Gi" } }), []);
  assert.deepEqual(wrong({ resources: { cpu: "500", memory: "2Ti" } }), []);
});

test("the node labels that the GPU's settings write are not for the user, others are", () => {
  const key = "nvidia.com/gpu.product";
  const own = { scheduling: { nodeSelector: { [key]: "NVIDIA-L4" } } };
  assert.deepEqual(wrong(own), [
    `vllm:scheduling.nodeSelector.${key} ${file}: is written by gpu.product and gpu.labels; remove it here`,
  ]);
  assert.deepEqual(kinds(own), [["conflict", `scheduling.nodeSelector.${key}`]]);
  const karpenter = { gpu: { product: "L4", labels: "karpenter" } };
  assert.deepEqual(wrong({ ...karpenter, ...own }), []);
});
