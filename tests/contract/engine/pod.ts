import { freePorts } from "../../../lab/ports.ts";
import { drain } from "../../../planning/engine/vllm/middleware.ts";
import { givenBy, plan } from "../../config/settings.ts";
import { type Engine, type EngineProcess, startEngine } from "./engineProcess.ts";

/** The key that the engine is given, as the pod gives it. */
export const key = "sk-contract";
/** How long the engine may finish its requests after SIGTERM, in seconds. */
export const shutdownTimeout = 8;
/** How many requests it serves at a time. */
export const maxSequences = 4;
export const maxLength = 16384;

const [model] = plan(givenBy("dev")).models;
const pod = model?.variants[0]?.pod;
if (!model || !pod) throw new Error("the dev stack has no model");

/** What the pod gives to the engine, but for the program's own middleware: the engine itself is looked at. */
const args = pod.args.filter((word, index, words) => word !== drain.className && words[index + 1] !== drain.className);
const { PYTHONPATH: _, ...environment } = pod.env;

/** The name that the engine serves the model by. */
export const servedName = model.servedModelName;

/** Starts the engine as the dev stack's pod does, but for limits that a test reaches; of a flag given twice the last counts. */
export async function startPod(
  engine: Engine,
  signal: AbortSignal,
  folder: string,
  more: { args?: string[]; env?: Record<string, string>; port?: number } = {},
): Promise<EngineProcess> {
  const port = more.port ?? (await freePorts(1))[0] ?? 0;
  const limits = {
    port,
    "shutdown-timeout": shutdownTimeout,
    "max-num-seqs": maxSequences,
    "max-model-len": maxLength,
  };
  const own = Object.entries(limits).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const env = { ...environment, VLLM_API_KEY: key, ...engine.env, ...more.env };
  return startEngine(engine, port, [folder, ...args, ...own, ...(more.args ?? [])], env, signal);
}
