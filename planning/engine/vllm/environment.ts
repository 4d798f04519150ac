import type { EffectiveModel } from "../../../config/settings.ts";
import type { PodMemory } from "../../pod/memory.ts";
import { cachePath } from "../../pod/paths.ts";
import { pythonPath } from "./middleware.ts";

/** What every engine gets, unless the user says otherwise. */
export const ownVariables: Readonly<Record<string, string>> = {
  HOME: cachePath,
  // torch asks for the user's name, and not every image knows one for the number.
  USER: "vllm",
  HF_HUB_OFFLINE: "1",
  VLLM_NO_USAGE_STATS: "1",
};

/** The variables that have the bucket's region: the streamer's two halves read one each. */
export const regionVariables = ["AWS_REGION", "AWS_DEFAULT_REGION"];

/** The plain environment of the engine's container; what the user says of a variable counts. */
export function engineEnvironment(
  { engine }: EffectiveModel,
  { streamerBytes, kvCacheGib }: PodMemory,
): Record<string, string> {
  return {
    ...ownVariables,
    ...(streamerBytes === undefined ? {} : { RUNAI_STREAMER_MEMORY_LIMIT: String(streamerBytes) }),
    ...(kvCacheGib === undefined ? {} : { VLLM_CPU_KVCACHE_SPACE: String(kvCacheGib) }),
    ...engine.env,
    PYTHONPATH: pythonPath(engine.env.PYTHONPATH),
  };
}
