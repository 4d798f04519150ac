import { type Gpu, gpus, type Instance } from "../../catalogue/gpus.ts";
import type { EffectiveModel, Path, Settings } from "../../config/layers/resolve.ts";
import { type Problem, suggestion } from "../../config/problems.ts";
import { isSecretName, looksSecret } from "../../config/secretNames.ts";
import { checkVersion } from "../engine/vllm/advisories.ts";
import { typedFlags } from "../engine/vllm/arguments.ts";
import { hasStreamer, isStreamed } from "../engine/vllm/delivery.ts";
import { checkFlags, type FlagCheck } from "../engine/vllm/flags.ts";
import { gpuProducts, instancesFor, nodeSelector } from "../pod/gpu.ts";
import { memoryBytes } from "../pod/memory.ts";

/** Says what is wrong at a setting, unless one that it `needs` was told to be wrong already. */
export type Report = (path: Path, message: string, needs?: readonly string[]) => void;

/** A report of one model's problems into a list. */
export const reportInto =
  (problems: Problem[], model: EffectiveModel, settings: Settings): Report =>
  (path, message, needs = []) => {
    if (![path, ...needs].some((need) => settings.broken(need, model.name)))
      problems.push({ ...settings.locate(path, model.name), message });
  };

/** GPUs that share the work of a pod; without its own setting the tensor parallel size is what makes them fit. */
export function parallelSizes({ engine, gpu }: EffectiveModel): { tensor: number; pipeline: number } {
  const pipeline = engine.pipelineParallelSize;
  return { tensor: engine.tensorParallelSize ?? Math.max(1, gpu.count / pipeline), pipeline };
}

export function checkGpu(model: EffectiveModel, report: Report): void {
  const { product, count, labels } = model.gpu;
  if (count > 0 && !product)
    report("gpu.product", `is not set; one of ${gpuProducts.join(", ")}, or gpu.count: 0 for a CPU`);
  else if (product && !gpuProducts.includes(product))
    report("gpu.product", `is '${product}', which the catalogue does not have; ${suggestion(product, gpuProducts)}`);
  else if (product && count > 0) {
    const instances = instancesFor(gpus[product] as Gpu, count);
    if (instances.length === 0)
      report("gpu.count", `is ${count}, and no instance type has that many ${product}`, ["gpu.product"]);
    else if (labels !== "nvidia") checkResources(model, instances, report);
    for (const key of Object.keys(nodeSelector(product, labels)))
      if (Object.hasOwn(model.scheduling.nodeSelector, key))
        report(["scheduling", "nodeSelector", key], "is written by gpu.product and gpu.labels; remove it here");
  }
  const { tensor, pipeline } = parallelSizes(model);
  const sizes = ["engine.tensorParallelSize", "engine.pipelineParallelSize", "gpu.count"];
  if (model.engine.tensorParallelSize === undefined && !Number.isInteger(tensor))
    report(
      "engine.pipelineParallelSize",
      `is ${pipeline}, and the pod's gpu.count: ${count} cannot be parted into ${pipeline} equal stages`,
      sizes,
    );
  else if (tensor * pipeline !== Math.max(1, count))
    report(
      model.engine.tensorParallelSize === undefined ? "engine.pipelineParallelSize" : "engine.tensorParallelSize",
      `tensor × pipeline parallel size is ${tensor} × ${pipeline}, but a pod has gpu.count: ${count}`,
      sizes,
    );
}

/** Karpenter and Auto Mode make EC2 instances: none is larger than the catalogue's. */
function checkResources({ resources, gpu }: EffectiveModel, instances: readonly Instance[], report: Report): void {
  const most = (figure: (instance: Instance) => number) => Math.max(...instances.map(figure));
  const [vcpus, gib] = [most((one) => one.vcpus), most((one) => one.memoryGib)];
  const { cpu = "0", memory = "0Gi" } = resources;
  const largest = (what: string) =>
    `more than the ${what} of the largest instance type with ${gpu.count} × ${gpu.product}`;
  if ((cpu.endsWith("m") ? Number.parseInt(cpu, 10) / 1000 : Number(cpu)) > vcpus)
    report("resources.cpu", `is ${cpu}, ${largest(`${vcpus} vCPUs`)}`, ["gpu"]);
  if (memoryBytes(memory) > gib * 2 ** 30) report("resources.memory", `is ${memory}, ${largest(`${gib}Gi`)}`, ["gpu"]);
}

export function checkImage(model: EffectiveModel, report: Report): void {
  const { tag = "", repository = "vllm" } = model.image;
  // Flags and known holes are judged by engine.version: a tag of vLLM's own must say the same.
  const [, tagged] = /^v?(0\.\d+\.\d+)/.exec(tag) ?? [];
  if (tagged !== undefined && tagged !== model.engine.version && /(^|\/)[^/]*vllm[^/]*$/.test(repository))
    report(
      "image.tag",
      `is ${tag}, but engine.version is ${model.engine.version}; set the version, and leave the tag out`,
      ["engine.version", "image.repository"],
    );
  const streamed = model.delivery.kind === "stream";
  if (streamed && !hasStreamer(model))
    report(
      "delivery.kind",
      `is 'stream', but the image has no streamer${model.image.streamer === undefined ? " (vLLM's CPU image does not; where yours does, set image.streamer: true)" : " (image.streamer: false)"}; use 'copy'`,
      ["image.streamer", "gpu.count"],
    );
}

/** Names that the program's own labels and selectors use. */
const ownLabels = /^(app\.kubernetes\.io\/(name|instance|component|managed-by)|pod-template-hash)$/;

export function checkLabels(model: EffectiveModel, report: Report): void {
  for (const key of Object.keys(model.labels))
    if (ownLabels.test(key)) report(["labels", key], "is written by the program, which selects by it; remove it here");
}

/** Checks the engine's settings; gives the flags that could not be checked. */
export function checkEngine(model: EffectiveModel, report: Report): FlagCheck["unchecked"] {
  const { engine } = model;
  for (const message of checkVersion(engine.version, engine.acceptCves))
    report("engine.version", message, ["engine.acceptCves"]);

  const own = Object.fromEntries(
    Object.entries(engine.args).filter(([flag]) => {
      const setting = owner(flag.replace(/^no-/, ""));
      if (setting) report(`engine.args.${flag}`, `belongs to ${setting}; remove it here`);
      return !setting;
    }),
  );
  for (const [flag, value] of Object.entries(own))
    if (looksSecret(typeof value === "object" ? JSON.stringify(value) : String(value)))
      report(
        `engine.args.${flag}`,
        "holds a secret, by its form, and everyone who may see the pod sees its command line; take it out, and another value: this one is in the file's history",
      );
  const shared = "model-loader-extra-config";
  if (model.gpu.count > 1 && isStreamed(model) && own[shared] !== undefined) {
    report(`engine.args.${shared}`, "is written by gpu.count, so that the GPUs share what is streamed");
    delete own[shared];
  }
  const { problems, unchecked } = checkFlags(engine.version, own);
  for (const { flag, message } of problems) {
    const [, meant = ""] = /'([a-z][a-z0-9-]*)'/.exec(message) ?? [];
    const setting = owner(meant);
    report(`engine.args.${flag}`, setting ? `${message} (which belongs to ${setting})` : message, ["engine.version"]);
  }
  if (own["trust-remote-code"] === true && !engine.allowRemoteCode)
    report(
      "engine.args.trust-remote-code",
      "runs Python that comes with the model; say in engine.allowRemoteCode why that is acceptable, or remove it",
      ["engine.allowRemoteCode"],
    );
  if (own["disable-log-stats"] === true && model.autoscaling)
    report("engine.args.disable-log-stats", "takes away the metrics that autoscaling reads; remove one of them");
  checkEnvironment(model, report);
  return unchecked;
}

const owner = (flag: string) => (Object.hasOwn(typedFlags, flag) ? typedFlags[flag] : undefined);

/** Variables that something else writes, or that no server may have. */
const refusedVariables: Readonly<Record<string, string>> = {
  VLLM_API_KEY: "is written by apiKey; remove it here",
  VLLM_SERVER_DEV_MODE:
    "opens routes that anyone may call to stop, reset and reprogram the engine; it has no place on a server that others reach, remove it",
  RUNAI_STREAMER_MEMORY_LIMIT: "is written by resources.memory; remove it here",
  AWS_REGION: "is written by aws:region; remove it here",
  AWS_DEFAULT_REGION: "is written by aws:region; remove it here",
  AWS_ACCESS_KEY_ID: "is a static key; pods get credentials by EKS Pod Identity, remove it",
  AWS_SECRET_ACCESS_KEY: "is a static key; pods get credentials by EKS Pod Identity, remove it",
  AWS_SESSION_TOKEN: "is a static key; pods get credentials by EKS Pod Identity, remove it",
};

function checkEnvironment({ engine }: EffectiveModel, report: Report): void {
  for (const group of ["env", "secretEnv"] as const)
    for (const name of Object.keys(engine[group])) {
      const path = `engine.${group}.${name}`;
      const refused = Object.hasOwn(refusedVariables, name) ? refusedVariables[name] : undefined;
      if (refused) report(path, refused);
      else if (group === "env" && Object.hasOwn(engine.secretEnv, name))
        report(path, `stands in engine.secretEnv too; keep one of them`, [`engine.secretEnv.${name}`]);
      else if (group === "env" && (isSecretName(name) || looksSecret(engine.env[name] ?? "")))
        report(
          path,
          `is a secret in plain text, by its ${isSecretName(name) ? "name" : "form"}; take it out and encrypt it: pulumi config set --secret --path vllm:engine.secretEnv.${name}`,
        );
    }
}
