/** An EC2 instance type without a GPU. */
export interface CpuInstance {
  type: string;
  vcpus: number;
  memoryGib: number;
}

const instances = (...rows: [string, number, number][]): CpuInstance[] =>
  rows.map(([type, vcpus, memoryGib]) => ({ type, vcpus, memoryGib }));

/**
 * What a pod on the CPU is priced by: no setting says which nodes it lands on, so one common family stands for them.
 * m7i is general purpose, 4 GiB a vCPU, with AVX-512 and AMX, which vLLM's CPU image computes with.
 * Source: Karpenter's instance type reference (aws/karpenter-provider-aws, 1d92708, 2026-08-21).
 */
export const cpuInstances: readonly CpuInstance[] = instances(
  ["m7i.large", 2, 8],
  ["m7i.xlarge", 4, 16],
  ["m7i.2xlarge", 8, 32],
  ["m7i.4xlarge", 16, 64],
  ["m7i.8xlarge", 32, 128],
  ["m7i.12xlarge", 48, 192],
  ["m7i.16xlarge", 64, 256],
  ["m7i.24xlarge", 96, 384],
  ["m7i.48xlarge", 192, 768],
);
