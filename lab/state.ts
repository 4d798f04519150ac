import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ProcessId } from "../workspace/processes.ts";
import { stateDir } from "./paths.ts";

/** A running lab: everything that a user of it needs. */
export interface Lab {
  /** Absolute path; its one context is `lab`. */
  kubeconfig: string;
  context: "lab";
  /** `https://127.0.0.1:PORT` */
  apiServer: string;
  /** `http://127.0.0.1:PORT`, the front of moto. */
  awsEndpoint: string;
  /** `http://10.201.N.1:PORT`, the same for pods; only where there are real nodes. */
  awsForPods?: string;
  /** `http://127.0.0.1:PORT`; `PUT /models/<name> {"waiting": 12}` sets what the custom metrics API reports a pod. */
  metricsControl: string;
  /** Path of the Pulumi engine. */
  pulumi: string;
  /** kubectl on this lab: a command and its first arguments. */
  kubectl: string[];
  stateDir: string;
  /** What is wiped together with the cluster and the AWS account; a Pulumi backend belongs here. */
  dataDir: string;
}

/** A daemon of the lab, as `status` shows it. */
export interface Daemon extends ProcessId {
  name: string;
  /** What it listens on; empty where it only calls others. */
  address: string;
}

/** The lab's record on disk. The supervisor alone writes it. */
export interface State {
  phase: "starting" | "up" | "failed";
  supervisor: ProcessId;
  daemons: Daemon[];
  /** Once it is up. */
  lab?: Lab;
  /** Why it failed, for a person. */
  reason?: string;
  /** It failed because another process took a port first: starting again helps. */
  portTaken?: boolean;
}

/** Where the parts of a lab's state are. */
export const places = {
  record: join(stateDir, "lab.json"),
  kubeconfig: join(stateDir, "kubeconfig"),
  kubectl: join(stateDir, "kubectl"),
  data: join(stateDir, "data"),
  logs: join(stateDir, "logs"),
};

/** The record of the lab, running or not; undefined where there is none. */
export function readState(): State | undefined {
  try {
    return JSON.parse(readFileSync(places.record, "utf8")) as State;
  } catch {
    return undefined;
  }
}

/** Replaces the record at once: a reader sees the old or the new one. */
export function writeState(state: State): void {
  mkdirSync(stateDir, { recursive: true });
  const temporary = `${places.record}.${process.pid}`;
  writeFileSync(temporary, JSON.stringify(state, undefined, 2));
  renameSync(temporary, places.record);
}
