import { environment } from "./environment.ts";
import { servedBy, serveFlags, wordsOf } from "./flags.ts";
import { askForLabels, otherGpu } from "./gpu.ts";
import { image, pullSecrets } from "./image.ts";
import type { Model } from "./model.ts";
import type { Place } from "./place.ts";
import { labels, otherProbe, resourceBlock, resources, startupProbe } from "./resources.ts";
import { affinity, nodeTerms, tolerations } from "./scheduling.ts";
import { lmcache, scaler } from "./vllmStackExtras.ts";

const noVolume = "has no counterpart: the model is streamed from the bucket, no volume holds it";

/** Keys of a model that have no counterpart, and why. */
const dropped: Readonly<Record<string, string>> = {
  annotations: "has no counterpart: the program writes no annotations of yours",
  podAnnotations: "has no counterpart: the program writes no annotations of yours",
  serviceAnnotations: "has no counterpart: the program writes no annotations of yours",
  serviceAccountName: "has no counterpart: each model has a service account of its own, for its own part of the bucket",
  runtimeClassName: "has no counterpart: EKS GPU nodes run GPU pods without a RuntimeClass",
  nodeName: "has no counterpart: a pod is placed by the scheduler; scheduling.nodeSelector says where it may run",
  pvcStorage: noVolume,
  pvcAccessMode: noVolume,
  storageClass: noVolume,
  pvcMatchLabels: noVolume,
  pvcLabels: noVolume,
  pvcAnnotations: noVolume,
  pvcExistingClaimName: noVolume,
  extraVolumes: "has no counterpart: a pod has the volumes that the program gives it",
  extraVolumeMounts: "has no counterpart: a pod has the volumes that the program gives it",
  initContainer: "has no counterpart: a pod has one container",
  shmSize:
    "is not needed: /dev/shm is sized from what lies in it and counted in the pod's memory; resources.shm changes it",
  chatTemplate: "names a file of the old pod; put the template into the model's folder as chat_template.jinja",
  chatTemplateConfigMap: "holds a template; put it into the model's folder as chat_template.jinja",
  requestGPUMem: otherGpu("gpumem"),
  requestGPUMemPercentage: otherGpu("gpumem"),
  requestGPUCores: otherGpu("gpucores"),
  limitGPUMem: otherGpu("gpumem"),
  limitGPUMemPercentage: otherGpu("gpumem"),
  limitGPUCores: otherGpu("gpucores"),
  envFromSecret:
    "names a Secret of the cluster; set what of it the engine needs as engine.secretEnv (S3 keys are not needed: EKS Pod Identity)",
};

/** One entry of `servingEngineSpec.modelSpec`, with what is said of all engines. */
export function stackModel(model: Model, spec: Place, engine: Place) {
  const { book } = model;
  book.noop(spec.at("enabled"));
  const extra = spec.at("vllmConfig", "extraArgs");
  const words = wordsOf(extra) ?? [];
  const { name, revision } = servedBy(words);
  const url = spec.at("modelURL");
  // Without a name of its own vLLM calls a model by its place, and so do clients.
  if (!name && url.text !== model.name) model.setReceived(url, "servedModelName");
  book.list(url, "is the model's old place; here it lies at models/<model>/<revision>/ of the stack's bucket");
  book.drop(spec.at("modelRevision"), "names a revision on Hugging Face; the bucket has revisions of its own");
  const pinned = spec.at("modelRevision").text || revision;
  book.list(
    spec.at("hf_token"),
    "is a secret, and is not needed: pods read the model from the bucket and download nothing",
  );

  image(model, spec.at("repository"), spec.at("tag"));
  pullSecrets(model, spec.at("imagePullSecret"));
  pod(model, spec);
  vllmConfig(model, spec.at("vllmConfig"));
  serve(model, spec);
  lmcache(model, spec.at("lmcacheConfig"));
  if (extra.empty) book.noop(extra);
  else if (words.length > 0) serveFlags(model, words);
  else book.drop(extra, "is no command line that can be read; write its flags as settings");
  model.askForUpload(`${url.text ?? model.name}${pinned ? ` (its revision ${pinned})` : ""}`);
  scaler(model, spec.at("replicaCount"), spec.at("keda"));
  ray(model, spec.at("raySpec"));
  if (!book.switchedOff(spec.at("pdb")))
    book.drop(spec.at("pdb"), "has no counterpart: one pod of a model may be disrupted at a time");

  for (const owner of [engine, spec]) environment(model, owner.at("env"));
  environment(model, engine.at("configs"));
  labels(model, engine.at("labels"));
  for (const key of ["labels", "podLabels"]) labels(model, spec.at(key));
  const own = spec.at("tolerations");
  const override = spec.at("tolerationsPolicy").text === "override" && !own.empty;
  if (override) book.drop(engine.at("tolerations"), `is overridden by ${own.path} (tolerationsPolicy: override)`);
  tolerations(model, ...(override ? [own] : [engine.at("tolerations"), own]));
  model.same(spec.at("tolerationsPolicy"), "scheduling.tolerations", "the lists are made one");
  if (spec.at("affinity").empty) nodeTerms(model, spec.at("nodeSelectorTerms"));
  else book.drop(spec.at("nodeSelectorTerms"), "is ignored by the chart beside affinity");
  affinity(model, spec.at("affinity"));
  model.set(spec.at("priorityClassName"), "scheduling.priorityClassName");
  askForLabels(model);
  model.set(spec.at("terminationGracePeriodSeconds"), "drain.seconds");
  // What the chart's own values.yaml fills in, since its version 0.1.12.
  startupProbe(model, engine.at("startupProbe"), { delay: 15, period: 10, failures: 60 });
  for (const key of ["livenessProbe", "readinessProbe"]) otherProbe(model, engine.at(key));
  for (const [key, reason] of Object.entries(dropped)) book.drop(spec.at(key), reason);
}

/** Resources and GPUs: a block of Kubernetes, or the chart's own short keys. */
function pod(model: Model, spec: Place) {
  const { book } = model;
  const block = spec.at("resources");
  const short = ["requestCPU", "requestMemory", "requestGPU", "requestGPUType", "limitCPU", "limitMemory"].map((key) =>
    spec.at(key),
  );
  if (!block.empty) {
    resourceBlock(model, block);
    for (const place of short) book.drop(place, `gives way to ${block.path}`);
    return;
  }
  book.noop(block);
  const keys: Record<string, string> = { cpu: "CPU", memory: "Memory" };
  const requests = { at: (what: string | number) => spec.at(`request${keys[what]}`) };
  const limits = { at: (what: string | number) => spec.at(`limit${keys[what]}`) };
  resources(model, requests, limits);
  const [count, type] = [spec.at("requestGPU"), spec.at("requestGPUType")];
  if (type.empty || type.text === "nvidia.com/gpu") {
    if (count.empty) model.absent(count, "gpu.count", 0, "without it a pod has no GPU");
    else model.set(count, "gpu.count", count.number ?? count.value);
    model.same(type, "gpu.count", "GPUs of NVIDIA");
  } else {
    book.list(type, otherGpu(type.text ?? ""));
    book.drop(count, `counts ${type.text}; say gpu.product and gpu.count`);
  }
}

const typed: Readonly<Record<string, string>> = {
  maxModelLen: "engine.maxModelLen",
  maxNumSeqs: "engine.maxNumSeqs",
  gpuMemoryUtilization: "engine.gpuMemoryUtilization",
  tensorParallelSize: "engine.tensorParallelSize",
  pipelineParallelSize: "engine.pipelineParallelSize",
};

const flags: Readonly<Record<string, string>> = {
  enablePrefixCaching: "enable-prefix-caching",
  enableChunkedPrefill: "enable-chunked-prefill",
  dtype: "dtype",
  maxLoras: "max-loras",
  runner: "runner",
  convert: "convert",
};

function vllmConfig(model: Model, place: Place) {
  const { book } = model;
  if (place.empty) return book.noop(place);
  if (!place.at("enablePrefixCaching").exists)
    book.ask(
      `where ${model.name} shall have no prefix caching (the chart turns it off where vllmConfig does not name it, vLLM has it on):\n` +
        model.command("engine.args.enable-prefix-caching", "false"),
    );
  for (const [key, setting] of Object.entries(typed)) model.set(place.at(key), setting);
  for (const [key, flag] of Object.entries(flags)) model.set(place.at(key), ["engine", "args", flag]);
  for (const key of ["v0", "v1"]) book.drop(place.at(key), "has no counterpart: vLLM has one engine");
  book.drop(place.at("prometheusMultiprocDir"), "has no counterpart: vLLM finds its own folder");
}

/** The keys beside `vllmConfig` that are flags too. */
function serve(model: Model, spec: Place) {
  for (const [key, flag] of [
    ["enableLoRA", "enable-lora"],
    ["enableTool", "enable-auto-tool-choice"],
  ] as const)
    if (spec.at(key).on) model.set(spec.at(key), ["engine", "args", flag], true);
    else model.book.noop(spec.at(key));
  model.set(spec.at("toolCallParser"), ["engine", "args", "tool-call-parser"]);
}

function ray(model: Model, place: Place) {
  if (place.empty || model.book.switchedOff(place)) return model.book.told(place) ? undefined : model.book.noop(place);
  model.book.drop(
    place,
    "has no counterpart: a model runs in one pod, on one node; take an instance type with enough GPUs, and gpu.count of them",
  );
}
