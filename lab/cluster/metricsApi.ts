import type { ClusterClient } from "./client.ts";

const group = "custom.metrics.k8s.io";
const version = `${group}/v1beta1`;
const namespace = "lab-metrics";

/** Tells the API server that the custom metrics API is served at a loopback port: the way an adapter registers itself. */
export async function registerMetricsApi(client: ClusterClient, port: number): Promise<void> {
  await client.create("/api/v1/namespaces", { metadata: { name: namespace } });
  await client.create(`/api/v1/namespaces/${namespace}/services`, {
    metadata: { name: "custom-metrics" },
    spec: { type: "ExternalName", externalName: "127.0.0.1" },
  });
  await client.create("/apis/apiregistration.k8s.io/v1/apiservices", {
    metadata: { name: `v1beta1.${group}` },
    spec: {
      group,
      version: "v1beta1",
      service: { namespace, name: "custom-metrics", port },
      insecureSkipTLSVerify: true,
      groupPriorityMinimum: 100,
      versionPriority: 100,
    },
  });
}

/** The path of the registration, whose condition `Available` says that the API server reaches the metrics. */
export const metricsApiService = `/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.${group}`;

/** What the API answers where it is asked what it has. */
export const discovery: Record<string, unknown> = {
  "/apis": { kind: "APIGroupList", apiVersion: "v1", groups: [apiGroup()] },
  [`/apis/${group}`]: { apiVersion: "v1", ...apiGroup() },
  [`/apis/${version}`]: {
    kind: "APIResourceList",
    apiVersion: "v1",
    groupVersion: version,
    resources: [
      {
        name: "pods/vllm:num_requests_waiting",
        singularName: "",
        namespaced: true,
        kind: "MetricValueList",
        verbs: ["get"],
      },
    ],
  },
};

function apiGroup() {
  const only = { groupVersion: version, version: "v1beta1" };
  return { kind: "APIGroup", name: group, versions: [only], preferredVersion: only };
}

/** The namespace and the label selector that a request for the metric of pods asks about; undefined for other requests. */
export function askedFor(url: URL): { namespace: string; selector: string } | undefined {
  const path = decodeURIComponent(url.pathname);
  const namespace = new RegExp(`^/apis/${version}/namespaces/([^/]+)/pods/\\*/vllm:num_requests_waiting$`).exec(
    path,
  )?.[1];
  return namespace === undefined ? undefined : { namespace, selector: url.searchParams.get("labelSelector") ?? "" };
}

/** The answer: a value for each pod. */
export function metricValues(values: { namespace: string; pod: string; value: number }[]) {
  return {
    kind: "MetricValueList",
    apiVersion: version,
    metadata: {},
    items: values.map(({ namespace, pod, value }) => ({
      describedObject: { kind: "Pod", namespace, name: pod, apiVersion: "/v1" },
      metricName: "vllm:num_requests_waiting",
      timestamp: new Date().toISOString(),
      value: String(value),
      selector: null,
    })),
  };
}
