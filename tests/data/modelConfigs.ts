import type { Tree } from "../../config/tree.ts";
import type { ModelShape } from "../../planning/fit/batch.ts";
import { storedWeights } from "../../planning/fit/weights.ts";
import models from "./modelConfigs.json" with { type: "json" };
import { shapes, stored } from "./modelShapes.ts";

/** A well-known model: what its config.json says of its shape, and the size of its weights as it was published. */
export interface PublishedModel {
  name: string;
  /** Where its config.json lies, at a commit. */
  source: string;
  /** `total_size` of the index in the same place, or the sum of its files; else as in modelShapes.ts. */
  bytes: number;
  config: Tree;
  /** The `hf_quant_config.json` beside it, where that says how it is quantised. */
  beside?: Tree;
  /** The same model in modelShapes.ts, or one of the same shape. */
  fit?: keyof typeof shapes;
}

export const published: readonly PublishedModel[] = models.map(({ name, source, config, bytes, ...more }) => {
  const fit = "fit" in more ? (more.fit as keyof typeof shapes) : undefined;
  const size = bytes ?? (fit && (stored[fit] ?? storedWeights(shapes[fit].shape as ModelShape))) ?? Number.NaN;
  const beside = "beside" in more ? { beside: more.beside as Tree } : {};
  return { name, source, config: config as Tree, bytes: size, ...(fit ? { fit } : {}), ...beside };
});
