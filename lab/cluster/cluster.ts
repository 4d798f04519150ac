import type { DaemonSpec } from "../daemon.ts";
import type { Daemon } from "../state.ts";
import { until } from "../until.ts";
import { ClusterClient, isTrue, type KubernetesObject } from "./client.ts";
import { apiServer, type ControlPlanePorts, controllerManager, etcd, kwok, scheduler } from "./controlPlane.ts";
import { admin, credentialFiles, makeCredentials, type User, writeAccess } from "./credentials.ts";
import { serveMetrics } from "./metrics.ts";
import { metricsApiService, registerMetricsApi } from "./metricsApi.ts";
import { cpuNode, gpuNodes } from "./nodes.ts";
import { writeStages } from "./stages.ts";

/** A cluster that is ready for work. */
export interface RunningCluster {
  apiServer: string;
  metricsControl: string;
  /** See `Lab`. */
  awsForPods?: string | undefined;
}

/** Nodes that run what comes to them, in place of the simulated one without a GPU. */
export interface RealNodes {
  /** Who asks the API server for them. */
  users: readonly User[];
  /** Makes what the API server shows to their kubelets. */
  prepare(): Promise<void>;
  /** Starts them, for an API server at that port of 127.0.0.1, and returns where their pods reach AWS. */
  start(client: ClusterClient, apiServer: number, tokens: ReadonlyMap<string, string>): Promise<string>;
  names: readonly string[];
}

/** What a cluster is made with. */
export interface ClusterNeeds {
  /** `lab-cluster` */
  binary: string;
  ports: ControlPlanePorts;
  startDaemon(spec: DaemonSpec): Daemon;
  signal: AbortSignal;
  realNodes?: RealNodes | undefined;
}

/** Starts a fresh cluster, and returns when pods can be scheduled and scaled on it. */
export async function startCluster(needs: ClusterNeeds): Promise<RunningCluster> {
  const { binary, ports, startDaemon, signal, realNodes } = needs;
  const tokens = makeCredentials([admin, ...(realNodes?.users ?? [])]);
  const token = tokens.get(admin.name) ?? "";
  await realNodes?.prepare();
  const address = `https://127.0.0.1:${ports.apiServer}`;
  const client = new ClusterClient(address, token, credentialFiles.servingCertificate);
  startDaemon(etcd(binary, ports));
  startDaemon(apiServer(binary, ports, realNodes !== undefined));
  await until("kube-apiserver is ready", 120, signal, async () => (await client.send("GET", "/readyz")).status === 200);

  writeAccess(address, token, binary);
  startDaemon(controllerManager(binary));
  startDaemon(scheduler(binary));
  startDaemon(kwok(binary, ports, writeStages(binary)));
  const metrics = await serveMetrics(client);
  await registerMetricsApi(client, metrics.apiPort);
  const simulated = realNodes ? gpuNodes : [cpuNode, ...gpuNodes];
  for (const node of simulated) await client.create("/api/v1/nodes", node);
  const awsForPods = await realNodes?.start(client, ports.apiServer, tokens);

  const nodes = simulated.length + (realNodes?.names.length ?? 0);
  await until("the nodes are ready", 60, signal, async () => {
    const listed = await client.list("/api/v1/nodes");
    return listed.length === nodes && listed.every(isSchedulable);
  });
  await until("the default service account exists", 60, signal, async () => {
    return (await client.get("/api/v1/namespaces/default/serviceaccounts/default")) !== undefined;
  });
  await until("the custom metrics API is available", 60, signal, async () => {
    return isTrue(await client.get(metricsApiService), "Available");
  });
  return { apiServer: address, metricsControl: metrics.control, awsForPods };
}

/** Ready, and without the taints that a node carries until the controllers have seen that it is. */
function isSchedulable(node: KubernetesObject): boolean {
  const waiting = node.spec?.taints?.some(({ key }) => key.startsWith("node.kubernetes.io/")) ?? false;
  return isTrue(node, "Ready") && !waiting;
}
