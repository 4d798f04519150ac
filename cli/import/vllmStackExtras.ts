import { kedaDefaults, stackDefaults } from "./chartDefaults.ts";
import type { Model } from "./model.ts";
import type { Place } from "./place.ts";

/** One that counts the requests waiting in a model, summed or averaged or as it is. */
const waiting =
  /^(sum|avg|max)?\s*(by\s*\([^()]*\))?\s*\(?\s*vllm[:_]num_requests_waiting\s*(\{[^{}]*\})?\s*\)?\s*(by\s*\([^()]*\))?$/;

/** Replicas, or KEDA's bounds and the trigger that counts waiting requests. */
export function scaler(model: Model, count: Place, keda: Place) {
  const { book } = model;
  if (keda.empty || !keda.at("enabled").on) {
    if (keda.empty) book.noop(keda);
    else book.drop(keda, "is switched off (enabled is not true)");
    return model.set(count, "replicas");
  }
  book.drop(count, "gives way to autoscaling.min");
  model.same(keda.at("enabled"), "autoscaling", "is on where it has bounds");
  const least = keda.at("minReplicaCount");
  if ((least.number ?? kedaDefaults.min) === 0) {
    const reason = "nothing here would wake a model that has no pod: it keeps one";
    if (least.exists) {
      model.set(least, "autoscaling.min", 1);
      book.list(least, `is 0, and ${reason}`);
    } else model.absent(least, "autoscaling.min", 1, `0 by KEDA's default, and ${reason}`);
  } else model.set(least, "autoscaling.min");
  const greatest = keda.at("maxReplicaCount");
  if (greatest.empty) model.absent(greatest, "autoscaling.max", kedaDefaults.max, "KEDA's default");
  else model.set(greatest, "autoscaling.max");
  const trigger = keda.at("triggers");
  if (trigger.exists) triggers(model, trigger);
  else model.absent(trigger, "autoscaling.waitingRequests", stackDefaults.waitingRequests.value, "the chart's default");
  book.list(keda.at("idleReplicaCount"), "has no counterpart: a model keeps autoscaling.min pods");
  for (const key of ["pollingInterval", "cooldownPeriod", "initialCooldownPeriod", "fallback", "advanced"])
    book.drop(keda.at(key), "has no counterpart: the program's scaler has its own times");
}

function triggers(model: Model, place: Place) {
  const { book } = model;
  const list = Array.isArray(place.value) ? place.children : place.empty ? [] : [place];
  if (list.length === 0) book.noop(place);
  for (const trigger of list) {
    const metadata = trigger.at("metadata");
    const threshold = metadata.at("threshold");
    if (trigger.at("type").text === "prometheus" && waiting.test(metadata.at("query").text ?? "")) {
      model.set(threshold, "autoscaling.waitingRequests", threshold.number ?? threshold.value);
      for (const part of [trigger.at("type"), metadata.at("query"), metadata.at("metricName")])
        model.same(part, "autoscaling.waitingRequests", "requests waiting in a pod, on average");
      for (const part of [...trigger.children, ...metadata.children])
        if (part.path !== metadata.path && !book.told(part))
          book.drop(part, "has no counterpart: the program's scaler reads its metrics by itself");
    } else
      book.drop(
        trigger,
        "has no counterpart: replicas follow the requests that wait in a pod (vllm:num_requests_waiting)",
      );
  }
}
