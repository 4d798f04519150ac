import { type Word, wordValue } from "./flags.ts";
import type { Place } from "./place.ts";

/** Accelerators that no pod of this program has, and the words by which values ask for them. */
interface Accelerator {
  name: string;
  /** A Kubernetes resource, a product's name, a node's label or its instance type. */
  resource: RegExp;
  /** Of an image: its repository or its tag. */
  image: RegExp;
  device: RegExp;
  /** Variables of its libraries. */
  variable: RegExp;
}

const others: readonly Accelerator[] = [
  {
    name: "AMD GPUs",
    resource: /^amd\.com\/|\bmi\d{2,3}x?\b|^g4ad\./i,
    image: /rocm/,
    device: /^rocm$/,
    variable: /^(HIP|ROCR|HSA|VLLM_ROCM)_/,
  },
  {
    name: "Intel Gaudi accelerators",
    resource: /^habana\.ai\/|gaudi|^dl[12]q?\./i,
    image: /gaudi|habana|(^|[^a-z])hpu/,
    device: /^hpu$/,
    variable: /^(HABANA|PT_HPU|VLLM_HPU)_/,
  },
  {
    name: "TPUs of Google",
    resource: /^google\.com\/tpu|^cloud-tpus\.|\btpu/i,
    image: /(^|[^a-z])tpu([^a-z]|$)/,
    device: /^tpu$/,
    variable: /^(TPU|VLLM_TPU|VLLM_XLA)_/,
  },
  {
    name: "AWS Neuron accelerators",
    resource: /^aws\.amazon\.com\/neuron|inferentia|trainium|^(inf|trn)\d\w*\./i,
    image: /neuron/,
    device: /^neuron$/,
    variable: /^NEURON_/,
  },
  {
    name: "Intel GPUs",
    resource: /^gpu\.intel\.com\//,
    image: /(^|[^a-z])xpu([^a-z]|$)/,
    device: /^xpu$/,
    variable: /^(ZE|ONEAPI|VLLM_XPU)_/,
  },
  {
    name: "Ascend accelerators",
    resource: /^huawei\.com\/ascend/i,
    image: /ascend/,
    device: /^npu$/,
    variable: /^(ASCEND|VLLM_ASCEND)_/,
  },
];

/** What values say of the hardware that a server runs on. */
export interface Asked {
  /** Kubernetes resources by their names, of requests and limits, and the labels that a node must have. */
  resources: readonly Place[];
  /** Texts that name one of these, or a product: production-stack's `requestGPUType`. */
  types: readonly Place[];
  image: readonly Place[];
  words: readonly Word[];
  /** Variables of the container: each by its name, and where it stands. */
  variables: readonly { name: string; place: Place }[];
  /** Texts that name a device outside the command line. */
  devices?: readonly Place[];
  /** The sizes of tensor and pipeline parallelism outside the command line. */
  sizes?: readonly Place[];
}

/** GPUs that an engine shares its model over: tensor × pipeline parallel size. The command line has the last word. */
export function sharedOver(words: readonly Word[], sizes: readonly Place[] = []): number {
  const size = (kind: "tensor" | "pipeline") => {
    const flag = Number(wordValue(words, `${kind}-parallel-size`)?.text);
    const typed = sizes.find(({ key }) => key === `${kind}ParallelSize`)?.number ?? 1;
    const one = Number.isNaN(flag) ? typed : flag;
    return Number.isInteger(one) && one > 0 ? one : 1;
  };
  return size("tensor") * size("pipeline");
}

/** The accelerator of another maker that values ask for, and where they say so. */
export function otherAccelerator(asked: Asked): { name: string; by: string } | undefined {
  for (const { name, resource, image, device, variable } of others) {
    const place =
      asked.resources.find(({ key, number }) => resource.test(key) && number !== 0) ??
      asked.types.find(({ text }) => resource.test(text ?? "")) ??
      asked.image.find(({ text }) => image.test((text ?? "").toLowerCase())) ??
      devicesOf(asked).find(({ text }) => device.test(text))?.place ??
      asked.variables.find((one) => variable.test(one.name))?.place;
    if (place) return { name, by: place.path };
  }
  return undefined;
}

/** What a node affinity asks of nodes: the labels, and their values. */
export const askedOfNodes = (...terms: readonly Place[]): Place[] =>
  terms
    .flatMap((place) => place.children)
    .flatMap((term) => term.at("matchExpressions").children)
    .filter((expression) => /^(In|Exists)$/.test(expression.at("operator").text ?? ""))
    .flatMap((expression) => [expression.at("key"), ...expression.at("values").children]);

/** Why a server on another maker's hardware is not taken over. */
export const otherHardware = ({ name, by }: { name: string; by: string }): string =>
  `runs on ${name} (${by}): this program serves on GPUs of NVIDIA and on CPUs, so it is not taken over`;

function devicesOf({ words, devices = [] }: Asked): { text: string; place: Place }[] {
  const flag = wordValue(words, "device");
  return [...(flag ? [flag] : []), ...devices.map((place) => ({ text: place.text ?? "", place }))].map(
    ({ text, place }) => ({ text: text.toLowerCase().split(":")[0] ?? "", place }),
  );
}

/** Whether an engine is one for the CPU, whatever its pod asks for: by its device or its image. */
export const isForCpu = (asked: Asked): boolean =>
  devicesOf(asked).some(({ text }) => text === "cpu") ||
  asked.image.some(({ text }) => /(^|[^a-z])cpu([^a-z]|$)/.test((text ?? "").toLowerCase()));

/** Whether a server that asks for no GPU runs on the CPU: by its engine, or by vLLM's own variables for one. */
export const isOnCpu = (asked: Asked): boolean =>
  isForCpu(asked) || asked.variables.some(({ name }) => /^VLLM_CPU_/.test(name));

/** Whether an image is one that needs a GPU of NVIDIA: vLLM's own, one like it, or one that names CUDA. */
export const needsGpu = ({ image }: Asked): boolean =>
  image.some(({ text }) => /(^|\/)vllm-openai$|(^|[^a-z])cu(da)?-?\d+|cuda/.test((text ?? "").toLowerCase()));
