import { containsUnknown, isObject } from "../plugin/values.ts";
import { isCore, type Json, type KubeObject } from "./objects.ts";
import { canonicalQuantity } from "./quantity.ts";

/** Metadata that only the server sets. */
const readOnlyMetadata = [
  "creationTimestamp",
  "deletionGracePeriodSeconds",
  "deletionTimestamp",
  "generation",
  "managedFields",
  "resourceVersion",
  "uid",
];

/** Maps that the server drops when they are empty. (Other empty objects, such as `emptyDir: {}`, say something.) */
const dropWhenEmpty = new Set([
  "annotations",
  "binaryData",
  "data",
  "labels",
  "limits",
  "matchLabels",
  "nodeSelector",
  "requests",
  "selector",
  "stringData",
]);

/** Maps of the user's own keys, in which an empty string is a value. */
const freeMaps = new Set(["annotations", "binaryData", "data", "labels", "matchLabels", "nodeSelector", "selector"]);

/** Fields whose zero or false the server drops. (Others, such as `replicas: 0`, say something.) */
const dropWhenZero = new Set([
  "hostIPC",
  "hostNetwork",
  "hostPID",
  "initialDelaySeconds",
  "minReadySeconds",
  "paused",
  "publishNotReadyAddresses",
  "readOnly",
  "stdin",
  "stdinOnce",
  "tty",
]);

/** Fields that hold one quantity. In `quantityMaps` every value is one. */
const quantities = new Set(["averageValue", "sizeLimit"]);
const quantityMaps = new Set(["capacity", "hard", "limits", "overhead", "requests"]);

/**
 * Inputs in the form that the server gives back, so that writing the same thing another way is no change.
 * Inputs with unknowns in them stay as they are.
 */
export function normalize(inputs: KubeObject): KubeObject {
  let normal = inputs;
  if (!containsUnknown(inputs) && isBuiltIn(inputs)) {
    normal = isCore(inputs, "Secret") ? encodeStringData(inputs) : (normalizeMap(inputs as Json, "") as KubeObject);
  }
  if (!isObject(normal.metadata)) return normal;
  const metadata = Object.entries(normal.metadata).filter(([key]) => !readOnlyMetadata.includes(key));
  return { ...normal, metadata: Object.fromEntries(metadata) };
}

/** A live object reduced to the fields that the inputs have. */
export function prune(live: KubeObject, inputs: KubeObject): KubeObject {
  return pruneMap(live as JsonMap, inputs as JsonMap) as KubeObject;
}

type JsonMap = { [key: string]: Json };

function isBuiltIn(object: KubeObject): boolean {
  const [group = ""] = (object.apiVersion ?? "").includes("/") ? (object.apiVersion ?? "").split("/") : [""];
  return !group.includes(".") || group.endsWith(".k8s.io");
}

/** The server stores what `stringData` says in `data`. */
function encodeStringData(secret: KubeObject): KubeObject {
  const { stringData, ...rest } = secret;
  if (!isObject(stringData) || Object.keys(stringData).length === 0) return secret;
  const encoded = Object.entries(stringData).map(([key, value]) => [
    key,
    Buffer.from(String(value)).toString("base64"),
  ]);
  return { ...rest, data: { ...rest.data, ...Object.fromEntries(encoded) } };
}

function normalizeMap(map: Json, name: string): Json {
  if (!isObject(map)) return map;
  const result: JsonMap = {};
  for (const [key, value] of Object.entries(map)) {
    const normal = quantityMaps.has(name) ? quantity(value) : normalizeValue(value, key);
    if (freeMaps.has(name) || !isDropped(normal, key)) result[key] = normal;
  }
  return result;
}

function normalizeValue(value: Json, key: string): Json {
  if (quantities.has(key)) return quantity(value);
  if (Array.isArray(value)) return value.map((item) => normalizeMap(item, ""));
  return normalizeMap(value, key);
}

function quantity(value: Json): Json {
  return typeof value === "string" || typeof value === "number" ? canonicalQuantity(value) : value;
}

function isDropped(value: Json, key: string): boolean {
  if (value === null || value === "") return true;
  if (Array.isArray(value)) return value.length === 0;
  if (isObject(value)) return Object.keys(value).length === 0 && dropWhenEmpty.has(key);
  return (value === 0 || value === false) && dropWhenZero.has(key);
}

function pruneMap(source: JsonMap, target: JsonMap): JsonMap {
  const result: JsonMap = {};
  for (const [key, value] of Object.entries(source)) {
    const wanted = target[key];
    if (wanted !== undefined) result[key] = pruneValue(value, wanted);
  }
  return result;
}

function pruneValue(value: Json, wanted: Json): Json {
  if (Array.isArray(value) && Array.isArray(wanted)) {
    return wanted.slice(0, value.length).map((item, index) => pruneValue(value[index] ?? null, item));
  }
  if (isObject(value) && isObject(wanted)) return pruneMap(value, wanted);
  return value;
}
