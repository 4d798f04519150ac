import { complete, type Gap, isWhole } from "./layers/complete.ts";
import { checkSource } from "./layers/layer.ts";
import { merge } from "./layers/merge.ts";
import { gapIn, isFaulty, type Origin } from "./layers/origin.ts";
import { type Expanded, expandShortForm } from "./layers/shortForm.ts";
import { type Layer, locatedIn, type Source } from "./layers/source.ts";
import type { Problem } from "./problems.ts";
import { modelEntries } from "./schema/modelEntries.ts";
import type { EffectiveGroup } from "./schema/setting.ts";
import { stackEntries } from "./schema/stackEntries.ts";
import { isRemoval, isTree, type Tree } from "./tree.ts";

/** The settings of one model after all layers: what has a plain default is there. */
export interface EffectiveModel extends EffectiveGroup<typeof modelEntries> {
  name: string;
}

/**
 * The settings of a stack after all layers, in the user's own terms; defaults that need arithmetic come in `planning`.
 * Plain data: secrets stand in it as the keys that they are written under.
 */
export interface Settings extends Omit<EffectiveGroup<typeof stackEntries>, "model"> {
  stack: string;
  /** Where bucket and credentials are; "" where it is not known. */
  region: string;
  models: EffectiveModel[];
}

/** What is written of one stack, from the first layer to the last. */
export interface Written {
  stack: string;
  /** `aws:region`, or what an argument says. */
  region?: string;
  sources: readonly Source[];
  /** What was found wrong while it was read. */
  problems?: readonly Problem[];
}

/** Checked and merged settings, what is wrong with them, and where each comes from. */
export interface Resolved {
  /** Without what is wrong. */
  settings: Settings;
  origin: Origin;
  problems: Problem[];
  /** The secrets among the settings, by the keys that they are written under. */
  secrets: Record<string, string>;
}

/** Checks every layer by itself and merges what is right over the defaults. */
export function resolveSettings({ stack, region = "", sources, problems: found = [] }: Written): Resolved {
  const checked = sources.map(checkSource);
  const layers = checked.map(({ layer }) => layer);
  const faulty = [...found.map(({ path }) => path), ...checked.flatMap((source) => source.faulty)];
  const origin: Origin = { layers, faulty };
  const problems = [...found, ...checked.flatMap((source) => source.problems), ...emptyModels(layers)];
  const report = ({ path, other = path, needs }: Gap, model?: string) => {
    if ([path, other].some((one) => isFaulty(origin, one, model))) return;
    const { taken, ...place } = gapIn(origin, path, model);
    const reason = taken ? `${needs}, and ${taken} takes those of earlier layers away` : needs;
    problems.push({ ...place, kind: "missing", reason });
  };

  // What is written is merged by itself, so that a removed setting has its default and is never missing.
  const expanded = expandShortForm(layers);
  const top = merge(...expanded.map((layer) => layer.top));
  const ofStack = complete(stackEntries, top);
  for (const gap of ofStack.gaps) report(gap);
  const models = Object.keys(merge(...expanded.map((layer) => layer.models))).map((name): EffectiveModel => {
    const written = merge(top, ...partsOf(name, expanded));
    const { whole, gaps } = complete(modelEntries, written);
    for (const gap of gaps) report(gap, name);
    if (!isWhole(modelEntries, whole)) throw new Error(`the settings of ${name} have no defaults`);
    return { ...whole, name };
  });
  if (!isWhole(stackEntries, ofStack.whole)) throw new Error("the settings of the stack have no defaults");
  const secrets = Object.assign({}, ...checked.map((source) => source.secrets));
  return { settings: { ...ofStack.whole, stack, region, models }, origin, problems, secrets };
}

/** What the layers say of one model, since it was last removed. */
function partsOf(name: string, layers: readonly Expanded[]): Tree[] {
  const parts: Tree[] = [];
  for (const { models } of layers) {
    const part = models[name];
    if (isRemoval(part)) parts.length = 0;
    else if (isTree(part)) parts.push(part);
  }
  return parts;
}

/** `chat:` with nothing behind it is `null` in YAML, which removes a model; without one to remove it is a slip. */
function emptyModels(layers: readonly Layer[]): Problem[] {
  const known = new Set<string>();
  return layers.flatMap((layer) => {
    const { written, settings } = layer;
    const { models } = written;
    const entries = Object.entries(isTree(models) ? models : {});
    const empty = entries.filter(([name, value]) => value === null && !known.has(name)).map(([name]) => name);
    if (typeof settings.model === "string") known.add(settings.model);
    for (const name of Object.keys(isTree(settings.models) ? settings.models : {})) known.add(name);
    return empty.map((name): Problem => {
      const reason = `is empty, which removes a model, and there is none to remove; write '${name}: {}' for one with defaults`;
      return { ...locatedIn(layer, ["models", name]), kind: "conflict", reason };
    });
  });
}
