import type { AboutGroup, AnySchema, EffectiveGroup, Members } from "../schema/setting.ts";
import { isTree, set, type Tree } from "../tree.ts";

/** A required setting that is not there. */
export interface Gap {
  path: readonly string[];
  /** The neighbour that would do as well. */
  other?: readonly string[];
  /** What is said of it. */
  needs: string;
}

/**
 * Fills the plain defaults in, and takes the groups out that lack a required setting: what is left is whole. A group
 * that may be left out has its defaults only where something of it is written.
 */
export function complete(members: Members, written: Tree, path: readonly string[] = []): { whole: Tree; gaps: Gap[] } {
  const whole: Tree = {};
  const gaps: Gap[] = [];
  for (const [key, schema] of Object.entries(members)) {
    const value = Object.hasOwn(written, key) ? written[key] : undefined;
    const here = [...path, key];
    if (schema.members) {
      if (schema.about?.optional && !isTree(value)) continue;
      const inner = complete(schema.members, isTree(value) ? value : {}, here);
      // Of a group that was taken back piece by piece nothing is left.
      if (schema.about?.optional && inner.gaps.length === 0 && Object.keys(inner.whole).length === 0) continue;
      const missing = requiredOf(schema.members, here).filter(
        ({ path, other }) => ![path, other].some((one) => one && Object.hasOwn(inner.whole, one.at(-1) ?? "")),
      );
      gaps.push(...inner.gaps, ...missing);
      if (missing.length === 0) set(whole, key, inner.whole);
    } else if (value !== undefined) set(whole, key, value);
    else if (schema.about?.default !== undefined && !isExcluded(schema.about, written))
      set(whole, key, structuredClone(schema.about.default));
  }
  return { whole, gaps };
}

/** What a group must have: each of these by itself, then those of which one of two is enough. */
function requiredOf(members: Members, path: readonly string[]): Gap[] {
  const entries = Object.entries(members);
  const alone = entries.flatMap(([name, { about }]) =>
    about?.required ? [{ path: [...path, name], needs: about.required }] : [],
  );
  const oneOfTwo = entries.flatMap(([name, { about }]) =>
    about?.unless ? [{ path: [...path, name], other: [...path, about.unless.other], needs: about.unless.needs }] : [],
  );
  return [...alone, ...oneOfTwo];
}

const isExcluded = ({ excludes }: Pick<AboutGroup, "excludes">, written: Tree): boolean =>
  excludes !== undefined && Object.hasOwn(written, excludes);

/** Whether everything is there that always is; what stands in it has been checked in its layer. */
export function isWhole<Group extends Members>(
  members: Group,
  settings: Tree,
): settings is Tree & EffectiveGroup<Group> {
  return Object.entries(members).every(([key, schema]) => {
    const value = settings[key];
    if (schema.members && isTree(value)) return isWhole(schema.members, value);
    return value !== undefined || mayBeAbsent(schema);
  });
}

function mayBeAbsent({ about = { description: "" }, members }: AnySchema): boolean {
  if (about.optional || about.excludes !== undefined) return true;
  if (members) return requiredOf(members, []).length > 0;
  return about.default === undefined && about.required === undefined;
}
