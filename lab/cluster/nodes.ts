/** A kind of GPU node that the lab has: the names that a product goes by, one a dialect of node labels. */
interface GpuKind {
  /** In the nodes' names. */
  name: string;
  /** What NVIDIA's GPU feature discovery writes. */
  nvidia: string;
  /** What Karpenter and EKS Auto Mode write. */
  instance: string;
}

const gpuKinds: GpuKind[] = [
  { name: "t4", nvidia: "Tesla-T4", instance: "t4" },
  { name: "a10g", nvidia: "NVIDIA-A10G", instance: "a10g" },
  { name: "l4", nvidia: "NVIDIA-L4", instance: "l4" },
  { name: "l40s", nvidia: "NVIDIA-L40S", instance: "l40s" },
  { name: "a100", nvidia: "NVIDIA-A100-SXM4-80GB", instance: "a100" },
  { name: "h100", nvidia: "NVIDIA-H100-80GB-HBM3", instance: "h100" },
  { name: "h200", nvidia: "NVIDIA-H200", instance: "h200" },
];

const zones = ["eu-west-1a", "eu-west-1b", "eu-west-1c"];

/** Three nodes of every GPU product, one a zone. None of them runs anything: KWOK plays them. */
export const gpuNodes = gpuKinds.flatMap((kind) => zones.map((zone, index) => gpuNode(kind, zone, index + 1)));

/** A node without a GPU, which KWOK plays too. */
export const cpuNode = node("cpu-1", { "topology.kubernetes.io/zone": "eu-west-1a" }, 0);

function gpuNode(kind: GpuKind, zone: string, number: number) {
  const labels = {
    "nvidia.com/gpu.product": kind.nvidia,
    "nvidia.com/gpu.present": "true",
    "karpenter.k8s.aws/instance-gpu-name": kind.instance,
    "eks.amazonaws.com/instance-gpu-name": kind.instance,
    "topology.kubernetes.io/zone": zone,
  };
  return node(`${kind.name}-${number}`, labels, 8);
}

/** The label of a node that is none of the lab's own. */
export const extraNodeLabel = "lab.vllm/extra";

/**
 * A further node, for a test that creates it and may delete it again; KWOK plays it as well. With GPUs it has their
 * taint, as the lab's own; without, any pod may come to it.
 */
export function extraNode(name: string, { labels = {}, gpus = 0 }: { labels?: Labels; gpus?: number } = {}) {
  return node(name, { [extraNodeLabel]: "true", ...labels }, gpus);
}

type Labels = Readonly<Record<string, string>>;

function node(name: string, labels: Labels, gpus: number) {
  const taint = { key: "nvidia.com/gpu", value: "present", effect: "NoSchedule" };
  const capacity = {
    ...(gpus > 0 ? { cpu: "192", memory: "2Ti", "nvidia.com/gpu": String(gpus) } : { cpu: "64", memory: "512Gi" }),
    "ephemeral-storage": "2Ti",
    pods: "200",
  };
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      annotations: { "kwok.x-k8s.io/node": "fake" },
      labels: {
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "topology.kubernetes.io/region": "eu-west-1",
        ...labels,
      },
    },
    spec: { taints: gpus > 0 ? [taint] : [] },
    status: {
      capacity,
      allocatable: capacity,
      addresses: [
        { type: "InternalIP", address: "127.0.0.1" },
        { type: "Hostname", address: name },
      ],
    },
  };
}
