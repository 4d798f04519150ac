import { checkLayer, type Source } from "./layer.ts";
import { isRemoval, isTree, merge, type Tree } from "./merge.ts";
import { type Problem, SettingsError } from "./problems.ts";
import { type Layer, type ModelSettings, modelEntries } from "./schema.ts";

/** The settings of one model after all layers. */
export type EffectiveModel = ModelSettings & {
  name: string;
  /** The key to set with `pulumi config set --path` to serve another revision. */
  revisionKey: string;
};

/** The settings of a stack after all layers, in the user's own terms; defaults that need arithmetic come in `planning`. */
export interface Settings {
  stack: string;
  region: string;
  production: boolean;
  cluster: { eks: string; kubeconfig?: string; context?: string };
  namespace: { name: string; create: boolean };
  modelStore: { onDestroy: "keep" | "delete" };
  apiKey: { rotation?: string };
  models: EffectiveModel[];
  /** Where a setting stands, for messages: of a model where one is named, else of the stack. */
  locate: (path: string, model?: string) => Pick<Problem, "key" | "layer">;
}

/** What is written, before it is checked. */
export interface Written {
  stack: string;
  /** `aws:region`. */
  region?: string;
  /** `vllm:base` of `Pulumi.yaml`. */
  base: Source;
  /** The stack's own keys. */
  own: Source;
}

/** The defaults that are plain values. */
const builtIn = {
  production: false,
  cluster: {},
  namespace: { name: "vllm", create: false },
  modelStore: { onDestroy: "keep" },
  apiKey: {},
  image: { pullSecrets: [] },
  gpu: { count: 1, labels: "nvidia", spare: 0 },
  resources: {},
  replicas: 1,
  engine: { kind: "vllm", version: "0.32.0", pipelineParallelSize: 1, args: {}, env: {} },
  access: { kind: "podIdentity" },
  provisioning: {},
  startup: {},
  drain: { seconds: 75 },
} satisfies Layer;

/**
 * Checks both layers, merges them over the defaults and checks the result.
 * @throws SettingsError with every problem found.
 */
export function resolveSettings({ stack, region, base, own }: Written): Settings {
  const [checkedBase, checkedOwn] = [checkLayer(base), checkLayer(own)];
  const problems = [...checkedBase.problems, ...checkedOwn.problems];
  if (problems.length > 0) throw new SettingsError(problems);

  // What is written is merged by itself, so that a removed setting has its default and is never missing.
  const [baseLayer, ownLayer] = [checkedBase.layer, checkedOwn.layer];
  // A stack's 'model' names the only one: it takes the place of the base's.
  const layers = [split(ownLayer.model === undefined ? baseLayer : { ...baseLayer, model: null }), split(ownLayer)];
  const written = merge(...layers.map((layer) => layer.top));
  const top = merge(builtIn, written);
  const models = Object.keys(merge(...layers.map((layer) => layer.models))).map((name) => {
    const ofModel = merge(pickModel(written), ...layers.map((layer) => layer.models[name]).filter(isTree));
    const effective = merge(pickModel(builtIn), ofModel);
    const short = own.tree.model === name;
    return { ...effective, name, revisionKey: `${own.prefix}${short ? "" : `models.${name}.`}revision` };
  });
  const locate: Settings["locate"] = (path, model) => {
    const places = [...(model ? [`models.${model}.${path}`] : []), path];
    for (const place of places)
      for (const source of [own, base])
        if (at(source.tree, place) !== undefined) return { key: source.prefix + place, layer: source.file };
    const place = model && own.tree.model !== model ? places[0] : path;
    return { key: `${own.prefix}${place}`, layer: own.file };
  };

  const settings = { ...top, stack, region: region ?? "", models, locate } as Settings;
  const found = [...emptyModels(checkedBase.layer, own, base), ...checkWhole(settings, own)];
  if (found.length > 0) throw new SettingsError(found);
  return settings;
}

/** A layer's models, the short form included, apart from the rest of it. */
function split(layer: Tree): { top: Tree; models: Tree } {
  const { model, models, ...top } = layer;
  return {
    top,
    models: { ...(isTree(models) ? models : {}), ...(typeof model === "string" && model ? { [model]: {} } : {}) },
  };
}

const pickModel = (tree: Tree): Tree => Object.fromEntries(Object.entries(tree).filter(([key]) => key in modelEntries));

/** What stands at a path; in a group that is removed, everything is. */
function at(tree: Tree, path: string): unknown {
  const step = (value: unknown, key: string) => (isTree(value) ? value[key] : isRemoval(value) ? null : undefined);
  return path.split(".").reduce<unknown>(step, tree);
}

/** `chat:` with nothing behind it is `null` in YAML, which removes a model; without one to remove it is a slip. */
function emptyModels(base: Tree, own: Source, baseSource: Source): Problem[] {
  const inBase = isTree(base.models) ? base.models : {};
  return [baseSource, own].flatMap((source) =>
    Object.entries(isTree(source.tree.models) ? source.tree.models : {})
      .filter(([name, value]) => value === null && (source === baseSource || !(name in inBase)))
      .map(([name]) => ({
        key: `${source.prefix}models.${name}`,
        layer: source.file,
        message: `is empty, which removes a model, and there is none to remove; write '${name}: {}' for one with defaults`,
      })),
  );
}

/** What only the merged settings can show. */
function checkWhole(settings: Settings, own: Source): Problem[] {
  const problems: Problem[] = [];
  const report = (path: string, message: string, model?: string) =>
    problems.push({ ...settings.locate(path, model), message });

  if (!settings.region)
    problems.push({
      key: "aws:region",
      layer: own.file,
      message: "is not set; bucket and credentials are made there: pulumi config set aws:region eu-west-1",
    });
  const { eks, kubeconfig, context } = settings.cluster;
  if (!eks)
    report("cluster.eks", "is not set; name the EKS cluster to deploy to (the ambient current context is never used)");
  if (kubeconfig && !context)
    report("cluster.context", "is not set; name the context of cluster.kubeconfig to use, its current one may change");
  if (settings.models.length === 0)
    report("model", "is not set; name the model to serve ('model: chat'), or several under 'models'");
  if (settings.production && settings.modelStore.onDestroy === "delete")
    report(
      "modelStore.onDestroy",
      "is 'delete', but a production stack keeps its models; remove it, or 'production: true'",
    );

  for (const { name, autoscaling } of settings.models) {
    if (autoscaling) {
      for (const key of ["min", "max"] as const)
        if (autoscaling[key] === undefined)
          report(`autoscaling.${key}`, "is not set; 'autoscaling' needs both min and max", name);
      if (autoscaling.min !== undefined && autoscaling.max !== undefined && autoscaling.min > autoscaling.max)
        report("autoscaling.min", `is ${autoscaling.min}, more than autoscaling.max (${autoscaling.max})`, name);
    }
  }
  return problems;
}
