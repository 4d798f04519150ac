import type { Problem } from "../problems.ts";
import { schemaAt } from "../schema/schema.ts";
import { at, isRemoval, isTree, type Tree, within } from "../tree.ts";
import { isEncrypted } from "./secrets.ts";
import { type Layer, locatedIn } from "./source.ts";

/**
 * Where the settings of a stack come from, as plain data beside them; the functions here read it. Of what is wrong it
 * keeps what was written, which may be a secret in the wrong place: what leaves the process is made from problems.
 */
export interface Origin {
  /** From the first to the last, which wins. */
  layers: readonly Layer[];
  /** Paths of which something wrong was said. */
  faulty: readonly (readonly string[])[];
}

/** A path of keys, or the keys with dots between them, where none has one. */
export type Path = string | readonly string[];
const keysOf = (path: Path): readonly string[] => (typeof path === "string" ? path.split(".") : path);

/** What a layer says of a setting, and where in it. */
interface Said {
  layer: Layer;
  place: readonly string[];
  value: unknown;
}

/**
 * Where layers speak of a setting, the one that counts first: of a model's, from the last layer to the first that took
 * the model away, then of all models', or the stack's.
 */
function* said(
  { layers }: Origin,
  keys: readonly string[],
  model: string | undefined,
  tree: "written" | "settings",
): Generator<Said> {
  const lastFirst = layers.toReversed();
  if (model !== undefined)
    for (const layer of lastFirst) {
      const { models } = layer[tree];
      const own = isTree(models) ? models[model] : models;
      const value = isTree(own) ? spoken(own, keys) : undefined;
      if (value !== undefined) yield { layer, place: ["models", model, ...keys], value };
      if (own !== undefined && isRemoval(own)) break;
    }
  for (const layer of lastFirst) {
    const value = spoken(layer[tree], keys);
    if (value !== undefined) yield { layer, place: keys, value };
  }
}

/** What stands at a path; of one that leads into text, such as a group that is written as JSON, the text. */
function spoken(tree: Tree, keys: readonly string[]): unknown {
  const value = at(tree, keys);
  if (value !== undefined || keys.length === 0) return value;
  const around = spoken(tree, keys.slice(0, -1));
  return typeof around === "string" && around !== "" ? around : undefined;
}

/** Where a setting stands, or where the last layer would have it: for messages. */
export function locate(origin: Origin, path: Path, model?: string): Pick<Problem, "path" | "key" | "layer"> {
  for (const { layer, place } of said(origin, keysOf(path), model, "written")) return locatedIn(layer, place);
  return placeToSet(origin, path, model);
}

/**
 * Where what a group lacks has to be written: of one that may be left out beside what the last layer says of it, else
 * where it would be set. With it, what took away that of an earlier layer: a removal, or what excludes the group.
 */
export function gapIn(
  origin: Origin,
  path: readonly string[],
  model?: string,
): Pick<Problem, "path" | "key" | "layer"> & { taken?: string } {
  const group = path.slice(0, -1);
  const spokenOf = (keys: readonly string[]) => [...said(origin, keys, model, "written")];
  const { about } = schemaAt(group) ?? {};
  // A group that is always there lacks what each stack has of its own.
  const last = about?.optional ? spokenOf(group).find(({ value }) => isTree(value)) : undefined;
  if (!last) return locate(origin, path, model);
  const place = locatedIn(last.layer, [...last.place, ...path.slice(-1)]);
  if (spokenOf(path).every(({ value }) => isRemoval(value))) return place;
  const takers = [
    ...spokenOf(group).filter(({ value }) => isRemoval(value)),
    ...(about?.excludes === undefined ? [] : spokenOf([...group.slice(0, -1), about.excludes])),
  ];
  const [taker] = takers.map(({ layer, place }) => locatedIn(layer, place));
  return { ...place, ...(taker ? { taken: `${taker.key} (${taker.layer})` } : {}) };
}

/** Where the last layer would set something: with the short form at the top, else below its model. */
export function placeToSet(origin: Origin, path: Path, model?: string): Pick<Problem, "path" | "key" | "layer"> {
  const last = origin.layers.at(-1);
  const place =
    model === undefined || last?.written.model === model ? keysOf(path) : ["models", model, ...keysOf(path)];
  return locatedIn(last ?? { prefix: "", file: "" }, place);
}

/**
 * The layer that decides a setting: the name of a layer, with `.models` behind it where its part for the model does, or
 * `built-in`.
 */
export function layerOf(origin: Origin, path: readonly string[], model?: string): string {
  // A removal gives way to the default, whatever earlier layers say.
  for (const { layer, place, value } of said(origin, path, model, "settings"))
    return isRemoval(value) ? "built-in" : `${layer.name}${place === path ? "" : ".models"}`;
  return "built-in";
}

/** Whether what decides a setting is encrypted where it is written, so that no message may show it. */
export function isHidden(origin: Origin, path: Path, model?: string): boolean {
  for (const { layer, place } of said(origin, keysOf(path), model, "written")) return isEncrypted(layer, place);
  return false;
}

/** A scalar as it is written where it is decided, if Pulumi did not keep it so. */
export function writtenAt(origin: Origin, path: readonly string[], model?: string): string | undefined {
  for (const { layer, place } of said(origin, path, model, "written"))
    return layer.altered.find((one) => one.path.length === place.length && within(one.path, place))?.written;
  return undefined;
}

/** Whether something wrong was said of a setting, or of a part of it, so that what follows from it is not. */
export function isFaulty({ faulty }: Origin, path: Path, model?: string): boolean {
  const keys = keysOf(path);
  const places = model === undefined ? [keys] : [keys, ["models", model, ...keys]];
  return places.some((place) => faulty.some((wrong) => within(place, wrong) || within(wrong, place)));
}
