import { onePod } from "../../../catalogue/variables.ts";
import { type ArgumentValue, flagWords } from "./flags.ts";
import { treeOf } from "./flagValue.ts";
import { drain } from "./middleware.ts";

/** What decides the command line of `vllm serve`, beside the model's location. */
export interface EngineSettings {
  servedModelName: string;
  streamed: boolean;
  tensorParallelSize: number;
  pipelineParallelSize: number;
  maxModelLen?: number | "auto";
  maxNumSeqs?: number;
  gpuMemoryUtilization?: number;
  shutdownTimeout: number;
  ipv6: boolean;
  port: number;
  extra: Record<string, ArgumentValue>;
}

const ownPort = "the Service and the probes";

/** The flags that something else writes, or that would take what it relies on away; `engine.args` may not have them. */
export const typedFlags: Readonly<Record<string, string>> = {
  "served-model-name": "servedModelName",
  "max-model-len": "engine.maxModelLen",
  "max-num-seqs": "engine.maxNumSeqs",
  "gpu-memory-utilization": "engine.gpuMemoryUtilization",
  "tensor-parallel-size": "engine.tensorParallelSize",
  "pipeline-parallel-size": "engine.pipelineParallelSize",
  "shutdown-timeout": "drain.seconds",
  host: "cluster.ipFamily",
  port: ownPort,
  uds: ownPort,
  "ssl-certfile": ownPort,
  "ssl-keyfile": ownPort,
  headless: ownPort,
  grpc: ownPort,
  "grpc-port": ownPort,
  "data-parallel-size": onePod,
  "data-parallel-size-local": onePod,
  "data-parallel-rank": onePod,
  "data-parallel-start-rank": onePod,
  "data-parallel-address": onePod,
  "data-parallel-rpc-port": onePod,
  "data-parallel-backend": onePod,
  "data-parallel-hybrid-lb": onePod,
  "data-parallel-external-lb": onePod,
  "data-parallel-multi-port-external-lb": onePod,
  "data-parallel-supervisor-port": onePod,
  "enable-fault-tolerance": onePod,
  "prefill-context-parallel-size": onePod,
  nnodes: onePod,
  "node-rank": onePod,
  "master-addr": onePod,
  "master-port": onePod,
  config: "the settings, which are what the plan is made of",
  "api-key": "apiKey",
  "hf-token": "the model bucket, which needs no token",
  model: "revision",
};

const loaderConfig = "model-loader-extra-config";

/** The user's own words to the loader, and where several GPUs stream, that one reads for all of them. */
function loaderWords({ streamed, extra }: EngineSettings, gpus: number): ArgumentValue | undefined {
  const own = extra[loaderConfig];
  // Else each GPU's process reads the whole model.
  if (!streamed || gpus === 1) return own;
  return JSON.stringify({ ...treeOf(own), distributed: true });
}

/** The arguments that follow the model's location in `vllm serve <location> …`. */
export function engineArguments(engine: EngineSettings): string[] {
  const gpus = engine.tensorParallelSize * engine.pipelineParallelSize;
  const flags: [string, ArgumentValue | undefined][] = [
    ["served-model-name", engine.servedModelName],
    ["load-format", engine.streamed ? "runai_streamer" : undefined],
    [loaderConfig, loaderWords(engine, gpus)],
    ["tensor-parallel-size", engine.tensorParallelSize > 1 ? engine.tensorParallelSize : undefined],
    ["pipeline-parallel-size", engine.pipelineParallelSize > 1 ? engine.pipelineParallelSize : undefined],
    ["max-model-len", engine.maxModelLen],
    ["max-num-seqs", engine.maxNumSeqs],
    ["gpu-memory-utilization", engine.gpuMemoryUtilization],
    ["shutdown-timeout", engine.shutdownTimeout],
    // Without it vLLM listens on 0.0.0.0; `::` takes IPv4 too, and fails where a node has no IPv6.
    ["host", engine.ipv6 ? "::" : undefined],
    ["port", engine.port],
    ...Object.entries(engine.extra)
      .filter(([flag]) => flag !== loaderConfig)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
    // The last one is around all others, so that it has each answer's last word.
    ["middleware", drain.className],
  ];
  return flags.flatMap(([flag, value]) => (value === undefined ? [] : flagWords(flag, value)));
}
