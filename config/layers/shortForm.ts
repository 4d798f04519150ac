import { isRemoval, isTree, type Tree } from "../tree.ts";
import type { Layer } from "./source.ts";

/** What a layer says of all models, and of each by itself. */
export interface Expanded {
  top: Tree;
  models: Tree;
}

/**
 * Writes the short form `model: chat` out as `models: {chat: {}}`. A later layer's `model` names the only one, so it
 * takes the place of an earlier one's; one that takes all `models` back, takes these too.
 */
export function expandShortForm(layers: readonly Layer[]): Expanded[] {
  let superseded = false;
  let cleared = false;
  const expanded = layers.toReversed().map(({ settings }) => {
    const { model, models, ...top } = settings;
    const short = typeof model === "string" && !superseded ? { [model]: {} } : {};
    const long = isTree(models) ? models : {};
    const written = cleared ? {} : { ...long, ...short };
    superseded ||= model !== undefined;
    cleared ||= models !== undefined && isRemoval(models);
    return { top, models: written };
  });
  return expanded.reverse();
}
