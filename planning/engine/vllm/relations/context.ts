import { isTree, type Tree } from "../../../../config/tree.ts";
import type { Asked } from "../asked.ts";
import { compareVersions } from "../version.ts";
import { atFlag, conflict, type Relation } from "./relation.ts";

/** The keys of a config.json that bound the context (`derive_max_model_len_and_key` in vLLM 0.32). */
const contextKeys = [
  ...["max_position_embeddings", "n_positions", "max_seq_len", "seq_length", "max_target_positions"],
  ...["max_sequence_length", "max_seq_length", "seq_len"],
];

const positive = (value: unknown): value is number => typeof value === "number" && value > 0;

/** The parameters of rotary embeddings that the overrides put in place of the model's; one group for all layers, or one a kind. */
function ropeGroups(overrides: Tree): Tree[] {
  const whole = [overrides.rope_parameters, overrides.rope_scaling].filter(isTree);
  return whole.flatMap((rope) => {
    const byLayer = Object.values(rope).filter(isTree);
    return byLayer.length > 0 && rope.rope_type === undefined ? byLayer : [rope];
  });
}

/** What the overrides change of the language model: the config itself, and its text part. */
const texts = (overrides: Tree): Tree[] => [overrides, overrides.text_config].filter(isTree);

/** Their other parts: of another kind, or the language model's by a name that few models have. */
const others = (overrides: Tree): Tree[] =>
  Object.entries(overrides).flatMap(([key, value]) =>
    isTree(value) && !/^(rope_|text_config$)/.test(key) ? [value] : [],
  );

const changesContext = (part: Tree): boolean =>
  ropeGroups(part).length > 0 || [...contextKeys, "model_max_length"].some((key) => part[key] !== undefined);

/**
 * The longest context that vLLM takes, in tokens, of a model with `contextLength`; infinite where nothing is refused,
 * or nobody knows. As `_get_and_verify_max_len` in vllm/config/model.py does, put to vLLM 0.32.0.
 */
export function contextLimit(asked: Asked, contextLength: number): number {
  if (asked.mayBeOn("VLLM_ALLOW_LONG_MAX_MODEL_LEN")) return Infinity;
  if (asked.has("hf-config-path")) return Infinity;
  if (!asked.has("hf-overrides")) return contextLength;
  const overrides = asked.group("hf-overrides");
  if (!overrides) return Infinity;
  const said = texts(overrides).filter(changesContext);
  const perhaps = others(overrides).filter(changesContext);
  return Math.max(
    ...(said.length === 0 ? [contextLength] : said.map((part) => bound(asked, part, contextLength))),
    ...perhaps.map((part) => bound(asked, part, contextLength)),
  );
}

function bound(asked: Asked, overrides: Tree, contextLength: number): number {
  const given = contextKeys.map((key) => overrides[key]).filter(positive);
  const { model_max_length: own } = overrides;
  const base = positive(own) ? own : given.length > 0 ? Math.min(...given) : contextLength;
  const groups = ropeGroups(overrides);
  if (groups.length > 1) return Infinity;
  const { rope_type: type, factor, original_max_position_embeddings: original } = groups[0] ?? {};
  if (type === "yarn" && compareVersions(asked.version, "0.30.0") < 0)
    return positive(original) && positive(factor) ? original * factor : Infinity;
  // These leave max_position_embeddings as it is: what it is stretched to has to be said.
  const said = /^(default|su|longrope|llama3|yarn|deepseek_yarn|deepseek_llama_scaling)$/.test(
    String(type ?? "default"),
  );
  return said ? base : positive(factor) ? base * factor : Infinity;
}

/** How to stretch the context of a model so that vLLM takes it, and serves it right. */
export const stretched =
  "engine.args.hf-overrides: {rope_parameters: {…}, max_position_embeddings: …}, with the whole of rope_parameters: rope_type, the model's own rope_theta, factor and original_max_position_embeddings";

const source = "transformers 5 and vllm/transformers_utils/config.py patch_rope_parameters: put to vLLM 0.32.0";

/** What `hf-overrides` may say of rotary embeddings without breaking them, most of it silently. */
export const contextRelations: readonly Relation[] = [
  atFlag("hf-overrides", source, (asked) => {
    for (const part of texts(asked.group("hf-overrides") ?? {})) {
      if (part.rope_theta !== undefined && asked.has("trust-remote-code"))
        return { unchecked: "whether the model's own code reads rope_theta; vLLM itself reads rope_parameters alone" };
      if (part.rope_theta !== undefined)
        return conflict(
          "has rope_theta, which has no effect: vLLM reads rope_parameters alone; write rope_parameters: {rope_theta: …}, with the model's other values, for it is replaced whole",
        );
      for (const rope of ropeGroups(part)) {
        const name = part.rope_parameters === undefined ? "rope_scaling" : "rope_parameters";
        const lacking = ["rope_type", "rope_theta"].find((key) => rope[key] === undefined);
        if (lacking)
          return conflict(
            `has ${name} without ${lacking}: it replaces the model's rope_parameters whole, so write all of them, rope_type and the model's own rope_theta among them`,
          );
      }
    }
    return undefined;
  }),
];
