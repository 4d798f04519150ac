import type { EffectiveModel } from "../../config/settings.ts";
import type { HostNeeds } from "../pod/memory.ts";
import { askedContext } from "./batch.ts";
import { fitInput, unreckoned } from "./input.ts";
import { type FitInput, sequenceBytes } from "./memory.ts";
import { undivided, weightsBytes } from "./weights.ts";

/** What a model's shape tells of the memory of its host; little where it has none, or flags change what it says. */
export function hostNeeds(model: EffectiveModel): HostNeeds {
  const { shape, gpu } = model;
  if (!shape) return {};
  const input = fitInput(model, shape);
  const { vocabularySize, hiddenSize, dtype } = shape;
  // Checkpoints leave the table of embeddings in 16 bits, quantised ones too.
  const tensor = vocabularySize && vocabularySize * hiddenSize * (dtype === "float32" ? 4 : 2);
  if (gpu.count > 0) return { tensor, weights: weightsBytes({ ...input, cpuOffloadGib: 0 }) };
  if (unreckoned(model) !== undefined) return { tensor };
  const whole: FitInput = { ...input, ...undivided };
  // With `auto` the context is what the KV cache holds.
  const context = whole.maxModelLen === "auto" ? undefined : askedContext(whole);
  return { tensor, weights: weightsBytes(whole), sequence: context && sequenceBytes(whole, context) };
}
