import { kubernetesProbe } from "./chartDefaults.ts";
import { disaggregatedReason, halfOf } from "./disaggregated.ts";
import { environment, secretVariables, variablesOf } from "./environment.ts";
import { commandOf, servedBy, serveFlags } from "./flags.ts";
import { product } from "./gpu.ts";
import { type Asked, otherAccelerator, otherHardware } from "./hardware.ts";
import { image, pullSecrets } from "./image.ts";
import { raiseMemory } from "./leastMemory.ts";
import type { Context } from "./model.ts";
import { Model, modelName } from "./model.ts";
import type { Place } from "./place.ts";
import { labels, otherProbe, resourceBlock, scaled, startupProbe } from "./resources.ts";
import { affinity, nodeSelector, tolerations } from "./scheduling.ts";
import { ImportError } from "./values.ts";

/** The example chart of vLLM (`examples/online_serving/chart-helm`, chart-vllm 0.0.1): one model. */
export function chartVllm(values: Place, context: Context) {
  const { book } = context;
  const [whole, extraInit] = [values.at("image"), values.at("extraInit")];
  const command = commandOf(whole.at("command"));
  const block = values.at("resources");
  const wanted = values.at("nodeSelector").children;
  const asked: Asked = {
    resources: [...block.at("requests").children, ...block.at("limits").children, ...wanted],
    types: [...values.at("gpuModels").children, ...wanted],
    image: [whole.at("repository"), whole.at("tag")],
    words: command?.words ?? [],
    variables: variablesOf(whole.at("env")),
  };
  const other = otherAccelerator(asked);
  if (other) throw new ImportError(`the server of these values ${otherHardware(other)}`);
  const half = halfOf(asked.words);
  if (half) throw new ImportError(`the server of these values ${disaggregatedReason(half)}`);
  const { name, source, revision } = servedBy(command?.words ?? []);
  const path = extraInit.at("s3modelpath").text;
  const called = [name, path, source].find((text) => text && !/^\/?data\/?$/.test(text)) ?? "model";
  const model = new Model(modelName(called), context);
  if (command) {
    for (const { place } of command.lead) model.same(place, "engine.kind", "its default");
    serveFlags(model, command.words);
  } else
    book.drop(whole.at("command"), "does not run 'vllm serve' in a form that can be read; write its flags as settings");
  model.askForUpload(path ?? source ?? model.name, revision);

  image(model, whole.at("repository"), whole.at("tag"));
  book.drop(whole.at("securityContext"), "has no counterpart: pods run without privileges, as one user");
  for (const place of [whole.at("runAsUser"), values.at("runAsUser")])
    book.drop(place, "has no counterpart: pods run without privileges, as one user");
  environment(model, whole.at("env"));
  environment(model, values.at("configs"));
  secretVariables(model, values.at("secrets"));
  book.drop(
    values.at("externalConfigs"),
    "names ConfigMaps and Secrets of the cluster; set what is in them as engine.env and engine.secretEnv",
  );
  if (!extraInit.empty) {
    book.drop(
      extraInit.at("s3modelpath"),
      "is the model's old place; here it lies at models/<model>/<revision>/ of the stack's bucket",
    );
    book.drop(
      extraInit.at("pvcStorage"),
      "has no counterpart: the model comes from the bucket, no volume of yours holds it",
    );
    book.list(extraInit.at("awsEc2MetadataDisabled"), "is not needed: credentials come from EKS Pod Identity");
  } else book.noop(extraInit);

  book.drop(values.at("containerPort"), "has no counterpart: the server's port in its pod is the program's");
  book.drop(values.at("serviceName"), `has no counterpart: the Service has the model's name, ${model.name}`);
  book.drop(values.at("servicePort"), "has no counterpart: the Service's port is 80");
  book.drop(values.at("extraPorts"), "has no counterpart: a server has one port");
  book.drop(values.at("extraContainers"), "has no counterpart: a pod has one container");
  book.drop(values.at("customObjects"), "has no counterpart: other objects belong into a program of their own");
  book.drop(values.at("deploymentStrategy"), "has no counterpart: the rollout follows from replicas and gpu.spare");
  book.drop(
    values.at("maxUnavailablePodDisruptionBudget"),
    "has no counterpart: one pod of a model may be disrupted at a time",
  );

  resourceBlock(model, block, asked);
  const gpuModels = values.at("gpuModels");
  if (gpuModels.empty) book.noop(gpuModels);
  else
    product(
      model,
      gpuModels,
      gpuModels.children.map((name) => name.text ?? ""),
    );
  // The chart asks for nvidia.com/gpu.product.
  model.nodesLabelled = true;
  nodeSelector(model, values.at("nodeSelector"));
  tolerations(model, values.at("tolerations"));
  affinity(model, values.at("affinity"));
  pullSecrets(model, values.at("imagePullSecrets"));
  labels(model, values.at("labels"));
  replicas(model, values.at("replicaCount"), values.at("autoscaling"));
  model.set(values.at("terminationGracePeriodSeconds"), "drain.seconds");
  startupProbe(model, values.at("startupProbe"), kubernetesProbe);
  for (const probe of [values.at("readinessProbe"), values.at("livenessProbe")]) otherProbe(model, probe);
  model.askForAdapters();
  raiseMemory(model, block.at("requests", "memory"), block.at("limits", "memory"));
}

/** Replicas, or the bounds of a scaler with a target that says nothing of a GPU server. */
function replicas(model: Model, count: Place, scaler: Place) {
  const { book } = model;
  if (!scaled(model, count, scaler)) return;
  for (const key of ["targetCPUUtilizationPercentage", "targetMemoryUtilizationPercentage"])
    book.drop(
      scaler.at(key),
      "has no counterpart: CPU and memory say nothing of a GPU server's load; autoscaling.waitingRequests does",
    );
}
