import type { DaemonSpec } from "../daemon.ts";
import { until } from "../until.ts";
import { ClusterClient, isTrue, type KubernetesObject } from "./client.ts";
import { apiServer, type ControlPlanePorts, controllerManager, etcd, kwok, scheduler } from "./controlPlane.ts";
import { credentialFiles, makeCredentials, writeKubeconfig } from "./credentials.ts";
import { serveMetrics } from "./metrics.ts";
import { metricsApiService, registerMetricsApi } from "./metricsApi.ts";
import { nodes } from "./nodes.ts";
import { writeStages } from "./stages.ts";

/** A cluster that is ready for work. */
export interface RunningCluster {
  apiServer: string;
  metricsControl: string;
}

/** Starts a fresh cluster, and returns when pods can be scheduled and scaled on it. `binary` is `lab-cluster`. */
export async function startCluster(
  binary: string,
  ports: ControlPlanePorts,
  startDaemon: (spec: DaemonSpec) => void,
  signal: AbortSignal,
): Promise<RunningCluster> {
  const token = makeCredentials();
  const address = `https://127.0.0.1:${ports.apiServer}`;
  const client = new ClusterClient(address, token, credentialFiles.servingCertificate);
  startDaemon(etcd(binary, ports));
  startDaemon(apiServer(binary, ports));
  await until("kube-apiserver is ready", 120, signal, async () => (await client.send("GET", "/readyz")).status === 200);

  writeKubeconfig(address, token, binary);
  startDaemon(controllerManager(binary));
  startDaemon(scheduler(binary));
  startDaemon(kwok(binary, ports, writeStages(binary)));
  const metrics = await serveMetrics(client);
  await registerMetricsApi(client, metrics.apiPort);
  for (const node of nodes) await client.create("/api/v1/nodes", node);

  await until("the nodes are ready", 60, signal, async () => (await client.list("/api/v1/nodes")).every(isSchedulable));
  await until("the default service account exists", 60, signal, async () => {
    return (await client.get("/api/v1/namespaces/default/serviceaccounts/default")) !== undefined;
  });
  await until("the custom metrics API is available", 60, signal, async () => {
    return isTrue(await client.get(metricsApiService), "Available");
  });
  return { apiServer: address, metricsControl: metrics.control };
}

/** Ready, and without the taints that a node carries until the controllers have seen that it is. */
function isSchedulable(node: KubernetesObject): boolean {
  const waiting = node.spec?.taints?.some(({ key }) => key.startsWith("node.kubernetes.io/")) ?? false;
  return isTrue(node, "Ready") && !waiting;
}
