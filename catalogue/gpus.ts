/** An EC2 instance type that carries a GPU. */
export interface Instance {
  type: string;
  gpus: number;
  vcpus: number;
  memoryGib: number;
  /** Baseline (not burst) network rate in Gbit/s. */
  networkGbps: number;
}

/** A GPU model as it can be asked for in EKS. */
export interface Gpu {
  /** Memory of one GPU in MiB, as EC2 describes it: the value of node labels, not what a program gets. */
  memoryMib: number;
  /** Memory of one GPU in GiB as CUDA gives it to vLLM: without what the driver and error correction keep. */
  cudaGib: number;
  /** CUDA compute capability: bfloat16 begins with 8.0, FP8 in hardware with 8.9. */
  computeCapability: number;
  /** Node labels by who makes the nodes. Where one name means two memory sizes, the memory label tells them apart. */
  labels: {
    /** Value of `nvidia.com/gpu.product`, from NVIDIA GPU feature discovery. */
    nvidia: string;
    /** Value of `<prefix>/instance-gpu-name`, the prefix being `karpenter.k8s.aws` or `eks.amazonaws.com` (Auto Mode). */
    name: string;
    ambiguous?: true;
  };
  instances: readonly Instance[];
}

const instances = (...rows: [string, number, number, number, number][]): Instance[] =>
  rows.map(([type, gpus, vcpus, memoryGib, networkGbps]) => ({ type, gpus, vcpus, memoryGib, networkGbps }));

/**
 * GPU models by the name that `gpu.product` takes.
 * Memory for labels, names, instance types, vCPUs, host memory, network: Karpenter's instance type reference
 * (aws/karpenter-provider-aws, 1d92708, 2026-08-21). Where an instance has several network cards (its
 * zz_generated.vpclimits.go) the network is one card's, since pods leave by the first: 400 of g7e's 800 and 1,600,
 * 100 of g6e's 200 and 400 and of p4d's and p4de's 400. p5, p5e, p5en and p6 have 100: their 3,200 Gbit/s are EFA,
 * over which S3 does not go, and 100 is what p5.4xlarge is given without it.
 * Product labels: NVIDIA GPU feature discovery, the product's name with spaces as dashes.
 * Memory for programs: the total in vLLM's start-up line "Free memory on device (free/total GiB)" or PyTorch's
 * "GPU 0 has a total capacity of", in public logs, such as vllm-project/vllm#16570 (A100-40GB) and meta-llama/llama#67
 * (T4); by the driver they differ by up to half a per cent, and the lesser is here.
 */
const table = {
  T4: {
    memoryMib: 16384,
    cudaGib: 14.56,
    computeCapability: 7.5,
    labels: { nvidia: "Tesla-T4", name: "t4" },
    instances: instances(
      ["g4dn.xlarge", 1, 4, 16, 5],
      ["g4dn.2xlarge", 1, 8, 32, 10],
      ["g4dn.4xlarge", 1, 16, 64, 20],
      ["g4dn.8xlarge", 1, 32, 128, 50],
      ["g4dn.12xlarge", 4, 48, 192, 50],
      ["g4dn.16xlarge", 1, 64, 256, 50],
      ["g4dn.metal", 8, 96, 384, 100],
    ),
  },
  A10G: {
    memoryMib: 22888,
    cudaGib: 22.06,
    computeCapability: 8.6,
    labels: { nvidia: "NVIDIA-A10G", name: "a10g" },
    instances: instances(
      ["g5.xlarge", 1, 4, 16, 2.5],
      ["g5.2xlarge", 1, 8, 32, 5],
      ["g5.4xlarge", 1, 16, 64, 10],
      ["g5.8xlarge", 1, 32, 128, 25],
      ["g5.12xlarge", 4, 48, 192, 40],
      ["g5.16xlarge", 1, 64, 256, 25],
      ["g5.24xlarge", 4, 96, 384, 50],
      ["g5.48xlarge", 8, 192, 768, 100],
    ),
  },
  L4: {
    memoryMib: 22888,
    cudaGib: 22.03,
    computeCapability: 8.9,
    labels: { nvidia: "NVIDIA-L4", name: "l4" },
    instances: instances(
      ["g6.xlarge", 1, 4, 16, 2.5],
      ["g6.2xlarge", 1, 8, 32, 5],
      ["g6.4xlarge", 1, 16, 64, 10],
      ["g6.8xlarge", 1, 32, 128, 25],
      ["g6.12xlarge", 4, 48, 192, 40],
      ["g6.16xlarge", 1, 64, 256, 25],
      ["g6.24xlarge", 4, 96, 384, 50],
      ["g6.48xlarge", 8, 192, 768, 100],
      ["gr6.4xlarge", 1, 16, 128, 10],
      ["gr6.8xlarge", 1, 32, 256, 25],
    ),
  },
  L40S: {
    memoryMib: 45776,
    cudaGib: 44.39,
    computeCapability: 8.9,
    labels: { nvidia: "NVIDIA-L40S", name: "l40s" },
    instances: instances(
      ["g6e.xlarge", 1, 4, 32, 2.5],
      ["g6e.2xlarge", 1, 8, 64, 5],
      ["g6e.4xlarge", 1, 16, 128, 20],
      ["g6e.8xlarge", 1, 32, 256, 25],
      ["g6e.12xlarge", 4, 48, 384, 100],
      ["g6e.16xlarge", 1, 64, 512, 35],
      ["g6e.24xlarge", 4, 96, 768, 100],
      ["g6e.48xlarge", 8, 192, 1536, 100],
    ),
  },
  "RTX-PRO-6000": {
    memoryMib: 98304,
    cudaGib: 94.97,
    computeCapability: 12,
    labels: { nvidia: "NVIDIA-RTX-PRO-6000-Blackwell-Server-Edition", name: "rtx-pro-server-6000" },
    instances: instances(
      ["g7e.2xlarge", 1, 8, 64, 50],
      ["g7e.4xlarge", 1, 16, 128, 50],
      ["g7e.8xlarge", 1, 32, 256, 100],
      ["g7e.12xlarge", 2, 48, 512, 400],
      ["g7e.24xlarge", 4, 96, 1024, 400],
      ["g7e.48xlarge", 8, 192, 2048, 400],
    ),
  },
  "A100-40GB": {
    memoryMib: 40960,
    cudaGib: 39.38,
    computeCapability: 8.0,
    labels: { nvidia: "NVIDIA-A100-SXM4-40GB", name: "a100", ambiguous: true },
    instances: instances(["p4d.24xlarge", 8, 96, 1152, 100]),
  },
  "A100-80GB": {
    memoryMib: 81920,
    cudaGib: 79.15,
    computeCapability: 8.0,
    labels: { nvidia: "NVIDIA-A100-SXM4-80GB", name: "a100", ambiguous: true },
    instances: instances(["p4de.24xlarge", 8, 96, 1152, 100]),
  },
  H100: {
    memoryMib: 81920,
    cudaGib: 79.1,
    computeCapability: 9.0,
    labels: { nvidia: "NVIDIA-H100-80GB-HBM3", name: "h100" },
    instances: instances(["p5.4xlarge", 1, 16, 256, 100], ["p5.48xlarge", 8, 192, 2048, 100]),
  },
  H200: {
    memoryMib: 144384,
    cudaGib: 139.8,
    computeCapability: 9.0,
    labels: { nvidia: "NVIDIA-H200", name: "h200" },
    instances: instances(["p5e.48xlarge", 8, 192, 2048, 100], ["p5en.48xlarge", 8, 192, 2048, 100]),
  },
  B200: {
    memoryMib: 183359,
    cudaGib: 178.35,
    computeCapability: 10.0,
    labels: { nvidia: "NVIDIA-B200", name: "b200" },
    instances: instances(["p6-b200.48xlarge", 8, 192, 2048, 100]),
  },
} satisfies Record<string, Gpu>;

/** A name that `gpu.product` takes. */
export type GpuProduct = keyof typeof table;

export const gpus: Readonly<Record<GpuProduct, Gpu>> = table;

/** The names that `gpu.product` takes. */
export const gpuProducts = Object.keys(table) as GpuProduct[];
