import type { EffectiveModel } from "../../config/settings.ts";
import { Asked } from "../engine/vllm/asked.ts";
import { contextLimit, stretched } from "../engine/vllm/relations/context.ts";
import type { ModelShape } from "../fit/batch.ts";
import { divisibilityProblem } from "../fit/heads.ts";
import { parallelSizes } from "../pod/gpu.ts";
import type { Report } from "./report.ts";

/** Whether a shape is one that a model can have; nothing more is reckoned with one that is not. */
export function checkShape(shape: ModelShape, report: Report): boolean {
  const { layers, hiddenSize, attentionHeads, keyValueHeads, headSize, latentSize, slidingWindow } = shape;
  const { attentionLayers = layers } = shape;
  let right = true;
  const odd = (key: string, found: number | undefined, reason: string, needs: readonly string[] = []) => {
    right = false;
    const finding = { kind: "conflict", reason, ...(found === undefined ? {} : { found }) } as const;
    report(`shape.${key}`, finding, ["shape.layers", "shape.attentionHeads", ...needs]);
  };
  // Attention in vLLM serves each key-value head to a whole number of attention heads.
  if (keyValueHeads !== undefined && attentionHeads % keyValueHeads !== 0)
    odd("keyValueHeads", keyValueHeads, `which must divide attentionHeads (${attentionHeads})`);
  if (headSize === undefined && latentSize === undefined && hiddenSize % attentionHeads !== 0) {
    const reason = `is not set, and hiddenSize ÷ attentionHeads (${hiddenSize} ÷ ${attentionHeads}) is not whole; correct them, or set headSize to the model's head_dim`;
    odd("headSize", undefined, reason, ["shape.hiddenSize"]);
  }
  if (attentionLayers > layers) odd("attentionLayers", attentionLayers, `more than the model's layers (${layers})`);
  else if (slidingWindow && slidingWindow.layers > attentionLayers) {
    const those = attentionLayers < layers ? "layers of attention" : "layers";
    const reason = `more than the model's ${those} (${attentionLayers})`;
    odd("slidingWindow.layers", slidingWindow.layers, reason, ["shape.attentionLayers"]);
  }
  return right;
}

/** Whether vLLM takes a shape for the GPUs and the context that are asked for. */
export function checkParallelShape(model: EffectiveModel, shape: ModelShape, report: Report): boolean {
  const { engine } = model;
  const { tensor, pipeline } = parallelSizes(model);
  const staged = pipeline <= shape.layers;
  if (!staged) {
    const reason = `more stages than the model has layers (shape.layers: ${shape.layers})`;
    report("engine.pipelineParallelSize", { kind: "conflict", found: pipeline, reason }, ["shape.layers"]);
  }
  const heads = divisibilityProblem(shape, tensor);
  if (heads)
    report(
      engine.tensorParallelSize === undefined ? "gpu.count" : "engine.tensorParallelSize",
      { kind: "conflict", reason: heads },
      ["shape", "gpu.count", "engine.pipelineParallelSize"],
    );
  const asked = new Asked(model);
  const longest = contextLimit(asked, shape.contextLength ?? Infinity);
  const tooLong = (asked.maxModelLen ?? 0) > longest;
  if (tooLong) {
    const [where, needs] = [`shape.contextLength: ${shape.contextLength}`, ["shape", ...asked.read]];
    const reason =
      longest === shape.contextLength
        ? `longer than the model's context (${where}), which vLLM refuses; a model that can be stretched takes ${stretched}`
        : `longer than the ${longest} tokens that hf-overrides make of the model's context (${where}), which vLLM refuses; write max_position_embeddings there as long as it is to be`;
    report("engine.maxModelLen", { kind: "conflict", found: asked.maxModelLen, reason }, needs);
  }
  return staged && !heads && !tooLong;
}
