import { mkdirSync, rmSync } from "node:fs";
import { end, identify, type ProcessId } from "../workspace/processes.ts";
import { createEksClusters } from "./aws/clusters.ts";
import { serveAws } from "./aws/front.ts";
import { moto } from "./aws/moto.ts";
import type { Tools } from "./build.ts";
import { startCluster } from "./cluster/cluster.ts";
import { type DaemonSpec, PortTaken, start } from "./daemon.ts";
import { LabError } from "./errors.ts";
import { makeRealNodes } from "./node/realNodes.ts";
import { removeTraces } from "./node/traces.ts";
import { stateDir } from "./paths.ts";
import { freePorts } from "./ports.ts";
import { type Daemon, type Lab, places, type State, writeState } from "./state.ts";
import { until } from "./until.ts";

/*
 * The lab's own process: it starts the daemons, serves what is in Node (the front of moto, the metrics), and ends
 * everything when it is told to end or when one of the daemons ends. Started by `up`, with the tools as its argument.
 */
const tools = JSON.parse(process.argv[2] ?? "") as Tools;
const state: State = { phase: "starting", supervisor: identify(process.pid) as ProcessId, daemons: [] };
/** Aborted once, with the reason, when the lab is to end. */
const ending = new AbortController();

process.on("SIGTERM", () => ending.abort(new LabError("the lab was told to end")));
process.on("uncaughtException", (error) => ending.abort(error));
ending.signal.addEventListener("abort", () => void shutDown(ending.signal.reason));

writeState(state);
try {
  state.lab = await startAll();
  ending.signal.throwIfAborted();
  state.phase = "up";
  writeState(state);
} catch (error) {
  ending.abort(error);
}

/** Starts everything, with fresh data, on ports that are free now. */
async function startAll(): Promise<Lab> {
  rmSync(places.data, { recursive: true, force: true });
  mkdirSync(places.data, { recursive: true });
  const [motoPort = 0, etcd = 0, etcdPeer = 0, apiServer = 0, kubelet = 0] = await freePorts(5);
  const aws = startAws(motoPort);
  const needs = { startDaemon, signal: ending.signal };
  const [awsEndpoint, cluster] = await Promise.all([
    aws,
    startCluster({
      ...needs,
      binary: tools.cluster,
      ports: { etcd, etcdPeer, apiServer, kubelet },
      realNodes: tools.node && makeRealNodes({ ...needs, tools: tools.node, aws }),
    }),
  ]);
  return {
    kubeconfig: places.kubeconfig,
    context: "lab",
    apiServer: cluster.apiServer,
    awsEndpoint,
    metricsControl: cluster.metricsControl,
    ...(cluster.awsForPods && { awsForPods: cluster.awsForPods }),
    pulumi: tools.pulumi,
    kubectl: [places.kubectl],
    stateDir,
    dataDir: places.data,
  };
}

async function startAws(port: number): Promise<string> {
  startDaemon(moto(tools.moto, port));
  const { endpoint } = await serveAws(port);
  const answers = async () => (await fetch(`http://127.0.0.1:${port}/moto-api/`)).ok;
  await until("moto answers", 120, ending.signal, answers);
  await createEksClusters(endpoint);
  return endpoint;
}

function startDaemon(spec: DaemonSpec): Daemon {
  ending.signal.throwIfAborted();
  const daemon = start(spec, (reason) => ending.abort(reason));
  state.daemons.push(daemon);
  writeState(state);
  return daemon;
}

/** etcd, moto and what they hold live and die together: ends every daemon, without much patience as no data is kept, and leaves the reason for `status`. */
async function shutDown(reason: unknown): Promise<void> {
  await end(state.daemons, 1000);
  state.phase = "failed";
  state.reason = reason instanceof LabError ? reason.message : String((reason as Error)?.stack ?? reason);
  state.portTaken = reason instanceof PortTaken;
  writeState(state);
  await removeTraces();
  process.exit(1);
}
