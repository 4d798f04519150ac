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
  /** Memory of one GPU in MiB, as EC2 describes it. */
  memoryMib: number;
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
 * Source of memory, names, instance types, vCPUs, host memory and network: Karpenter's instance type reference
 * (aws/karpenter-provider-aws, 1d92708, 2026-08-21). The network of p5, p5e, p5en and p6 is 100 Gbit/s here: their
 * 3,200 Gbit/s are EFA, over which S3 does not go, and 100 is what p5.4xlarge is given without it.
 * Product labels: NVIDIA GPU feature discovery, the product's name with spaces as dashes.
 */
export const gpus: Readonly<Record<string, Gpu>> = {
  T4: {
    memoryMib: 16384,
    labels: { nvidia: "Tesla-T4", name: "t4" },
    instances: instances(
      ["g4dn.xlarge", 1, 4, 16, 5],
      ["g4dn.2xlarge", 1, 8, 32, 10],
      ["g4dn.4xlarge", 1, 16, 64, 20],
      ["g4dn.12xlarge", 4, 48, 192, 50],
      ["g4dn.metal", 8, 96, 384, 100],
    ),
  },
  A10G: {
    memoryMib: 22888,
    labels: { nvidia: "NVIDIA-A10G", name: "a10g" },
    instances: instances(
      ["g5.xlarge", 1, 4, 16, 2.5],
      ["g5.2xlarge", 1, 8, 32, 5],
      ["g5.4xlarge", 1, 16, 64, 10],
      ["g5.12xlarge", 4, 48, 192, 40],
      ["g5.48xlarge", 8, 192, 768, 100],
    ),
  },
  L4: {
    memoryMib: 22888,
    labels: { nvidia: "NVIDIA-L4", name: "l4" },
    instances: instances(
      ["g6.xlarge", 1, 4, 16, 2.5],
      ["g6.2xlarge", 1, 8, 32, 5],
      ["g6.4xlarge", 1, 16, 64, 10],
      ["g6.12xlarge", 4, 48, 192, 40],
      ["g6.48xlarge", 8, 192, 768, 100],
    ),
  },
  L40S: {
    memoryMib: 45776,
    labels: { nvidia: "NVIDIA-L40S", name: "l40s" },
    instances: instances(
      ["g6e.xlarge", 1, 4, 32, 2.5],
      ["g6e.2xlarge", 1, 8, 64, 5],
      ["g6e.4xlarge", 1, 16, 128, 20],
      ["g6e.12xlarge", 4, 48, 384, 100],
      ["g6e.48xlarge", 8, 192, 1536, 400],
    ),
  },
  "A100-40GB": {
    memoryMib: 40960,
    labels: { nvidia: "NVIDIA-A100-SXM4-40GB", name: "a100", ambiguous: true },
    instances: instances(["p4d.24xlarge", 8, 96, 1152, 400]),
  },
  "A100-80GB": {
    memoryMib: 81920,
    labels: { nvidia: "NVIDIA-A100-SXM4-80GB", name: "a100", ambiguous: true },
    instances: instances(["p4de.24xlarge", 8, 96, 1152, 400]),
  },
  H100: {
    memoryMib: 81920,
    labels: { nvidia: "NVIDIA-H100-80GB-HBM3", name: "h100" },
    instances: instances(["p5.4xlarge", 1, 16, 256, 100], ["p5.48xlarge", 8, 192, 2048, 100]),
  },
  H200: {
    memoryMib: 144384,
    labels: { nvidia: "NVIDIA-H200", name: "h200" },
    instances: instances(["p5e.48xlarge", 8, 192, 2048, 100], ["p5en.48xlarge", 8, 192, 2048, 100]),
  },
  B200: {
    memoryMib: 183359,
    labels: { nvidia: "NVIDIA-B200", name: "b200" },
    instances: instances(["p6-b200.48xlarge", 8, 192, 2048, 100]),
  },
};
