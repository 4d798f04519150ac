import type { Asked } from "../asked.ts";
import { atFlag, conflict, type Relation } from "./relation.ts";

/** The keys that each loader takes in `model-loader-extra-config`, and those that the program writes itself. */
export const streamerKeys: readonly string[] = ["concurrency"];
export const writtenKeys: Readonly<Record<string, string>> = {
  distributed: "gpu.count, so that the GPUs share what is streamed",
  memory_limit: "resources.memory, of which the streamer has its part",
};
const defaultKeys = ["enable_multithread_load", "num_threads", "enable_weights_track"];
/** The load formats that `DefaultModelLoader` reads. */
const byDefault = /^(auto|hf|mistral|pt|npcache|safetensors)$/;

function unknownKey(asked: Asked, known: readonly string[]) {
  const key = Object.keys(asked.group("model-loader-extra-config") ?? {}).find((one) => !known.includes(one));
  return key === undefined
    ? undefined
    : conflict(`has '${key}', which this loader does not take; it takes ${known.join(", ")}`);
}

/** What `load-format` and `model-loader-extra-config` can say, where the weights are streamed and where they are copied. */
export const loaderRelations: readonly Relation[] = [
  atFlag("load-format", "delivery.kind decides whether weights are streamed", (asked) => {
    const format = asked.text("load-format") ?? "";
    if (asked.streamed) return conflict("is written by delivery.kind: stream; with delivery.kind: copy it can be said");
    return /^(runai_streamer|runai_streamer_sharded|modelexpress)$/.test(format)
      ? conflict("and a copied model is read from its folder; remove it, or say delivery.kind: stream", format)
      : undefined;
  }),
  atFlag("model-loader-extra-config", "vllm/model_executor/model_loader/runai_streamer_loader.py", (asked) => {
    if (!asked.streamed) return undefined;
    const group = asked.group("model-loader-extra-config");
    if (!group) return conflict("must be a group");
    const written = Object.keys(writtenKeys).find((key) => Object.hasOwn(group, key));
    if (written) return conflict(`has '${written}', which is written by ${writtenKeys[written]}; remove it there`);
    const { concurrency = 1 } = group;
    if (!(Number.isSafeInteger(concurrency) && Number(concurrency) > 0))
      return conflict("has a concurrency that is not a whole number of at least 1");
    return unknownKey(asked, streamerKeys);
  }),
  atFlag("model-loader-extra-config", "vllm/model_executor/model_loader/default_loader.py __init__", (asked) =>
    !asked.streamed && byDefault.test(asked.text("load-format") ?? "auto") ? unknownKey(asked, defaultKeys) : undefined,
  ),
];
