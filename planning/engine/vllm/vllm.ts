import type { EffectiveModel } from "../../../config/settings.ts";
import { servedModelName } from "../../addresses.ts";
import type { Budgets } from "../../pod/budgets.ts";
import { parallelSizes } from "../../pod/gpu.ts";
import type { Engine, Server, Site } from "../engine.ts";
import { engineArguments } from "./arguments.ts";
import { engineEnvironment, regionVariables } from "./environment.ts";
import { imageOf } from "./image.ts";

const server: Server = {
  port: 8000,
  healthPath: "/health",
  waitingMetric: "vllm:num_requests_waiting",
  keyVariable: "VLLM_API_KEY",
};

function argumentsOf(model: EffectiveModel, streamed: boolean, { drain }: Budgets, { ipv6 }: Site): string[] {
  const { tensor, pipeline } = parallelSizes(model);
  const { maxModelLen, maxNumSeqs, gpuMemoryUtilization, args } = model.engine;
  return engineArguments({
    servedModelName: servedModelName(model),
    streamed,
    tensorParallelSize: tensor,
    pipelineParallelSize: pipeline,
    maxModelLen,
    maxNumSeqs,
    gpuMemoryUtilization,
    shutdownTimeout: drain.shutdownTimeout,
    ipv6,
    port: server.port,
    extra: args,
  });
}

export const vllm: Engine = {
  server,
  image: imageOf,
  arguments: argumentsOf,
  environment: engineEnvironment,
  regionVariables,
};
