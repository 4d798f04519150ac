import { type GpuProduct, gpuProducts, gpus } from "../../catalogue/gpus.ts";
import { type Asked, isForCpu, isOnCpu, needsGpu, sharedOver } from "./hardware.ts";
import type { Model } from "./model.ts";
import type { Place } from "./place.ts";

const plain = (name: string) =>
  name
    .toLowerCase()
    .replace(/^(nvidia[-_ ])?(tesla[-_ ])?/, "")
    .replace(/[ _]/g, "-");

/** The catalogue's products that a text may mean: a product's name, a node label's value, GKE's name of an accelerator. */
export function productsOf(text: string): GpuProduct[] {
  const wanted = plain(text);
  const exact = gpuProducts.filter((name) => [name, gpus[name].labels.nvidia].some((known) => plain(known) === wanted));
  return exact.length > 0 ? exact : gpuProducts.filter((name) => plain(gpus[name].labels.name) === wanted);
}

/** The products that an EC2 instance type carries. */
const productsOfInstance = (type: string): GpuProduct[] =>
  gpuProducts.filter((name) => gpus[name].instances.some((one) => one.type === type));

/** Sets `gpu.product` from names of GPUs, where they all mean one; says so where they do not. */
export function product(model: Model, place: Place, names: readonly string[], memoryMib?: string): boolean {
  const found = new Set(names.flatMap((name) => narrowed(productsOf(name), memoryMib)));
  const [only, other] = found;
  const unknown = names.filter((name) => productsOf(name).length === 0);
  if (only && !other && unknown.length === 0) {
    model.set(place, "gpu.product", only);
    return true;
  }
  const reason =
    unknown.length > 0
      ? `'${unknown.join("', '")}' is no GPU of the catalogue (${gpuProducts.join(", ")})`
      : `may be ${[...found].join(" or ")}; a model here runs on one product`;
  model.book.drop(place, reason);
  return false;
}

const narrowed = (names: readonly GpuProduct[], memoryMib?: string) =>
  memoryMib === undefined ? names : names.filter((name) => String(gpus[name].memoryMib) === memoryMib);

/** Asks who labels the nodes, where the values select GPUs by something else than the labels of a known one. */
export function askForLabels(model: Model) {
  if (model.written("gpu.product") === undefined || model.nodesLabelled) return;
  model.book.ask(
    `say who labels the GPU nodes, unless it is NVIDIA's GPU feature discovery (nvidia.com/gpu.product):\n${model.command("gpu.labels", "karpenter")}`,
  );
}

/** How many GPUs a pod has, from Kubernetes resources; requests and limits of a GPU are the same. */
export function gpuCount(model: Model, requests: Place, limits: Place, asked: Asked) {
  const kinds = [...requests.children, ...limits.children].filter(
    ({ key }) => /gpu|mig-/i.test(key) && key !== "nvidia.com/gpu",
  );
  for (const kind of kinds) model.book.list(kind, otherGpu(kind.key));
  const places = [limits.at("nvidia.com/gpu"), requests.at("nvidia.com/gpu")].filter((place) => place.exists);
  if (places.length === 0 && (kinds.length > 0 || (requests.empty && limits.empty))) return;
  for (const place of places.length > 0 ? places : [limits.at("nvidia.com/gpu")])
    gpusOf(model, place, place.number ?? place.value, asked);
}

/** GPUs of a pod by what it asks for; an engine for the CPU uses none. */
export function gpusOf(model: Model, place: Place, count: unknown, asked: Asked) {
  // production-stack's template takes what is below 1 for none.
  if (place.empty || (typeof count === "number" && count < 1)) return unasked(model, place, asked);
  if (!isForCpu(asked)) return model.set(place, "gpu.count", count);
  model.absent(place, "gpu.count", 0, "a server on the CPU");
  model.book.list(place, "asks for GPUs that an engine for the CPU does not use");
}

/** What a pod has whose values ask for no whole GPU: none on a CPU, else those that its engine shares the model over. */
function unasked(model: Model, place: Place, asked: Asked) {
  const set = (count: number, note: string) => {
    if (place.exists) model.set(place, "gpu.count", count, note);
    else model.absent(place, "gpu.count", count, note);
  };
  const shared = sharedOver(asked.words, asked.sizes);
  const onCpu = isOnCpu(asked);
  if (onCpu || (place.number === 0 && shared === 1 && !needsGpu(asked)))
    return set(0, onCpu ? "a server on the CPU" : "its pods have no GPU");
  set(
    Math.min(shared, 8),
    place.exists ? "no whole GPU is asked for, and the image runs on GPUs" : "none is asked for",
  );
  model.book.ask(
    `say how many GPUs a pod of ${model.name} has: its values ask for no whole one, and do not say that it runs on a CPU (${Math.min(shared, 8)} is assumed):\n${model.command("gpu.count", "<GPUs>")}`,
  );
}

/** Why another resource than a whole GPU of NVIDIA has no counterpart. */
export function otherGpu(resource: string): string {
  if (/mig-/.test(resource)) return "asks for a slice of a GPU (MIG); a pod here has whole GPUs, gpu.count";
  if (/gpu(mem|cores|memory)/i.test(resource))
    return "asks for a share of a GPU (HAMi); a pod here has whole GPUs, gpu.count";
  return "is no GPU of NVIDIA; a pod here has whole GPUs of the catalogue, gpu.count";
}

const dialects: readonly [RegExp, "nvidia" | "karpenter" | "eks-auto"][] = [
  [/^nvidia\.com\/gpu\.product$/, "nvidia"],
  [/^karpenter\.k8s\.aws\/instance-gpu-name$/, "karpenter"],
  [/^eks\.amazonaws\.com\/instance-gpu-name$/, "eks-auto"],
];

/**
 * Takes a node label that names a GPU, or an instance type with one, as `gpu.product`.
 * @param labels what else is asked of the node, for the memory that tells two GPUs of one name apart
 * @returns whether the label is done with: the program asks for it by itself
 */
export function gpuLabel(
  model: Model,
  place: Place,
  key: string,
  values: readonly string[],
  labels: Readonly<Record<string, string>>,
): boolean {
  const dialect = dialects.find(([pattern]) => pattern.test(key))?.[1];
  if (dialect) {
    const memory = dialect === "nvidia" ? undefined : labels[key.replace(/-name$/, "-memory")];
    const known = product(model, place, values, memory);
    if (known && dialect !== "nvidia") model.set(place, "gpu.labels", dialect);
    model.nodesLabelled = true;
    return true;
  }
  if (/\/instance-gpu-(memory|count|manufacturer)$/.test(key)) {
    model.book.list(place, "is asked for by the program, by gpu.product");
    return true;
  }
  if (/instance-type$/.test(key)) {
    const found = new Set(values.flatMap(productsOfInstance));
    const [only, other] = found;
    if (only && !other && model.written("gpu.product") === undefined) model.set(place, "gpu.product", only);
  } else if (/gpu|accelerator/i.test(key)) {
    const found = new Set(values.flatMap(productsOf));
    const [only, other] = found;
    if (only && !other && model.written("gpu.product") === undefined) model.set(place, "gpu.product", only);
  }
  return false;
}
