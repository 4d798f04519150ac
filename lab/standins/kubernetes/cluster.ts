import type { Configuration } from "../plugin/provider.ts";
import { Api } from "./api.ts";
import { Discovery, NoMatch } from "./discovery.ts";
import { type Access, NoKubeconfig, readAccess } from "./kubeconfig.ts";
import type { KubeObject } from "./objects.ts";
import type { Mutability } from "./replacement.ts";

/** A provider's configuration, and the cluster it points to where that can be reached. */
export interface Cluster {
  api: Api;
  discovery: Discovery;
  defaultNamespace: string;
  mutable: Mutability;
  /** Forget objects of a cluster that is gone. */
  deleteUnreachable: boolean;
  /** Why the cluster cannot be reached, if so; all operations but previews fail with it. */
  unreachable: string | undefined;
}

/** Reads the configuration and tries the cluster. An unreachable one is no error here: a preview may do without. */
export async function connect({ variables }: Configuration): Promise<Cluster> {
  const value = (key: string) => variables[`kubernetes:config:${key}`] || undefined;
  const flag = (key: string, environment: string) => (value(key) ?? process.env[environment]) === "true";
  const settings = {
    deleteUnreachable: flag("deleteUnreachable", "PULUMI_K8S_DELETE_UNREACHABLE"),
    mutable: {
      configMap: flag("enableConfigMapMutable", "PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE"),
      secret: flag("enableSecretMutable", "PULUMI_K8S_ENABLE_SECRET_MUTABLE"),
    },
  };
  const choice = { context: value("context"), cluster: value("cluster"), namespace: value("namespace") };
  let access: Access = { server: "", namespace: choice.namespace ?? "default", headers: {}, tls: {} };
  let unreachable: string | undefined;
  try {
    access = readAccess(value("kubeconfig"), choice);
  } catch (error) {
    unreachable = `${error instanceof NoKubeconfig ? notParsed : notUsable} ${message(error)}`;
  }
  const api = new Api(access);
  if (!unreachable) {
    unreachable = await api.get("/openapi/v3", { timeout: "32s" }).then(
      () => undefined,
      (error) => `unable to load schema information from the API server: ${message(error)}`,
    );
  }
  return { api, discovery: new Discovery(api), defaultNamespace: access.namespace, unreachable, ...settings };
}

const notParsed = "failed to parse kubeconfig data in `kubernetes:config:kubeconfig`-";

const notUsable =
  "unable to load Kubernetes client configuration from kubeconfig file. Make sure you have: \n\n" +
  " \t • set up the provider as per https://www.pulumi.com/registry/packages/kubernetes/installation-configuration/ \n\n";

/** Kinds without a namespace that a program may meet before its cluster can be asked. */
const clusterWide = new Set([
  "v1/Namespace",
  "v1/Node",
  "v1/PersistentVolume",
  "apiextensions.k8s.io/v1/CustomResourceDefinition",
  "apiregistration.k8s.io/v1/APIService",
  "rbac.authorization.k8s.io/v1/ClusterRole",
  "rbac.authorization.k8s.io/v1/ClusterRoleBinding",
  "scheduling.k8s.io/v1/PriorityClass",
  "storage.k8s.io/v1/StorageClass",
]);

/** Whether objects of this kind live in a namespace; a kind that the cluster does not have (yet) is taken to. */
export async function isNamespaced(cluster: Cluster, object: KubeObject): Promise<boolean> {
  if (cluster.unreachable) return !clusterWide.has(`${object.apiVersion}/${object.kind}`);
  try {
    return (await cluster.discovery.resource(object)).namespaced;
  } catch (error) {
    if (error instanceof NoMatch) return true;
    throw error;
  }
}

/** Whether the cluster has this kind. */
export async function hasKind(cluster: Cluster, object: KubeObject): Promise<boolean> {
  if (cluster.unreachable) return false;
  return cluster.discovery.resource(object).then(
    () => true,
    () => false,
  );
}

/** An error's message, whatever was thrown. */
export function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
