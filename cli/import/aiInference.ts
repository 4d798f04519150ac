import { kubernetesProbe } from "./chartDefaults.ts";
import { askForLabels, product } from "./gpu.ts";
import { otherAccelerator, otherHardware } from "./hardware.ts";
import { image, pullSecrets } from "./image.ts";
import { raiseMemory } from "./leastMemory.ts";
import { type Context, Model, modelName } from "./model.ts";
import type { Place } from "./place.ts";
import { labels, otherProbe, resources, scaled, startupProbe } from "./resources.ts";
import { affinity, nodeSelector, tolerations } from "./scheduling.ts";
import { ImportError } from "./values.ts";

const noVolume = "has no counterpart: the model comes from the bucket, no volume of yours holds it";
const application = "belongs to the application that asks the model; the server knows no other service";

/** The chart of the article on one chart in four environments (ai-inference): one model behind an application's image. */
export function aiInference(values: Place, context: Context) {
  const engine = values.at("inference", "engine");
  if (engine.text && engine.text !== "vllm")
    throw new ImportError(`inference.engine is '${engine.text}': this program serves with vLLM`);
  const block = values.at("resources");
  const wanted = values.at("nodeSelector").children;
  const other = otherAccelerator({
    resources: [...block.at("requests").children, ...block.at("limits").children, ...wanted],
    types: [...(block.at("gpu", "enabled").off ? [] : [block.at("gpu", "type")]), ...wanted],
    image: [values.at("image", "repository"), values.at("image", "tag")],
    words: [],
    variables: [],
  });
  if (other) throw new ImportError(`the server of these values ${otherHardware(other)}`);
  const name = values.at("model", "name").text ?? values.at("service", "name").text ?? "model";
  const model = new Model(modelName(name), context);
  model.same(engine, "engine.kind", "its default");
  if (name === model.name) model.same(values.at("model", "name"), `models.${model.name}`, "the model's name");
  else model.set(values.at("model", "name"), "servedModelName", name);

  global(model, values.at("global"));
  takeImage(model, values);
  source(model, values.at("model"));
  inference(model, values.at("inference"), values.at("vllm"));
  pod(model, values);
  replicas(model, values.at("replicaCount"), values.at("autoscaling"));
  healthCheck(model, values.at("healthCheck"));
  model.set(values.at("terminationGracePeriodSeconds"), "drain.seconds");
  surroundings(model, values);
  raiseMemory(model, block.at("requests", "memory"), block.at("limits", "memory"));
}

function global(model: Model, place: Place) {
  const { book } = model;
  const environment = place.at("environment");
  model.set(environment, ["labels", "environment"]);
  if (/^prod(uction)?$/i.test(environment.text ?? "")) book.set(environment, ["production"], true);
  book.drop(place.at("imageRegistry"), "is used by no template of the chart; image.repository names the registry");
}

/** The chart's own image is an application around an engine; only one of vLLM can be run by the program. */
function takeImage(model: Model, values: Place) {
  const { book } = model;
  const whole = values.at("image");
  const secrets = values.at("global", "imagePullSecrets");
  const name = whole.at("repository").text ?? "";
  if (/vllm/i.test(name.split("/").pop() ?? "")) {
    image(model, whole.at("repository"), whole.at("tag"), whole.at("digest"));
    pullSecrets(model, secrets);
  } else {
    const reason = "is an application's image (health under /actuator, its own port); the program runs vLLM's";
    book.drop(whole.at("repository"), reason);
    for (const key of ["tag", "digest"])
      book.drop(whole.at(key), "belongs to image.repository, which is not taken over");
    book.drop(
      secrets,
      "belongs to image.repository, which is not taken over; image.pullSecrets names those of another image",
    );
    if (name)
      book.ask(
        `where ${name} runs 'vllm serve' itself, use it:\n${model.command("image.repository", name)}\n${model.command("image.digest", "sha256:<digest>")}`,
      );
  }
  book.drop(whole.at("pullPolicy"), "has no counterpart: an image here never changes, so it is pulled once a node");
}

function source(model: Model, place: Place) {
  const { book } = model;
  const bucket = place.at("s3Bucket").text;
  const key = place.at("s3Key").text;
  const version = place.at("version").text;
  const path = place.at("localPath").text;
  const shown = bucket ? `${place.at("source").text ?? "s3"}://${bucket}/${key ?? ""}` : place.at("hfRepo").text;
  model.askForUpload(shown ?? `what lies in ${path ?? "the model's folder"}`, version);
  book.drop(place.at("version"), "is the revision, which is set once its files are in the bucket");
  for (const name of ["source", "localPath", "s3Bucket", "s3Key", "hfRepo"])
    book.drop(
      place.at(name),
      "is the model's old place; here it lies at models/<model>/<revision>/ of the stack's bucket",
    );
  book.drop(place.at("lazyLoad"), "has no counterpart: vLLM loads the model when it starts");
  book.drop(place.at("warmupOnStart"), "is not needed: vLLM warms up before it is ready");
}

function inference(model: Model, place: Place, beside: Place) {
  const { book } = model;
  model.set(place.at("maxSequenceLength"), "engine.maxModelLen");
  for (const vllm of [place.at("vllm"), beside]) {
    for (const key of [
      "tensorParallelSize",
      "pipelineParallelSize",
      "gpuMemoryUtilization",
      "maxNumSeqs",
      "maxModelLen",
    ])
      model.set(vllm.at(key), `engine.${key}`);
    if (vllm.empty) book.noop(vllm);
  }
  book.drop(
    place.at("maxBatchSize"),
    "is the application's: vLLM fills its batches by itself, up to engine.maxNumSeqs",
  );
  book.drop(place.at("maxConcurrentRequests"), "is the application's: vLLM takes every request and lets it wait");
  book.drop(
    place.at("timeout"),
    "is the application's: vLLM ends no request by itself; those under way get drain.seconds when a pod stops",
  );
}

function pod(model: Model, values: Place) {
  const { book } = model;
  const block = values.at("resources");
  resources(model, block.at("requests"), block.at("limits"));
  const gpu = block.at("gpu");
  if (gpu.at("enabled").off) {
    model.set(gpu.at("enabled"), "gpu.count", 0);
    for (const key of ["count", "type"]) {
      if (gpu.at(key).number === 0) book.noop(gpu.at(key));
      else book.drop(gpu.at(key), "is switched off (enabled: false)");
    }
  } else {
    model.set(gpu.at("count"), "gpu.count");
    model.same(gpu.at("enabled"), "gpu.count", "GPUs a pod");
    const type = gpu.at("type");
    if (type.empty) book.noop(type);
    else product(model, type, [type.text ?? ""]);
  }
  nodeSelector(model, values.at("nodeSelector"));
  tolerations(model, values.at("tolerations"));
  affinity(model, values.at("affinity"));
  askForLabels(model);
  labels(model, values.at("labels"));
  book.drop(
    values.at("service", "name"),
    `has no counterpart: the Service has the model's name; clients ask http://${model.name}.<namespace>.svc/v1`,
  );
  book.drop(values.at("service", "port"), "has no counterpart: the Service's port is 80");
  if (values.at("service", "type").text === "ClusterIP") book.noop(values.at("service", "type"));
  else
    book.drop(
      values.at("service", "type"),
      "has no counterpart: the Service is a ClusterIP; a gateway makes it public",
    );
}

function replicas(model: Model, count: Place, scaler: Place) {
  const { book } = model;
  if (!scaled(model, count, scaler)) return;
  model.set(scaler.at("targetQueueDepth"), "autoscaling.waitingRequests");
  book.drop(scaler.at("targetCpuUtilization"), "has no counterpart: CPU says nothing of a GPU server's load");
}

function healthCheck(model: Model, place: Place) {
  const startup = place.at("startupProbe");
  if (startup.at("enabled").off)
    model.book.list(startup, "is switched off; the program's is always on, for startup.seconds");
  else {
    model.same(startup.at("enabled"), "startup.seconds", "the probe is always on");
    startupProbe(model, startup, kubernetesProbe);
  }
  otherProbe(model, place.at("livenessProbe"));
  otherProbe(model, place.at("readinessProbe"));
}

function surroundings(model: Model, values: Place) {
  const { book } = model;
  if (!book.switchedOff(values.at("persistence"))) book.drop(values.at("persistence"), noVolume);
  for (const key of ["vectorDB", "embeddingService"]) book.drop(values.at(key), application);
  const config = values.at("config");
  model.set(config.at("logging", "level"), ["engine", "env", "VLLM_LOGGING_LEVEL"]);
  book.drop(config.at("logging", "format"), "has no counterpart: vLLM writes lines of text");
  book.drop(config.at("metrics", "enabled"), "is not needed: metrics are always served, at /metrics");
  book.drop(config.at("metrics", "port"), "has no counterpart: metrics are served on the server's one port");
  if (!book.switchedOff(config.at("tracing")))
    book.drop(
      config.at("tracing"),
      "has no counterpart: vLLM sends OTLP (engine.args: otlp-traces-endpoint), and the endpoint here is the application's",
    );
  if (!book.switchedOff(values.at("monitoring")))
    book.drop(
      values.at("monitoring"),
      "has no counterpart: no ServiceMonitor is made; /metrics is on the Service's port",
    );
  if (!book.switchedOff(values.at("podDisruptionBudget")))
    book.drop(values.at("podDisruptionBudget"), "has no counterpart: one pod of a model may be disrupted at a time");
}
