import * as v from "valibot";
import { knownTypes } from "../../catalogue/modelTypes.ts";
import { shapeEntries } from "../../config/schema/shapeEntries.ts";
import { isTree, type Tree } from "../../config/tree.ts";
import { checkShape } from "../../planning/checks/shape.ts";
import type { ModelShape } from "../../planning/fit/batch.ts";
import { attentionOf } from "./attention.ts";
import { Facts } from "./facts.ts";
import { hiddenNames, layersOf, vocabularyNames } from "./keys.ts";
import { isTied, parametersOf } from "./parameters.ts";
import { quantizationOf } from "./quantization.ts";

/** What the files of weights say of themselves. */
export interface Stored {
  bytes?: number;
  /** Where they are not quantised: how many numbers there are. */
  parameters?: number;
  dtype?: string;
}

/** A model's shape, and what is not in it. */
export interface Told {
  /** As the settings take it, or as much of it as could be told. */
  shape: Partial<ModelShape>;
  type: string;
  /** What the fit cannot do without, and is not there: nothing may be written. */
  missing: string[];
  /** What could not be told, or not by a shape, and what was taken from elsewhere; sentences. */
  notes: string[];
  /** How the size of the weights is known. */
  size: "files" | "reckoned" | "unknown";
}

/** The shape of a model by its config.json, and by its weights where they are there. @throws ShapeError */
export function shapeOf(config: Tree, stored: Stored = {}, quantFile?: Tree): Told {
  const facts = new Facts(config);
  const notes: string[] = [];
  const tell = (text: string) => void (notes.includes(text) || notes.push(text));
  const layers = layersOf(facts);
  const attention = attentionOf(facts, layers, tell);
  const quantization = quantizationOf(facts, quantFile, tell);
  const reckoned = parametersOf(facts, config);
  const parameters = (quantization === undefined ? stored.parameters : undefined) ?? reckoned?.parameters;
  if (!knownTypes.has(facts.type))
    tell(
      `model_type ${facts.type === "" ? "is missing" : `'${facts.type.slice(0, 40)}' is not known here`}: its keys are read by their usual names`,
    );
  if (stored.bytes === undefined && reckoned)
    for (const name of reckoned.uncounted) tell(`the size of ${name} is not told by config.json, and not counted`);
  const found = {
    parameters,
    weightBytes: stored.bytes,
    layers,
    attentionLayers: attention.attentionLayers,
    hiddenSize: facts.count(...hiddenNames),
    attentionHeads: attention.attentionHeads,
    keyValueHeads: attention.keyValueHeads,
    headSize: attention.headSize,
    contextLength: contextOf(facts),
    vocabularySize: facts.count(...vocabularyNames),
    tiedEmbeddings: isTied(facts) || undefined,
    dtype: dtypeOf(config, stored, quantization),
    quantization,
    latentSize: attention.latentSize,
    slidingWindow: attention.slidingWindow,
  };
  const shape = plausible(accepted(found, tell), tell);
  const size = stored.bytes !== undefined ? "files" : shape.parameters !== undefined ? "reckoned" : "unknown";
  if (shape.contextLength === undefined)
    tell(
      "the model's own context is not told (max_position_embeddings): set engine.maxModelLen, or shape.contextLength",
    );
  if (facts.taken.length > 0)
    tell(`config.json leaves out ${facts.taken.join(", ")}: taken as transformers has them for ${facts.type}`);
  return { shape, type: facts.type, missing: missingOf(shape), notes, size };
}

const needed = { layers: "num_hidden_layers", hiddenSize: "hidden_size", attentionHeads: "num_attention_heads" };

function missingOf(shape: Partial<ModelShape>): string[] {
  const keys = Object.entries(needed).filter(([key]) => shape[key as keyof ModelShape] === undefined);
  const sized = shape.parameters !== undefined || shape.weightBytes !== undefined;
  return [...keys.map(([key, name]) => `${key} (${name})`), ...(sized ? [] : ["parameters or weightBytes"])];
}

/** What the schema takes; else it is told and left out. */
function accepted(found: Readonly<Record<string, unknown>>, tell: (text: string) => void): Partial<ModelShape> {
  const shape: Tree = {};
  for (const [key, value] of Object.entries(found)) {
    if (value === undefined) continue;
    const schema = shapeEntries[key as keyof typeof shapeEntries] as unknown as v.GenericSchema;
    if (v.is(schema, value)) shape[key] = value;
    else tell(`${key}: config.json comes to ${JSON.stringify(value)?.slice(0, 60)}, which is none`);
  }
  return shape as Partial<ModelShape>;
}

/** What the checks of a preview take: of keys that contradict each other the one that is not needed goes. */
function plausible(shape: Partial<ModelShape>, tell: (text: string) => void): Partial<ModelShape> {
  if (Object.keys(needed).some((key) => shape[key as keyof ModelShape] === undefined)) return shape;
  const left: Tree = { ...shape };
  checkShape(shape as ModelShape, (key, finding) => {
    const [, name = ""] = String(key).split(".");
    tell(`${name}: ${"reason" in finding ? finding.reason : "contradicts the rest"} in config.json`);
    if (left[name] === undefined) delete left.attentionHeads;
    delete left[name];
  });
  return left as Partial<ModelShape>;
}

/** The longest sequence, as vLLM takes it (`_get_and_verify_max_len` in vllm/config/model.py): the smallest that is named. */
function contextOf(facts: Facts): number | undefined {
  const names = ["max_position_embeddings", "n_positions", "max_seq_len", "seq_length", "max_target_positions"];
  const lengths = [...names, "max_sequence_length", "max_seq_length", "seq_len"].flatMap(
    (name) => facts.count(name) ?? [],
  );
  const own = facts.count("model_max_length") ?? (lengths.length > 0 ? Math.min(...lengths) : undefined);
  const rope = facts.tree("rope_scaling") ?? facts.tree("rope_parameters");
  if (own === undefined || !rope || facts.type.startsWith("gemma3")) return own;
  const type = rope.rope_type ?? rope.type;
  const factor = typeof rope.factor === "number" && rope.factor >= 1 && rope.factor < 1e6 ? rope.factor : 1;
  const before = rope.original_max_position_embeddings;
  if (type === "yarn" && typeof before === "number" && before > 0) return Math.round(before * factor);
  return type === "linear" || type === "dynamic" ? Math.round(own * factor) : own;
}

const dtypes = ["bfloat16", "float16", "float32"] as const;

/** What unquantised weights are stored in: as the files say, or the config.json. The default goes unsaid. */
function dtypeOf(config: Tree, stored: Stored, quantization?: string): ModelShape["dtype"] | undefined {
  const said = [stored.dtype, ...dtypeNames(config)].map((name) =>
    typeof name === "string" ? name.replace(/^torch\./, "") : "",
  );
  const found = dtypes.find((dtype) => said.find((name) => dtypes.some((one) => one === name)) === dtype);
  return found === "bfloat16" || (quantization !== undefined && found === "float32") ? undefined : found;
}

const dtypeNames = (config: Tree): unknown[] => [
  config.torch_dtype,
  config.dtype,
  ...Object.values(config)
    .filter((part) => isTree(part))
    .flatMap((part) => [part.torch_dtype, part.dtype]),
];
