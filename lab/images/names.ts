import { type EffectiveModel, resolveSettings } from "../../config/settings.ts";
import { imageOf } from "../../planning/engine/vllm/image.ts";
import { imageReference } from "../../planning/pod/image.ts";

/** The names by which pods ask for images. */
export interface ImageNames {
  engine: string[];
  copier: string[];
}

/** Those that the servers of these models use. */
export const namesOf = (models: readonly EffectiveModel[]): ImageNames => ({
  engine: unique(models.map((model) => imageReference(imageOf(model)))),
  copier: unique(models.map(({ delivery }) => delivery.image)),
});

/** Those of every stack that names no image of its own, with a GPU and without. */
export function stockNames(): ImageNames {
  const tree = { models: { gpu: { gpu: { count: 1 } }, cpu: { gpu: { count: 0 } } } };
  const { settings } = resolveSettings({
    stack: "lab",
    sources: [{ name: "lab", file: "lab/images/names.ts", prefix: "", tree }],
  });
  return namesOf(settings.models);
}

const unique = (names: string[]): string[] => [...new Set(names)].sort();
