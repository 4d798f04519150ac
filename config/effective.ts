import { layerOf, type Origin } from "./layers/origin.ts";
import { secretSetting } from "./layers/secrets.ts";
import { encryptedText } from "./problems.ts";
import { modelEntries } from "./schema/modelEntries.ts";
import { schemaAt } from "./schema/schema.ts";
import { stackEntries } from "./schema/stackEntries.ts";
import type { EffectiveModel, Settings } from "./settings.ts";
import { isTree } from "./tree.ts";

/** A setting as it is in the end, and the layer that decides it: see `layerOf`. */
export interface Effective {
  value: unknown;
  layer: string;
}

/** The same with its path, of keys that may have dots in them. */
export interface EffectiveAt extends Effective {
  path: readonly string[];
}

/** The settings of a model. Secrets show as `[secret]`. */
export const listOfModel = (model: EffectiveModel, origin: Origin): EffectiveAt[] =>
  flat({ ...model }, Object.keys(modelEntries), (path) => layerOf(origin, path, model.name));

/** The settings of the stack as a whole. */
export const listOfStack = (settings: Settings, origin: Origin): EffectiveAt[] =>
  flat({ ...settings }, Object.keys(stackEntries), (path) => layerOf(origin, path));

/** The settings of a model by their paths (`gpu.count`). */
export const ofModel = (model: EffectiveModel, origin: Origin): Record<string, Effective> =>
  byPath(listOfModel(model, origin));

/** The settings of the stack as a whole by their paths. */
export const ofStack = (settings: Settings, origin: Origin): Record<string, Effective> =>
  byPath(listOfStack(settings, origin));

const byPath = (list: readonly EffectiveAt[]): Record<string, Effective> =>
  Object.fromEntries(list.map(({ path, value, layer }) => [path.join("."), { value, layer }]));

function flat(
  tree: Readonly<Record<string, unknown>>,
  keys: readonly string[],
  layer: (path: readonly string[]) => string,
): EffectiveAt[] {
  const found: EffectiveAt[] = [];
  const visit = (value: unknown, path: readonly string[]) => {
    const type = schemaAt(path)?.type;
    if (isTree(value) && (type === "strict_object" || type === "record"))
      for (const [key, inner] of Object.entries(value)) visit(inner, [...path, key]);
    else found.push({ path, value: secretSetting(path) ? encryptedText : value, layer: layer(path) });
  };
  for (const key of keys) if (tree[key] !== undefined) visit(tree[key], [key]);
  return found;
}
