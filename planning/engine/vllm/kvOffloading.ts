import { gib } from "../../../catalogue/units.ts";
import { simpleOffload } from "../../../catalogue/vllm/hostMemory.ts";
import type { EffectiveModel } from "../../../config/settings.ts";
import { isTree, type Tree } from "../../../config/tree.ts";
import type { Unreckoned } from "../../pod/memory.ts";
import { isOn, treeOf } from "./flagValue.ts";
import { isInteger, numberOf } from "./numbers.ts";

/** Bytes of KV cache in the host's memory. */
export interface OffloadedKv {
  /** In `/dev/shm`. */
  shared: number;
  /** Beside it. */
  held: number;
  unreckoned: Unreckoned[];
}

const sizeFlag = "engine.args.kv-offloading-size";
const groupFlag = "engine.args.kv-transfer-config";

/**
 * What KV offloading keeps in the host's memory. `kv-offloading-size` is GiB over all GPUs and wins over the group
 * (`_post_init_kv_transfer_config` in vllm/config/vllm.py); vLLM makes one file of it in `/dev/shm` and does not start
 * where that has less room (v1/kv_offload/cpu/spec.py, shared_offload_region.py), its simple connector pins memory.
 */
export function offloadedKv({ engine, gpu }: EffectiveModel): OffloadedKv {
  const { args, env } = engine;
  const kv: OffloadedKv = { shared: 0, held: 0, unreckoned: [] };
  const group = args["kv-transfer-config"];
  if (isOn(args["kv-offloading-size"])) {
    const bytes = (numberOf(args["kv-offloading-size"]) ?? 0) * gib;
    if (args["kv-offloading-backend"] === "lmcache")
      kv.unreckoned.push({ setting: sizeFlag, reason: "the cache is LMCache's own server's" });
    else if (isSimple(env)) kv.held = bytes;
    else kv.shared = bytes;
    if (isOn(group))
      kv.unreckoned.push({ setting: groupFlag, reason: "what it adds to kv-offloading-size is not known" });
    return kv;
  }
  if (!isOn(group)) return kv;
  for (const connector of connectors(treeOf(group) ?? {})) add(kv, connector, gpu.count);
  return kv;
}

/** KV offloading that vLLM refuses whatever the memory is (`CPUOffloadingSpec` in vllm/v1/kv_offload/cpu/spec.py). */
export function offloadingProblem(model: EffectiveModel): { flag: string; reason: string } | undefined {
  const { args, env } = model.engine;
  const size = args["kv-offloading-size"];
  const flag = isOn(size) ? "kv-offloading-size" : "kv-transfer-config";
  if (model.gpu.count === 0 && offloadedKv(model).shared > 0)
    return { flag, reason: "offloads the KV cache of a GPU, and there is none; remove it" };
  const native = args["kv-offloading-backend"] !== "lmcache" && !isSimple(env);
  if (isOn(size))
    return native && (numberOf(size) ?? 1) <= 0
      ? { flag, reason: "must be more than 0 GiB; to offload nothing, remove it" }
      : undefined;
  const wrong = connectors(treeOf(args[flag]) ?? {}).find(({ kv_connector: name, ...connector }) => {
    const { cpu_bytes_to_use: bytes } = extra(connector);
    return name === "OffloadingConnector"
      ? !((bytesOf(bytes) ?? 0) > 0)
      : name === "SimpleCPUOffloadConnector" && bytes !== undefined && !((bytesOf(bytes) ?? -1) >= 0);
  });
  return wrong && { flag, reason: `must give ${wrong.kv_connector} its cpu_bytes_to_use, a whole number above 0` };
}

/** Bytes as the connectors read them, by Python's `int`; undefined where they cannot. */
const bytesOf = (value: unknown): number | undefined =>
  typeof value === "string" && !isInteger(value) ? undefined : numberOf(value);

const isSimple = (env: EffectiveModel["engine"]["env"]) => Number(env.VLLM_USE_SIMPLE_KV_OFFLOAD ?? 0) !== 0;

/** The connectors of a group: one, or those of a `MultiConnector`. */
function connectors(group: Tree): Tree[] {
  const inner = extra(group).connectors;
  return group.kv_connector === "MultiConnector" && Array.isArray(inner) ? inner.filter(isTree) : [group];
}

const extra = ({ kv_connector_extra_config: group }: Tree): Tree => (isTree(group) ? group : {});

function add(kv: OffloadedKv, connector: Tree, gpus: number): void {
  const { cpu_bytes_to_use: all, cpu_bytes_to_use_per_rank: each, spec_name, kv_offload_backend } = extra(connector);
  const not = (reason: string) => kv.unreckoned.push({ setting: groupFlag, reason });
  const name = String(connector.kv_connector ?? "its connector");
  if (name === "OffloadingConnector") {
    kv.shared += bytesOf(all) ?? 0;
    if (spec_name !== undefined && spec_name !== "CPUOffloadingSpec")
      not(`what ${spec_name} keeps beside is not known`);
  } else if (name === "SimpleCPUOffloadConnector" && (kv_offload_backend ?? "cpu") === "cpu") {
    const perRank = bytesOf(each);
    kv.held += Math.max(0, perRank === undefined ? (bytesOf(all) ?? simpleOffload) : perRank * gpus);
  } else not(`what ${name} keeps in memory is not known`);
}
