import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { end, identify, isAlive, type ProcessId } from "../workspace/processes.ts";
import { type Tools, tools } from "./build.ts";
import { ClusterClient } from "./cluster/client.ts";
import { Interrupted, LabError } from "./errors.ts";
import { type Lock, lock, tryLock } from "./lock.ts";
import { memory } from "./memory.ts";
import { requireForNodes } from "./node/requirements.ts";
import { removeTraces } from "./node/traces.ts";
import { repository, stateDir } from "./paths.ts";
import { step } from "./progress.ts";
import { type Lab, places, readState, type State } from "./state.ts";

export type { Lab } from "./state.ts";

const interrupts: NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/** The running, healthy lab, or undefined. One that does not answer within `patience` milliseconds is not healthy. */
export async function current(patience = 3000): Promise<Lab | undefined> {
  const state = readState();
  if (state?.phase !== "up" || state.lab === undefined) return undefined;
  if (![state.supervisor, ...state.daemons].every(isAlive)) return undefined;
  const answers = await Promise.all([clusterAnswers(state.lab, patience), awsAnswers(state.lab, patience)]);
  return answers.every(Boolean) ? state.lab : undefined;
}

/** What a lab is to have. */
export interface Wanted {
  /** Real nodes, which run what comes to them. */
  nodes?: boolean;
}

/**
 * Returns the running lab, or builds what is missing, removes what a killed one has left, and starts a new one. Ctrl-C
 * ends all that it has started.
 */
export async function up(wanted: Wanted = {}): Promise<Lab> {
  if (wanted.nodes) await requireForNodes(new AbortController().signal);
  const running = await current();
  if (running) return checked(running, wanted);
  const interrupt = new AbortController();
  const onInterrupt = () => interrupt.abort(new Interrupted());
  for (const signal of interrupts) process.on(signal, onInterrupt);
  let held: Lock | undefined;
  try {
    held = await lock(stateDir, interrupt.signal, (pid) =>
      console.error(`waiting for process ${pid}, which starts or ends this lab`),
    );
    // A busy machine may answer late, and someone may be using the lab: it is not ended for that.
    const other = await current(30_000);
    return other ? checked(other, wanted) : await startFresh(wanted, interrupt.signal);
  } finally {
    await held?.release();
    for (const signal of interrupts) process.off(signal, onInterrupt);
  }
}

function checked(running: Lab, { nodes }: Wanted): Lab {
  if (!nodes || running.awsForPods !== undefined) return running;
  throw new LabError(
    "the lab runs without real nodes, and gets none while it does: `npm run lab -- down` first, which removes its data",
  );
}

/** Ends the lab, all of its processes, and removes its data. Returns whether there was one. */
export async function down(): Promise<boolean> {
  const held = await tryLock(stateDir);
  if ("heldBy" in held) {
    throw new LabError(`process ${held.heldBy} is starting or ending this lab: wait for it, or stop it with Ctrl-C`);
  }
  try {
    return await clean();
  } finally {
    await held.release();
  }
}

/** A line of `status`. */
export interface Part {
  name: string;
  pid: number;
  address: string;
  /** Resident memory in bytes; 0 if it does not run. */
  memory: number;
}

/** What is known of the lab: its phase, its parts, and why it is not up. */
export interface Status {
  phase: "up" | "starting" | "down";
  parts: Part[];
  reason?: string;
}

/** Says how the lab is. */
export async function status(): Promise<Status> {
  const state = readState();
  if (state === undefined) return { phase: "down", parts: [] };
  const supervisor = { ...state.supervisor, name: "supervisor", address: "" };
  const own = [
    { ...supervisor, name: "aws", address: state.lab?.awsEndpoint ?? "" },
    { ...supervisor, name: "metrics control", address: state.lab?.metricsControl ?? "" },
  ];
  const parts = [supervisor, ...own, ...state.daemons].map((part) => ({
    name: part.name,
    pid: part.pid,
    address: part.address,
    memory: own.includes(part) ? 0 : memory(part),
  }));
  if (await current()) return { phase: "up", parts };
  if (state.phase === "starting" && isAlive(state.supervisor)) return { phase: "starting", parts };
  return { phase: "down", parts: [], reason: state.reason ?? whyNotUp(state) };
}

function whyNotUp(state: State): string {
  const gone = [{ ...state.supervisor, name: "supervisor" }, ...state.daemons].filter((part) => !isAlive(part));
  if (gone.length === 0) return "all of its processes run, but the API server or the AWS endpoint does not answer";
  return `it was killed: ${gone.map(({ name, pid }) => `${name} (pid ${pid})`).join(", ")} ended without a word`;
}

async function startFresh({ nodes = false }: Wanted, signal: AbortSignal): Promise<Lab> {
  await clean();
  const made = await tools(signal, { nodes });
  return step("starting the cluster", nodes ? "30 s" : "10 s", async () => {
    const attempts = 3;
    for (let attempt = 1; ; attempt++) {
      try {
        return await supervise(made, signal);
      } catch (error) {
        const again = readState()?.portTaken === true && attempt < attempts;
        await endProcesses(readState());
        if (again) continue;
        if (signal.aborted) await clean();
        throw error;
      }
    }
  });
}

/** Starts a supervisor, and waits until it says that the lab is up. */
async function supervise(made: Tools, signal: AbortSignal): Promise<Lab> {
  mkdirSync(places.logs, { recursive: true });
  const log = join(places.logs, "supervisor.log");
  const output = openSync(log, "w");
  const child = spawn(process.execPath, [join(repository, "lab/supervisor.ts"), JSON.stringify(made)], {
    cwd: stateDir,
    detached: true,
    stdio: ["ignore", output, output],
    env: supervisorEnvironment(),
  });
  closeSync(output);
  child.unref();
  const supervisor = child.pid === undefined ? undefined : identify(child.pid);
  if (supervisor === undefined) throw new LabError(`the lab's supervisor could not be started; its log is ${log}`);
  try {
    return await untilUp(supervisor, log, signal);
  } catch (error) {
    await end([supervisor], 10_000);
    throw error;
  }
}

async function untilUp(supervisor: ProcessId, log: string, signal: AbortSignal): Promise<Lab> {
  for (;;) {
    signal.throwIfAborted();
    const state = readState();
    const isNew = state?.supervisor.pid === supervisor.pid && state.supervisor.startTime === supervisor.startTime;
    if (isNew && state.phase === "up" && state.lab) return state.lab;
    if (isNew && state.phase === "failed") throw new LabError(`the lab did not start: ${state.reason}`);
    if (!isAlive(supervisor)) throw new LabError(`the lab did not start: its supervisor ended; its log is ${log}`);
    await sleep(50);
  }
}

/** Nothing of the user's configuration or credentials reaches the lab. */
function supervisorEnvironment(): Record<string, string> {
  return {
    PATH: process.env.PATH ?? "",
    HOME: places.data,
    TMPDIR: process.env.TMPDIR ?? "/tmp",
    LAB_STATE: stateDir,
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    AWS_EC2_METADATA_DISABLED: "true",
  };
}

/** Ends what runs of the recorded lab, and removes its data and its record. The logs stay. */
async function clean(): Promise<boolean> {
  const state = readState();
  await endProcesses(state);
  for (const path of [places.data, places.kubeconfig, places.kubectl, places.record]) {
    await rm(path, { recursive: true, force: true });
  }
  return state !== undefined;
}

async function endProcesses(state: State | undefined): Promise<void> {
  if (state === undefined) return;
  // The supervisor ends its daemons itself; it is given the time for that before what is left is ended here.
  await end([state.supervisor], 10_000);
  const daemons: ProcessId[] = readState()?.daemons ?? [];
  await end([...state.daemons, ...daemons], 3000);
  await removeTraces();
}

async function clusterAnswers(lab: Lab, patience: number): Promise<boolean> {
  try {
    const client = ClusterClient.fromKubeconfig(lab.kubeconfig);
    const { status } = await client.send("GET", "/readyz", undefined, patience);
    client.close();
    return status === 200;
  } catch {
    return false;
  }
}

async function awsAnswers(lab: Lab, patience: number): Promise<boolean> {
  return fetch(`${lab.awsEndpoint}/moto-api/`, { signal: AbortSignal.timeout(patience) }).then(
    (response) => response.ok,
    () => false,
  );
}
