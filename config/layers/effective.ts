import { modelEntries } from "../schema/modelEntries.ts";
import { schemaAt } from "../schema/schema.ts";
import { isTree, type Tree } from "../tree.ts";
import type { EffectiveModel, LayerName, Settings } from "./resolve.ts";
import { encryptedText, secretSetting } from "./secrets.ts";

/** A setting as it is in the end, and the layer that decides it. */
export interface Effective {
  value: unknown;
  layer: LayerName;
}

/** The settings of a model by their paths (`gpu.count`). Secrets show as `[secret]`. */
export const ofModel = (settings: Settings, model: EffectiveModel): Record<string, Effective> =>
  flat(model as unknown as Tree, Object.keys(modelEntries), (path) => settings.layerOf(path, model.name));

/** The settings of the stack as a whole by their paths. */
export const ofStack = (settings: Settings): Record<string, Effective> =>
  flat(settings as unknown as Tree, ["production", "cluster", "namespace", "modelStore", "apiKey"], (path) =>
    settings.layerOf(path),
  );

function flat(
  tree: Tree,
  keys: readonly string[],
  layerOf: (path: readonly string[]) => LayerName,
): Record<string, Effective> {
  const found: Record<string, Effective> = {};
  const visit = (value: unknown, path: readonly string[]) => {
    const type = schemaAt(path)?.type;
    if (isTree(value) && (type === "strict_object" || type === "record"))
      for (const [key, inner] of Object.entries(value)) visit(inner, [...path, key]);
    else found[path.join(".")] = { value: secretSetting(path) ? encryptedText : value, layer: layerOf(path) };
  };
  for (const key of keys) if (tree[key] !== undefined) visit(tree[key], [key]);
  return found;
}
