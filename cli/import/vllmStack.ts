import { isTree } from "../../config/tree.ts";
import { disaggregated, disaggregatedReason } from "./disaggregated.ts";
import { otherAccelerator, otherHardware, sharedOver } from "./hardware.ts";
import { apiKeyCommand, apiKeyReason, type Context, Model, modelName } from "./model.ts";
import type { Place } from "./place.ts";
import { isRay, rayTooLarge } from "./ray.ts";
import { ImportError, kindOf } from "./values.ts";
import { askedOf, stackModel } from "./vllmStackModel.ts";

const observed = "has no counterpart: no objects of Prometheus or Grafana are made; /metrics is on the Service's port";
const noCache =
  "has no counterpart: each server keeps its own KV cache; engine.args: kv-offloading-size offloads it to memory, which resources.memory has to hold";
const noController =
  "is loaded by the chart's controller into servers that run, and nothing here does that: a server loads the adapters that lie in its revision's folder when it starts";
const noLora = "has no counterpart: nothing loads adapters into servers that run";

/** Parts of the chart beside the engines, and why they have no counterpart. */
const parts: Readonly<Record<string, { reason: string; switch?: string }>> = {
  routerSpec: {
    reason:
      "has no counterpart: each model's Service spreads requests over its pods; routing by session, prefix or cached blocks, and one address for all models, is a gateway's",
    switch: "enableRouter",
  },
  cacheserverSpec: { reason: noCache, switch: "enabled" },
  loraController: { reason: noLora, switch: "enableLoraController" },
  sharedPvcStorage: {
    reason: "has no counterpart: models come from the bucket, no volume of yours holds them",
    switch: "enabled",
  },
  extraObjects: { reason: "has no counterpart: other objects belong into a program of their own" },
  grafanaDashboards: { reason: observed, switch: "enabled" },
  "kube-prometheus-stack": { reason: observed, switch: "enabled" },
  "prometheus-adapter": { reason: observed, switch: "enabled" },
};

/** The chart of vLLM production-stack: a list of models, a router before them. */
export function vllmStack(values: Place, context: Context) {
  const { book } = context;
  const engine = values.at("servingEngineSpec");
  const adapters = values.at("loraAdapters");
  const taken: string[] = [];
  for (const spec of modelsOf(engine.at("modelSpec"))) {
    const [off] = [engine.at("enableEngine"), spec.at("enabled")].filter((place) => place.off);
    if (off) {
      book.drop(spec, `is switched off (${off.parent === spec ? off.key : off.path}: false)`);
      continue;
    }
    const unserved = whyUnserved(spec, values.at("routerSpec"));
    if (unserved) {
      book.list(spec, unserved);
      continue;
    }
    const name = spec.at("name");
    const model = new Model(modelName(name.text ?? spec.at("modelURL").text ?? "model", taken), context);
    taken.push(model.name);
    book.same(
      name,
      `models.${model.name}`,
      model.name === name.text ? "the model's name" : "as a name that a Service can have",
    );
    stackModel(model, spec, engine, adaptersOf(adapters, name.text));
  }
  if (engine.at("modelSpec").empty) book.noop(engine.at("modelSpec"));
  shared(values, engine, taken.length === 0, context);
  for (const [key, { reason, switch: onOff }] of Object.entries(parts)) part(values.at(key), reason, onOff, context);
  if (adapters.empty) book.noop(adapters);
  for (const adapter of adapters.children) if (!book.switchedOff(adapter)) book.drop(adapter, noController);
}

/** Why a model is not taken over at all; nothing where this program can serve it. */
function whyUnserved(spec: Place, router: Place): string | undefined {
  const half = disaggregated(spec, router);
  if (half) return disaggregatedReason(half);
  const other = otherAccelerator(askedOf(spec));
  if (other) return otherHardware(other);
  const { words, sizes } = askedOf(spec);
  return isRay(spec) ? rayTooLarge(spec, sharedOver(words, sizes)) : undefined;
}

/** The adapters that the chart's controller loads into a model. */
const adaptersOf = (place: Place, model: string | undefined): string[] =>
  place.children
    .filter((adapter) => !adapter.at("enabled").off && adapter.at("baseModel").text === model)
    .map((adapter) => adapter.at("adapterSource", "adapterName").text ?? adapter.at("name").text ?? "");

/** The entries of the list of models. @throws ImportError where it is none: a map would make a model of each key */
function modelsOf(place: Place): Place[] {
  if (place.empty) return [];
  const expected = "expected is a list of models, each a map (- name: …)";
  if (!Array.isArray(place.value)) throw new ImportError(`${place.path} is ${kindOf(place.value)}; ${expected}`);
  for (const { path, value } of place.children)
    if (!isTree(value)) throw new ImportError(`${path} is ${kindOf(value)}; ${expected}`);
  return place.children;
}

/** The keys of all engines that no model takes. */
function shared(values: Place, engine: Place, none: boolean, context: Context) {
  const { book } = context;
  if (!engine.exists) return;
  if (engine.at("enableEngine").off) book.list(engine.at("enableEngine"), "is off, so no model is taken over");
  else book.noop(engine.at("enableEngine"));
  const key = engine.at("vllmApiKey");
  if (!key.empty && (typeof key.value === "string" || !key.at("secretName").empty)) {
    book.list(key, apiKeyReason);
    book.ask(apiKeyCommand(context.stack));
  } else book.noop(key);
  book.drop(
    engine.at("nodeSelector"),
    "is no key of the chart, which ignores it; here it would be scheduling.nodeSelector",
  );
  book.drop(engine.at("containerPort"), "has no counterpart: the server's port in its pod is the program's");
  book.drop(engine.at("servicePort"), "has no counterpart: the Service's port is 80");
  book.drop(engine.at("extraPorts"), "has no counterpart: a server has one port");
  book.drop(engine.at("strategy"), "has no counterpart: the rollout follows from replicas and gpu.spare");
  book.drop(engine.at("runtimeClassName"), "has no counterpart: EKS GPU nodes run GPU pods without a RuntimeClass");
  book.drop(engine.at("schedulerName"), "has no counterpart: the cluster's scheduler is used");
  book.drop(
    engine.at("imagePullPolicy"),
    "has no counterpart: an image here never changes, so it is pulled once a node",
  );
  for (const name of ["securityContext", "containerSecurityContext"])
    book.drop(engine.at(name), "has no counterpart: pods run without privileges, as one user");
  for (const owner of [engine, values]) book.drop(owner.at("sidecar"), "has no counterpart: a pod has one container");
  if (!book.switchedOff(engine.at("serviceMonitor"))) book.drop(engine.at("serviceMonitor"), observed);
  for (const name of ["labels", "configs", "env", "tolerations", "startupProbe", "livenessProbe", "readinessProbe"])
    if (none || engine.at(name).empty) book.drop(engine.at(name), "is for models, and there is none");
}

function part(place: Place, reason: string, key: string | undefined, context: Context) {
  const { book } = context;
  if (key && book.switchedOff(place, key)) return;
  for (const secret of ["vllmApiKey", "hf_token"]) {
    const inner = place.at(secret);
    if (inner.empty) book.noop(inner);
    else
      book.list(
        inner,
        secret === "hf_token"
          ? "is not needed: nothing is downloaded"
          : "is the router's, and there is none; clients send the stack's API key",
      );
  }
  for (const exposed of ["ingress", "route"])
    if (!book.switchedOff(place.at(exposed)) && !place.at(exposed, "main", "enabled").off)
      book.drop(
        place.at(exposed),
        "has no counterpart: the Service is reached inside the cluster; a gateway makes it public",
      );
  if (place.children.every((inner) => book.told(inner)) && place.children.length > 0) return;
  book.drop(place, reason);
}
