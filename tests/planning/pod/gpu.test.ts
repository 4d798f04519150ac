import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type GpuProduct, gpuProducts, gpus } from "../../../catalogue/gpus.ts";
import { hostShare, instancesFor, nodeSelector } from "../../../planning/pod/gpu.ts";

/** Each product's labels in the three dialects, its memory in MiB and the most GPUs that a pod can have. */
const table: Record<GpuProduct, { nvidia: string; name: string; memory: string; most: number; ambiguous?: true }> = {
  T4: { nvidia: "Tesla-T4", name: "t4", memory: "16384", most: 8 },
  A10G: { nvidia: "NVIDIA-A10G", name: "a10g", memory: "22888", most: 8 },
  L4: { nvidia: "NVIDIA-L4", name: "l4", memory: "22888", most: 8 },
  L40S: { nvidia: "NVIDIA-L40S", name: "l40s", memory: "45776", most: 8 },
  "RTX-PRO-6000": {
    ...{ nvidia: "NVIDIA-RTX-PRO-6000-Blackwell-Server-Edition", name: "rtx-pro-server-6000" },
    ...{ memory: "98304", most: 8 },
  },
  "A100-40GB": { nvidia: "NVIDIA-A100-SXM4-40GB", name: "a100", memory: "40960", most: 8, ambiguous: true },
  "A100-80GB": { nvidia: "NVIDIA-A100-SXM4-80GB", name: "a100", memory: "81920", most: 8, ambiguous: true },
  H100: { nvidia: "NVIDIA-H100-80GB-HBM3", name: "h100", memory: "81920", most: 8 },
  H200: { nvidia: "NVIDIA-H200", name: "h200", memory: "144384", most: 8 },
  B200: { nvidia: "NVIDIA-B200", name: "b200", memory: "183359", most: 8 },
};

test("the table above has every product", () => assert.deepEqual(Object.keys(table), gpuProducts));

for (const product of gpuProducts) {
  const { nvidia, name, memory, most, ambiguous } = table[product];
  test(`${product}: labels in three dialects, and instance types for 1 to ${most}`, () => {
    assert.deepEqual(nodeSelector(product, "nvidia"), { "nvidia.com/gpu.product": nvidia });
    for (const [dialect, prefix] of [
      ["karpenter", "karpenter.k8s.aws"],
      ["eks-auto", "eks.amazonaws.com"],
    ] as const)
      assert.deepEqual(nodeSelector(product, dialect), {
        [`${prefix}/instance-gpu-name`]: name,
        ...(ambiguous ? { [`${prefix}/instance-gpu-memory`]: memory } : {}),
      });
    assert.equal(String(gpus[product].memoryMib), memory);
    assert.ok(instancesFor(gpus[product], most).length > 0);
    assert.deepEqual(instancesFor(gpus[product], most + 1), []);
  });
}

test("two products never mean the same nodes, in any dialect", () => {
  for (const dialect of ["nvidia", "karpenter", "eks-auto"] as const) {
    const selectors = gpuProducts.map((product) => JSON.stringify(nodeSelector(product, dialect)));
    assert.equal(new Set(selectors).size, gpuProducts.length, dialect);
  }
});

test("a name that means two memory sizes is told apart by the memory label, and no other has one", () => {
  for (const product of gpuProducts) {
    const { labels } = gpus[product];
    const shared = gpuProducts.filter((other) => gpus[other].labels.name === labels.name).length > 1;
    assert.equal(labels.ambiguous ?? false, shared, product);
  }
});

test("every instance type has figures, stands once, and has a GPU", () => {
  const types = Object.values(gpus).flatMap(({ instances }) => instances);
  assert.equal(new Set(types.map(({ type }) => type)).size, types.length);
  for (const { type, gpus, vcpus, memoryGib, networkGbps } of types) {
    assert.match(type, /^[a-z0-9-]+\.(\d*xlarge|metal)$/);
    assert.ok([1, 2, 4, 8].includes(gpus), type);
    for (const figure of [vcpus, memoryGib, networkGbps]) assert.ok(Number.isFinite(figure) && figure > 0, type);
  }
});

test("every size of a family is there", () => {
  const sizes = (family: string) =>
    Object.values(gpus).flatMap(({ instances }) =>
      instances.flatMap(({ type }) => (type.startsWith(`${family}.`) ? type.slice(family.length + 1) : [])),
    );
  const common = ["xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge"];
  assert.deepEqual(sizes("g4dn"), [...common, "metal"]);
  for (const family of ["g5", "g6", "g6e"]) assert.deepEqual(sizes(family), [...common, "24xlarge", "48xlarge"]);
  assert.deepEqual(sizes("g7e"), ["2xlarge", "4xlarge", "8xlarge", "12xlarge", "24xlarge", "48xlarge"]);
  assert.deepEqual(sizes("gr6"), ["4xlarge", "8xlarge"]);
  assert.deepEqual(sizes("p5"), ["4xlarge", "48xlarge"]);
});

test("what CUDA gives a program is a little less than what EC2 writes on the GPU", () => {
  for (const [product, { memoryMib, cudaGib }] of Object.entries(gpus)) {
    const share = (cudaGib * 1024) / memoryMib;
    assert.ok(share > 0.9 && share < 1, `${product}: ${share}`);
  }
});

test("compute capabilities, by generation", () => {
  const capabilities = Object.entries(gpus).map(([product, { computeCapability }]) => [product, computeCapability]);
  assert.deepEqual(Object.fromEntries(capabilities), {
    ...{ T4: 7.5, A10G: 8.6, L4: 8.9, L40S: 8.9, "RTX-PRO-6000": 12, "A100-40GB": 8, "A100-80GB": 8 },
    ...{ H100: 9, H200: 9, B200: 10 },
  });
});

test("labels are valid values of Kubernetes labels", () => {
  for (const product of gpuProducts)
    for (const dialect of ["nvidia", "karpenter", "eks-auto"] as const)
      for (const value of Object.values(nodeSelector(product, dialect)))
        assert.match(value, /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/);
});

test("the host's share: the least over the instance types, by hand", () => {
  assert.deepEqual(hostShare("L4", 1), { vcpus: 4, memoryGib: 16, networkGbps: 2.5 });
  assert.deepEqual(hostShare("L4", 2), { vcpus: 24, memoryGib: 96, networkGbps: 20 });
  assert.deepEqual(hostShare("L4", 4), { vcpus: 48, memoryGib: 192, networkGbps: 40 });
  assert.deepEqual(hostShare("L4", 8), { vcpus: 192, memoryGib: 768, networkGbps: 100 });
  assert.deepEqual(hostShare("T4", 8), { vcpus: 96, memoryGib: 384, networkGbps: 100 });
  assert.deepEqual(hostShare("H100", 1), { vcpus: 16, memoryGib: 256, networkGbps: 12.5 });
  // of eight GPUs' network only one card's 100 Gbit/s are the pods'
  assert.deepEqual(hostShare("A100-80GB", 1), { vcpus: 12, memoryGib: 144, networkGbps: 12.5 });
  assert.deepEqual(hostShare("L40S", 1), { vcpus: 4, memoryGib: 32, networkGbps: 2.5 });
  assert.deepEqual(hostShare("L40S", 8), { vcpus: 192, memoryGib: 1536, networkGbps: 100 });
  assert.deepEqual(hostShare("RTX-PRO-6000", 1), { vcpus: 8, memoryGib: 64, networkGbps: 50 });
  assert.deepEqual(hostShare("RTX-PRO-6000", 2), { vcpus: 48, memoryGib: 512, networkGbps: 100 });
});

const products = fc.constantFrom(...gpuProducts);
const counts = fc.integer({ min: 1, max: 8 });

test("as many pods as an instance has room for by GPUs fit by vCPUs and memory too", () => {
  fc.assert(
    fc.property(products, counts, (product, count) => {
      const share = hostShare(product, count);
      for (const instance of instancesFor(gpus[product], count)) {
        const pods = Math.floor(instance.gpus / count);
        assert.ok(pods * share.vcpus <= instance.vcpus);
        assert.ok(pods * share.memoryGib <= instance.memoryGib);
        assert.ok(pods * share.networkGbps <= instance.networkGbps);
      }
    }),
  );
});
