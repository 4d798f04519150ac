import type { PropertyValue } from "../plugin/values.ts";

/** Plain JSON in a Kubernetes object. */
export type Json = PropertyValue;

/** An entry of `metadata.managedFields`: who set which fields by which kind of request. */
export interface ManagedFields {
  manager: string;
  operation: "Apply" | "Update";
  subresource?: string;
  fieldsV1?: Json;
}

/** A condition of an object's status. */
export interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
}

/** Any Kubernetes object, with the fields that all have. */
export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata?: {
    name?: string;
    namespace?: string;
    generateName?: string;
    uid?: string;
    generation?: number;
    resourceVersion?: string;
    labels?: { [key: string]: string };
    annotations?: { [key: string]: string };
    managedFields?: ManagedFields[];
    ownerReferences?: { uid: string }[];
    finalizers?: string[];
  };
  // biome-ignore lint/suspicious/noExplicitAny: every kind has other fields, checked by the server.
  [field: string]: any;
}

/** `namespace/name`, or the name alone: the id that Pulumi stores. */
export function idOf(object: KubeObject): string {
  const { namespace, name = "" } = object.metadata ?? {};
  return namespace ? `${namespace}/${name}` : name;
}

/** The parts of an id. */
export function parseId(id: string): { namespace: string; name: string } {
  const [first = "", second] = id.split("/");
  return second === undefined ? { namespace: "", name: first } : { namespace: first, name: second };
}

/** An annotation of an object. */
export function annotation(object: KubeObject, name: string): string | undefined {
  return object.metadata?.annotations?.[name];
}

/** Whether an annotation says `true`. */
export function isMarked(object: KubeObject, name: string): boolean {
  return annotation(object, name) === "true";
}

/** Whether an object is a core kind of this name, as the manifest or the type token writes it. */
export function isCore(object: KubeObject, kind: string): boolean {
  return object.kind === kind && (object.apiVersion === "v1" || object.apiVersion === "core/v1");
}

/** A copy that shares nothing. */
export function copy<Value>(value: Value): Value {
  return structuredClone(value);
}
