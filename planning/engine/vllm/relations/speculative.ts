import type { Tree } from "../../../../config/tree.ts";
import type { Asked } from "../asked.ts";
import { atFlag, conflict, type Relation, twice } from "./relation.ts";

const source = "vllm/config/speculative.py __post_init__";
const arguments_ = "vllm/engine/arg_utils.py create_speculative_config";

/** What is asked of speculative decoding, by the group and by the flags beside it; vLLM takes dashes in its keys. */
export function speculation(asked: Asked): Tree | undefined {
  const group = asked.group("speculative-config");
  const given: Tree = {
    ...Object.fromEntries(Object.entries(group ?? {}).map(([key, value]) => [key.replaceAll("-", "_"), value])),
    ...Object.fromEntries(
      Object.entries({
        method: asked.text("spec-method"),
        model: asked.text("spec-model"),
        num_speculative_tokens: asked.number("spec-tokens"),
      }).filter(([, value]) => value !== undefined),
    ),
  };
  return group || Object.keys(given).length > 0 ? given : undefined;
}

/** Methods without a model of their own. */
export const modelless = /^(\[?ngram\]?|ngram_gpu|suffix)$/;

/** Methods that, without a `model`, read layers of the served model itself. Some models have them in a model apart. */
export const fromModel = /^(.*_)?mtp$|^dspark$/;

/** How speculative decoding, LoRA and the scheduler go together. */
export const speculativeRelations: readonly Relation[] = [
  atFlag("speculative-config", "vllm/config/speculative.py _verify_args", (asked) =>
    (speculation(asked)?.tensor_parallel_size ?? null) === null
      ? undefined
      : conflict("has 'tensor_parallel_size', which vLLM refuses there; write 'draft_tensor_parallel_size'"),
  ),
  twice("spec-method", "speculative-config", "method", arguments_),
  twice("spec-model", "speculative-config", "model", arguments_),
  twice("spec-tokens", "speculative-config", "num_speculative_tokens", arguments_),
  ...["speculative-config", "spec-method", "spec-tokens"].map((flag) =>
    atFlag(flag, source, (asked) => {
      const said = speculation(asked);
      if (!said) return undefined;
      const { method, model, num_speculative_tokens: tokens } = said;
      // Of the group's own number the group is asked.
      if (flag === "spec-tokens" && Number(tokens) <= 0)
        return conflict(`has num_speculative_tokens: ${tokens}, but must have at least 1`);
      if ((method ?? model ?? null) === null)
        return flag === "spec-method" ? undefined : conflict("must say with which method or model to speculate");
      // The number may stand in a draft model's config; `suffix` has one of its own.
      const drafts = (model ?? null) !== null && !modelless.test(String(method ?? model));
      const counts = method !== "suffix" && !drafts && flag !== "spec-tokens";
      return counts && (tokens ?? null) === null
        ? conflict(`must say num_speculative_tokens for the method '${method ?? model}'`)
        : undefined;
    }),
  ),
  {
    ...atFlag("async-scheduling", "vllm/config/vllm.py __post_init__", (asked) => {
      const method = speculation(asked)?.method;
      return typeof method === "string" && /^(\[?ngram\]?|suffix|medusa|mlp_speculator)$/.test(method)
        ? conflict(`does not go with speculative decoding by '${method}'; remove one of them`)
        : undefined;
    }),
    to: "0.32.0",
  },
  atFlag("per-request-spec-decode-metrics", "vllm/config/vllm.py __post_init__", (asked) =>
    asked.text("per-request-spec-decode-metrics") !== "none" && !speculation(asked)
      ? conflict("needs 'speculative-config' beside it")
      : undefined,
  ),
  atFlag("enable-lora", "vllm/engine/arg_utils.py create_engine_config", (asked) => {
    const tokens = Number(speculation(asked)?.num_speculative_tokens ?? Number.NaN);
    const { tokens: step, sequences } = asked.step;
    return step < sequences * (tokens + 1)
      ? conflict(
          `and ${tokens} speculative tokens for each of ${sequences} sequences are more than the ${step} tokens of a step; ask for more in engine.args.max-num-batched-tokens, or for fewer sequences in engine.maxNumSeqs`,
        )
      : undefined;
  }),
];
