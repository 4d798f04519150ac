import { type Word, wordsOf, wordValue } from "./flags.ts";
import type { Place } from "./place.ts";

const half = /^kv_(producer|consumer)$/;

/** Where values say that a model of production-stack only prefills, or only decodes; nothing where it does both. */
export function disaggregated(spec: Place, router: Place): Place | undefined {
  const lmcache = spec.at("lmcacheConfig");
  if (!lmcache.at("enabled").off) {
    if (lmcache.at("enablePD").on) return lmcache.at("enablePD");
    if (half.test(lmcache.at("kvRole").text ?? "")) return lmcache.at("kvRole");
  }
  const byFlag = halfOf(wordsOf(spec.at("vllmConfig", "extraArgs")) ?? []);
  if (byFlag) return byFlag;
  const logic = router.at("routingLogic");
  if (router.at("enableRouter").off || !/^disaggregated_prefill/.test(logic.text ?? "")) return undefined;
  const words = wordsOf(router.at("extraArgs")) ?? [];
  const named = ["prefill-model-labels", "decode-model-labels"].flatMap(
    (flag) => wordValue(words, flag)?.text.split(",") ?? [],
  );
  const labels = [spec.at("name"), spec.at("labels", "model"), spec.at("podLabels", "model")];
  return labels.some(({ text }) => text !== undefined && named.includes(text)) ? logic : undefined;
}

/** Likewise of a command line: the role that it gives a connector. */
export function halfOf(words: readonly Word[]): Place | undefined {
  const flag = wordValue(words, "kv-transfer-config");
  return /"kv_role"\s*:\s*"kv_(producer|consumer)"/.test(flag?.text ?? "") ? flag?.place : undefined;
}

export const disaggregatedReason = ({ path }: Place): string =>
  `only prefills or only decodes (${path}): this program has no disaggregated prefill, each of its pods does both; add the model once, with the GPUs of one such pod`;
