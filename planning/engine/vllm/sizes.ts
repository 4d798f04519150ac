import { gib, mib } from "../../../catalogue/units.ts";
import { mostMemory } from "../../../catalogue/vllm/hostMemory.ts";
import type { Finding } from "../../../config/problems.ts";
import type { EffectiveModel } from "../../../config/settings.ts";
import { isOn } from "./flagValue.ts";
import { offloadedKv } from "./kvOffloading.ts";
import { numberOf } from "./numbers.ts";

/** Flags and variables that are sizes, with the bytes of one. */
const units = {
  args: {
    "cpu-offload-gb": gib,
    "kv-offloading-size": gib,
    "mm-ipc-gpu-memory-gb": gib,
    "mm-processor-cache-gb": gib,
    "mm-shm-cache-max-object-size-mb": mib,
  },
  env: { VLLM_CPU_KVCACHE_SPACE: gib, VLLM_MQ_MAX_CHUNK_BYTES_MB: mib, VLLM_XGRAMMAR_CACHE_MB: mib },
} as const;

interface Oversized {
  path: string;
  finding: Finding;
}

/** Sizes that are more than any machine has: nothing can be reckoned with them. */
export function oversized(model: EffectiveModel): Oversized[] {
  const { engine } = model;
  const found: Oversized[] = (["args", "env"] as const).flatMap((group) =>
    Object.entries(units[group]).flatMap(([name, unit]) => {
      const size = numberOf(engine[group][name]) ?? 0;
      const allowed = `at most ${mostMemory / unit}: no machine has more memory`;
      return size * unit > mostMemory
        ? [{ path: `engine.${group}.${name}`, finding: { kind: "invalid", found: size, allowed } }]
        : [];
    }),
  );
  const group = "kv-transfer-config";
  // Beside a size of its own, vLLM reads none of the group.
  const { shared, held } = offloadedKv(model);
  if (found.length === 0 && isOn(engine.args[group]) && shared + held > mostMemory) {
    const reason = `offloads more than any machine has memory (${mostMemory} bytes)`;
    found.push({ path: `engine.args.${group}`, finding: { kind: "conflict", reason } });
  }
  return found;
}
