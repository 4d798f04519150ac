import { createHash, randomBytes } from "node:crypto";
import type { CheckRequest } from "../plugin/provider.ts";
import { isMarked, type KubeObject } from "./objects.ts";

/** On objects whose name Pulumi has chosen: these may have a successor beside them. */
const autonamed = "pulumi.com/autonamed";

/** `prefix` and eight hexadecimal digits, the same ones for the same seed. */
export function uniqueName(prefix: string, seed: Uint8Array = new Uint8Array()): string {
  const bytes = seed.length > 0 ? createHash("sha256").update(seed).digest() : randomBytes(4);
  return prefix + bytes.subarray(0, 4).toString("hex");
}

/** Whether an object's name was chosen by Pulumi. */
export function isAutonamed(object: KubeObject): boolean {
  return isMarked(object, autonamed);
}

/** Gives an object without a name the one it had, if Pulumi chose that, or a new one. */
export function assignName(object: KubeObject, old: KubeObject, request: CheckRequest): KubeObject {
  if (object.metadata?.name) return object;
  if (Object.keys(old).length > 0) {
    return isAutonamed(old) && old.metadata?.name ? named(object, old.metadata.name) : object;
  }
  const { autonaming } = request;
  if (autonaming?.mode === "disable") {
    throw new Error("autonaming is disabled, resource requires the .metadata.name field to be set");
  }
  return named(object, autonaming?.proposedName || uniqueName(`${request.name}-`, request.randomSeed));
}

function named(object: KubeObject, name: string): KubeObject {
  const annotations = { ...object.metadata?.annotations, [autonamed]: "true" };
  return { ...object, metadata: { ...object.metadata, annotations, name } };
}
