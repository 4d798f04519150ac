import type { KubeObject } from "../objects.ts";
import type { Standing, Waiting } from "./wait.ts";

/** How long a Service's endpoints must not change. The real plugin waits 10 seconds. */
const settleMilliseconds = 2000;

/**
 * How a Service stands, asked again and again: ready once its endpoints have settled and all are ready.
 * One that finds no pods at all is taken for ready, as by the real plugin.
 */
export function serviceStandings(waiting: Waiting, name: KubeObject): () => Promise<Standing> {
  let version: string | undefined;
  let since = Date.now();
  return async () => {
    const { standing, endpoints } = await look(waiting, name);
    if (!sendsToPods(standing.object)) return standing;
    if (endpoints?.metadata?.resourceVersion !== version) {
      version = endpoints?.metadata?.resourceVersion;
      since = Date.now();
    }
    const settled = endpoints !== undefined && Date.now() - since >= settleMilliseconds;
    return { ...standing, ready: standing.ready && settled, acceptable: standing.ready };
  };
}

/** How a Service stands now. */
export async function serviceStanding(waiting: Waiting, name: KubeObject): Promise<Standing> {
  return (await look(waiting, name)).standing;
}

interface Endpoints extends KubeObject {
  subsets?: { addresses?: unknown[]; notReadyAddresses?: unknown[] }[];
}

async function look(waiting: Waiting, name: KubeObject): Promise<{ standing: Standing; endpoints?: Endpoints }> {
  const object = await waiting.api.get(await waiting.discovery.path(name));
  const isBalancer = object.spec?.type === "LoadBalancer";
  const hasAddress = !isBalancer || (object.status?.loadBalancer?.ingress ?? []).length > 0;
  const problems = hasAddress
    ? []
    : ["Service was not allocated an IP address; does your cloud provider support this?"];
  if (!sendsToPods(object)) return { standing: { object, ready: hasAddress, problems } };

  const path = await waiting.discovery.path({ ...object, apiVersion: "v1", kind: "Endpoints" });
  const endpoints = await waiting.api.find<Endpoints>(path);
  const subsets = endpoints?.subsets ?? [];
  const isPending = subsets.some(({ notReadyAddresses }) => (notReadyAddresses ?? []).length > 0);
  if (!subsets.some(({ addresses }) => (addresses ?? []).length > 0)) {
    problems.unshift(
      "Service does not target any Pods. Selected Pods may not be ready, or field '.spec.selector' may not match labels on any Pods",
    );
  }
  const progress = "[1/3] Finding Pods to direct traffic to";
  return { standing: { object, ready: hasAddress && !isPending, problems, progress }, endpoints };
}

function sendsToPods({ spec = {} }: KubeObject): boolean {
  return spec.type !== "ExternalName" && spec.clusterIP !== "None" && Object.keys(spec.selector ?? {}).length > 0;
}
