import { isObject } from "../plugin/values.ts";
import { isCore, type Json, type KubeObject } from "./objects.ts";

const identity = ["metadata.name", "metadata.namespace"];
const workload = ["spec.selector"];
const role = ["roleRef"];

/** Fields that the server never changes in place, by `apiVersion/kind`. */
const immutable: { [kind: string]: string[] } = {
  "apps/v1/DaemonSet": workload,
  "apps/v1/Deployment": workload,
  "apps/v1/StatefulSet": [
    ...workload,
    "spec.podManagementPolicy",
    "spec.revisionHistoryLimit",
    "spec.serviceName",
    "spec.volumeClaimTemplates",
  ],
  "batch/v1/Job": ["spec.completions", "spec.parallelism", "spec.selector", "spec.template"],
  "rbac.authorization.k8s.io/v1/ClusterRoleBinding": role,
  "rbac.authorization.k8s.io/v1/RoleBinding": role,
  "storage.k8s.io/v1/StorageClass": ["parameters", "provisioner"],
  "v1/PersistentVolumeClaim": ["spec.accessModes", "spec.selector", "spec.storageClassName", "spec.volumeName"],
  "v1/ResourceQuota": ["spec.scopes"],
  "v1/Service": ["spec.clusterIP"],
};

/** Which kinds of objects may change their data in place. By default none: a change makes a new object, and pods roll. */
export interface Mutability {
  configMap: boolean;
  secret: boolean;
}

/** The fields of an object whose change makes a new object. */
export function replacingFields(object: KubeObject, mutable: Mutability): string[] {
  if (isCore(object, "Secret")) {
    return mutable.secret && object.immutable !== true
      ? [...identity, "type"]
      : [...identity, "type", "stringData", "data"];
  }
  if (isCore(object, "ConfigMap")) {
    return mutable.configMap && object.immutable !== true ? identity : [...identity, "binaryData", "data"];
  }
  return [...identity, ...(immutable[`${object.apiVersion?.replace(/^core\//, "")}/${object.kind}`] ?? [])];
}

/** Whether setting `path` to `value` sets one of the fields. */
export function touches(path: (string | number)[], value: Json | undefined, fields: string[]): boolean {
  return fields.some((field) => {
    const steps = field.split(".");
    const shared = Math.min(steps.length, path.length);
    for (let i = 0; i < shared; i++) if (steps[i] !== path[i]) return false;
    let rest: Json | undefined = value;
    for (const step of steps.slice(path.length)) rest = isObject(rest) ? rest[step] : undefined;
    return steps.length <= path.length || rest !== undefined;
  });
}
