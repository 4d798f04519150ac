import { stackDefaults } from "./chartDefaults.ts";
import { engineChoice } from "./engineChoice.ts";
import { environment, variablesOf } from "./environment.ts";
import { servedBy, serveFlags, wordsOf } from "./flags.ts";
import { askForLabels, gpusOf, otherGpu } from "./gpu.ts";
import { type Asked, askedOfNodes, isForCpu, sharedOver } from "./hardware.ts";
import { image, pullSecrets } from "./image.ts";
import { raiseMemory } from "./leastMemory.ts";
import type { Model } from "./model.ts";
import { lmcache } from "./offloading.ts";
import type { Place } from "./place.ts";
import { isRay, rayPod } from "./ray.ts";
import { labels, otherProbe, resourceBlock, resources, shortKeys, startupProbe } from "./resources.ts";
import { affinity, nodeTerms, tolerations } from "./scheduling.ts";
import { scaler } from "./vllmStackExtras.ts";

const noVolume = "has no counterpart: the model comes from the bucket, no volume of yours holds it";

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
  nodeSelector: "is no key of the chart, which ignores it; here it would be scheduling.nodeSelector",
  extraArgs: "is no key of the chart, which reads vllmConfig.extraArgs; here these would be settings of engine",
  device: "is no key of the chart, which ignores it; here gpu.count says whether a pod has GPUs",
  envFromSecret:
    "names a Secret of the cluster; set what of it the engine needs as engine.secretEnv (S3 keys are not needed: EKS Pod Identity)",
};

/** What an entry of `servingEngineSpec.modelSpec` says of the hardware that it runs on. */
export function askedOf(spec: Place): Asked {
  const blocks = [spec.at("resources"), ...(isRay(spec) ? [spec.at("raySpec", "headNode", "resources")] : [])];
  const config = spec.at("vllmConfig");
  const required = "requiredDuringSchedulingIgnoredDuringExecution";
  const terms = [spec.at("nodeSelectorTerms"), spec.at("affinity", "nodeAffinity", required, "nodeSelectorTerms")];
  return {
    resources: blocks.flatMap((block) => [...block.at("requests").children, ...block.at("limits").children]),
    types: [...(spec.at("requestGPU").number === 0 ? [] : [spec.at("requestGPUType")]), ...askedOfNodes(...terms)],
    image: [spec.at("repository"), spec.at("tag")],
    words: wordsOf(config.at("extraArgs")) ?? [],
    variables: variablesOf(spec.at("env")),
    devices: [spec.at("device")],
    sizes: [config.at("tensorParallelSize"), config.at("pipelineParallelSize")],
  };
}

/** One entry of `servingEngineSpec.modelSpec`, with what is said of all engines, and the adapters that it is to load. */
export function stackModel(model: Model, spec: Place, engine: Place, adapters: readonly string[]) {
  const { book } = model;
  book.noop(spec.at("enabled"));
  const extra = spec.at("vllmConfig", "extraArgs");
  const asked = askedOf(spec);
  const { words } = asked;
  const inRay = isRay(spec);
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
  if (inRay) rayPod(model, spec, isForCpu(asked) ? 0 : sharedOver(words, asked.sizes));
  else pod(model, spec, asked);
  vllmConfig(model, spec.at("vllmConfig"));
  serve(model, spec);
  lmcache(model, spec.at("lmcacheConfig"));
  if (extra.empty) book.noop(extra);
  else if (words.length > 0) serveFlags(model, words);
  else book.drop(extra, "is no command line that can be read; write its flags as settings");
  prefixCaching(model, spec.at("vllmConfig"), inRay);
  for (const adapter of adapters) model.lora.adapter(adapter);
  model.askForUpload(`${url.text ?? model.name}${pinned ? ` (its revision ${pinned})` : ""}`);
  if (inRay) book.drop(spec.at("keda"), "is ignored by the chart beside raySpec");
  else {
    scaler(model, spec.at("replicaCount"), spec.at("keda"));
    if (!book.switchedOff(spec.at("raySpec"))) book.drop(spec.at("raySpec"), "is switched off (enabled is not true)");
  }
  if (!book.switchedOff(spec.at("pdb")))
    book.drop(spec.at("pdb"), "has no counterpart: one pod of a model may be disrupted at a time");

  const lmcacheToo: [RegExp, string][] = spec.at("lmcacheConfig", "enabled").on
    ? [[/^LMCACHE_/, "is LMCache's; vLLM's own offloading to memory takes its place"]]
    : [];
  for (const place of [engine.at("env"), spec.at("env"), engine.at("configs")]) environment(model, place, lmcacheToo);
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
  const probe = engine.at("startupProbe");
  if (inRay) book.drop(probe, `is not the one of a Ray cluster's pods, which ${spec.path} has`);
  else startupProbe(model, probe, stackDefaults.startupProbe.value, stackDefaults.zeroProbe.value);
  for (const key of ["livenessProbe", "readinessProbe"]) otherProbe(model, engine.at(key));
  for (const [key, reason] of Object.entries(dropped)) book.drop(spec.at(key), reason);
  model.askForAdapters();
  const [request, limit] = spec.at("resources").empty
    ? [spec.at("requestMemory"), spec.at("limitMemory")]
    : [spec.at("resources", "requests", "memory"), spec.at("resources", "limits", "memory")];
  raiseMemory(model, request, limit);
}

/** Resources and GPUs: a block of Kubernetes, or the chart's own short keys. */
function pod(model: Model, spec: Place, asked: Asked) {
  const { book } = model;
  const block = spec.at("resources");
  if (!block.empty) {
    resourceBlock(model, block, asked);
    return shortKeys(model, spec);
  }
  book.noop(block);
  const keys: Record<string, string> = { cpu: "CPU", memory: "Memory" };
  const requests = { at: (what: string | number) => spec.at(`request${keys[what]}`) };
  const limits = { at: (what: string | number) => spec.at(`limit${keys[what]}`) };
  resources(model, requests, limits);
  const [count, type] = [spec.at("requestGPU"), spec.at("requestGPUType")];
  if (type.empty || type.text === "nvidia.com/gpu") {
    gpusOf(model, count, count.number ?? count.value, asked);
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
  runner: "runner",
  convert: "convert",
};

function vllmConfig(model: Model, place: Place) {
  const { book } = model;
  if (place.empty) return book.noop(place);
  for (const [key, setting] of Object.entries(typed)) model.set(place.at(key), setting);
  for (const [key, flag] of Object.entries(flags)) model.set(place.at(key), ["engine", "args", flag]);
  const [older, newer] = [place.at("v0"), place.at("v1")];
  if (older.text === "1") engineChoice(model, older, "0");
  else book.noop(older);
  if (newer.text) engineChoice(model, newer, newer.text);
  else book.noop(newer);
  book.drop(place.at("prometheusMultiprocDir"), "has no counterpart: vLLM finds its own folder");
}

/** What the template writes where `vllmConfig` has keys, and this one is not among them. */
function prefixCaching(model: Model, config: Place, inRay: boolean) {
  const setting = ["engine", "args", "enable-prefix-caching"];
  if (config.empty || inRay || model.written(setting.join(".")) !== undefined) return;
  const note = "what the chart has where vllmConfig does not say it";
  model.absent(config.at("enablePrefixCaching"), setting, stackDefaults.prefixCaching.value, note);
}

/** The keys beside `vllmConfig` that are flags too. */
function serve(model: Model, spec: Place) {
  const [lora, tool] = [spec.at("enableLoRA"), spec.at("enableTool")];
  if (lora.on) model.lora.flag(lora, "enable-lora", "true");
  else model.book.noop(lora);
  const loras = spec.at("vllmConfig", "maxLoras");
  if (loras.exists) model.lora.flag(loras, "max-loras", loras.text ?? "");
  if (tool.on) model.set(tool, ["engine", "args", "enable-auto-tool-choice"], true);
  else model.book.noop(tool);
  model.set(spec.at("toolCallParser"), ["engine", "args", "tool-call-parser"]);
}
