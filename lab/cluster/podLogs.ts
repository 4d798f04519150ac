import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { places } from "../state.ts";

/** What a running engine has logged so far. */
const present = [
  "INFO [api_server.py:1201] vLLM API server version 0.32.0",
  "INFO [gpu_model_runner.py:2653] Starting to load model /models/main...",
];

/** What the one before has logged to its end. */
const previous = [
  ...present,
  "INFO [gpu_worker.py:298] Available KV cache memory: -1.52 GiB",
  "ERROR [core.py:708] EngineCore failed to start.",
  "ValueError: No available memory for the cache blocks. Try increasing `gpu_memory_utilization` when initializing the engine.",
];

/**
 * What KWOK answers where a container's log is asked for. It tells pods apart by their names alone, so all containers
 * have one log: also one that has never ended has one of a run before, which a kubelet would not have.
 */
export function podLogs(): object {
  return {
    apiVersion: "kwok.x-k8s.io/v1alpha1",
    kind: "ClusterLogs",
    metadata: { name: "engine" },
    spec: {
      logs: [{ logsFile: write("engine.log", present), previousLogsFile: write("engine-before.log", previous) }],
    },
  };
}

/** Writes lines as a container runtime does. */
function write(name: string, lines: string[]): string {
  const file = join(places.data, name);
  const time = new Date().toISOString();
  writeFileSync(file, lines.map((line) => `${time} stderr F ${line}\n`).join(""));
  return file;
}
