import { isObject } from "../plugin/values.ts";
import type { Json, KubeObject, ManagedFields } from "./objects.ts";

/** The manager of what was made by a create request. The first update hands its fields to the resource's own manager. */
export const creator = "pulumi-kubernetes";

/** Managers whose fields a resource takes over when it is first applied: ours at creation, and kubectl's. */
const adopted = [
  { manager: "kubectl", operation: "Apply" },
  { manager: "kubectl", operation: "Update" },
  { manager: "before-first-apply", operation: "Update" },
  { manager: creator, operation: "Update" },
];

/** Whether one of the entries has the field (or something in it). */
export function hasField(entries: ManagedFields[], path: (string | number)[]): boolean {
  return entries.some((entry) => {
    let fields: Json | undefined = entry.fieldsV1;
    for (const step of path) fields = isObject(fields) ? fields[`f:${step}`] : undefined;
    return fields !== undefined;
  });
}

/** Whether fields still belong to the manager of the create request. */
export function isFreshlyCreated(live: KubeObject): boolean {
  return entriesOf(live).some((entry) => entry.manager === creator && entry.operation === "Update");
}

/** The entries of an object. */
export function entriesOf(object: KubeObject): ManagedFields[] {
  return object.metadata?.managedFields ?? [];
}

/** The entries after the adopted ones have become part of the manager's own; nothing where there are none to adopt. */
export function adoptFields(live: KubeObject, manager: string): ManagedFields[] | undefined {
  const isOwn = (entry: ManagedFields) => entry.manager === manager && entry.operation === "Apply";
  const isAdopted = (entry: ManagedFields) =>
    !entry.subresource && adopted.some((one) => one.manager === entry.manager && one.operation === entry.operation);
  const entries = entriesOf(live);
  const [first, ...more] = [...entries.filter(isOwn), ...entries.filter((entry) => isAdopted(entry) && !isOwn(entry))];
  if (!first || !entries.some(isAdopted)) return undefined;
  const fieldsV1 = more.reduce<Json>((union, entry) => merge(union, entry.fieldsV1 ?? {}), first.fieldsV1 ?? {});
  const rest = entries.filter((entry) => !isOwn(entry) && !isAdopted(entry));
  return [...rest, { ...first, manager, operation: "Apply", fieldsV1 }];
}

function merge(a: Json, b: Json): Json {
  if (!isObject(a) || !isObject(b)) return b;
  const result = { ...a };
  for (const [key, value] of Object.entries(b)) {
    const known = result[key];
    result[key] = known === undefined ? value : merge(known, value);
  }
  return result;
}
