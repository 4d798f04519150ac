import type { Problem } from "../problems.ts";
import { modelEntries } from "../schema/modelEntries.ts";
import { builtIn, type Layer, type ModelSettings, schemaAt } from "../schema/schema.ts";
import { type AnySchema, defaultsOf } from "../schema/setting.ts";
import { at, drop, isRemoval, isTree, type Tree, within } from "../tree.ts";
import { checkLayer, type Source } from "./layer.ts";
import { merge } from "./merge.ts";

type Group<Name extends keyof ModelSettings> = NonNullable<ModelSettings[Name]>;
type With<T, Key extends keyof T> = T & Required<Pick<T, Key>>;

/** The settings of one model after all layers: what has a plain default is there. */
export type EffectiveModel = Omit<ModelSettings, "autoscaling"> & {
  name: string;
  /** The key to set with `pulumi config set --path` to serve another revision. */
  revisionKey: string;
  labels: Group<"labels">;
  image: With<Group<"image">, "pullSecrets">;
  delivery: Group<"delivery">;
  gpu: With<Group<"gpu">, "count" | "labels" | "spare">;
  scheduling: Required<Group<"scheduling">>;
  resources: Group<"resources">;
  autoscaling?: With<Group<"autoscaling">, "waitingRequests">;
  engine: With<Group<"engine">, "version" | "acceptCves" | "pipelineParallelSize" | "args" | "env" | "secretEnv">;
  provisioning: Group<"provisioning">;
  startup: Group<"startup">;
  drain: Required<Group<"drain">>;
};

/** Where a setting's value comes from: a default, `vllm:base`, the stack, or either's part for the model. */
export type LayerName = "built-in" | "base" | "stack" | "base.models" | "stack.models";

/** The settings of a stack after all layers, in the user's own terms; defaults that need arithmetic come in `planning`. */
export interface Settings {
  stack: string;
  region: string;
  production: boolean;
  cluster: { eks: string; kubeconfig?: string; context?: string };
  namespace: { name: string; create: boolean };
  modelStore: { onDestroy: "keep" | "delete" };
  /** `value` is the key that the secret is written under, never the secret. */
  apiKey: { rotation?: string; value?: string };
  models: EffectiveModel[];
  /** What is wrong so far. The settings that are wrong are left out above. */
  problems: Problem[];
  /** Where a setting stands, for messages: of a model where one is named, else of the stack. */
  locate: (path: Path, model?: string) => Pick<Problem, "key" | "layer">;
  /** The layer that decides a setting. */
  layerOf: (path: readonly string[], model?: string) => LayerName;
  /** Whether something wrong was said of a setting, or of a part of it, so that what follows from it is not. */
  broken: (path: Path, model?: string) => boolean;
}

/** A path of keys, or the keys with dots between them, where none has one. */
export type Path = string | readonly string[];
const keysOf = (path: Path): readonly string[] => (typeof path === "string" ? path.split(".") : path);

/** What is written, before it is checked. */
export interface Written {
  stack: string;
  /** `aws:region`. */
  region?: string;
  /** `vllm:base` of `Pulumi.yaml`. */
  base: Source;
  /** The stack's own keys. */
  own: Source;
  /** What was found wrong while it was read. */
  problems?: readonly Problem[];
}

/** Checks both layers, merges what is right over the defaults and checks the result. */
export function resolveSettings({ stack, region, base, own, problems: found = [] }: Written): Settings {
  const [checkedBase, checkedOwn] = [checkLayer(base), checkLayer(own)];

  // What is written is merged by itself, so that a removed setting has its default and is never missing.
  const [baseLayer, ownLayer] = [checkedBase.layer, checkedOwn.layer];
  // A stack's 'model' names the only one: it takes the place of the base's.
  const kept = { ...baseLayer, ...(ownLayer.model === undefined ? {} : { model: null }) };
  const layers = [split(isRemoval(ownLayer.models) ? { ...kept, models: null } : kept), split(ownLayer)];
  const written = merge(...layers.map((layer) => layer.top));
  const models = Object.keys(merge(...layers.map((layer) => layer.models))).map((name) => {
    const ofModel = merge(pickModel(written), ...layers.map((layer) => layer.models[name]).filter(isTree));
    const autoscaling = isTree(ofModel.autoscaling) ? { autoscaling: defaultsOf(autoscalingSchema) } : {};
    const effective = merge(pickModel(builtIn), autoscaling, ofModel);
    // Of a shape that is taken back piece by piece, empty groups are left.
    for (const path of [["shape", "slidingWindow"], ["shape"]]) {
      const left = at(effective, path);
      if (isTree(left) && Object.keys(left).length === 0) drop(effective, path);
    }
    const short = own.tree.model === name;
    return { ...effective, name, revisionKey: `${own.prefix}${short ? "" : `models.${name}.`}revision` };
  });

  const broken = [...checkedBase.broken, ...checkedOwn.broken, ...found.map(({ key }) => pathOf(key))];
  const settings = {
    ...merge(builtIn, written),
    stack,
    region: region ?? "",
    models,
    problems: [...found, ...checkedBase.problems, ...checkedOwn.problems],
    locate: locator(base, own),
    layerOf: layerFinder(baseLayer, ownLayer),
    broken: (path: Path, model?: string) =>
      [keysOf(path), ...(model ? [["models", model, ...keysOf(path)]] : [])].some((place) =>
        broken.some((wrong) => within(place, wrong) || within(wrong, place)),
      ),
  } as Settings;
  settings.problems.push(...emptyModels(baseLayer, own, base));
  return settings;
}

const autoscalingSchema = schemaAt(["autoscaling"]) as AnySchema;

/** The path of a key as it is written: `vllm:base.gpu.count` is `gpu`, `count`. */
const pathOf = (key: string) => key.replace(/^\w+:(base\.)?/, "").split(".");

/** A layer's models, the short form included, apart from the rest of it. */
function split(layer: Tree): { top: Tree; models: Tree } {
  const { model, models, ...top } = layer;
  return {
    top,
    models: { ...(isTree(models) ? models : {}), ...(typeof model === "string" && model ? { [model]: {} } : {}) },
  };
}

const pickModel = (tree: Tree | Layer): Tree =>
  Object.fromEntries(Object.entries(tree).filter(([key]) => Object.hasOwn(modelEntries, key)));

function locator(base: Source, own: Source): Settings["locate"] {
  return (path, model) => {
    const keys = keysOf(path);
    const places = [...(model ? [["models", model, ...keys]] : []), keys];
    for (const place of places)
      for (const source of [own, base])
        if (at(source.tree, place) !== undefined) return { key: source.prefix + place.join("."), layer: source.file };
    const [first = keys] = model && own.tree.model !== model ? places : [keys];
    return { key: own.prefix + first.join("."), layer: own.file };
  };
}

function layerFinder(base: Tree, own: Tree): Settings["layerOf"] {
  return (path, model) => {
    const places: [LayerName, Tree, readonly string[]][] = [
      ...(model
        ? ([
            ["stack.models", own, ["models", model, ...path]],
            ["base.models", base, ["models", model, ...path]],
          ] as [LayerName, Tree, string[]][])
        : []),
      ["stack", own, path],
      ["base", base, path],
    ];
    for (const [name, tree, place] of places) {
      const value = at(tree, place);
      // A removal gives way to the default, whatever earlier layers say.
      if (value !== undefined) return isRemoval(value) ? "built-in" : name;
    }
    return "built-in";
  };
}

/** `chat:` with nothing behind it is `null` in YAML, which removes a model; without one to remove it is a slip. */
function emptyModels(base: Tree, own: Source, baseSource: Source): Problem[] {
  const inBase = split(base).models;
  return [baseSource, own].flatMap((source) =>
    Object.entries(isTree(source.tree.models) ? source.tree.models : {})
      .filter(([name, value]) => value === null && (source === baseSource || !Object.hasOwn(inBase, name)))
      .map(([name]) => ({
        key: `${source.prefix}models.${name}`,
        layer: source.file,
        message: `is empty, which removes a model, and there is none to remove; write '${name}: {}' for one with defaults`,
      })),
  );
}
