import { isTree } from "../config/tree.ts";

/** What is not known yet, as values of a preview are: it is neither one thing nor the other. */

/** Stands where a value is not known yet. */
export const notKnown: unique symbol = Symbol("not known yet");

/** Whether something is so, or `notKnown`. */
export type Known = boolean | typeof notKnown;

/** What stands at a path that may lead into lists too; `notKnown` also where something on the way there is. */
export const valueAt = (value: unknown, path: readonly string[]): unknown =>
  path.reduce((inner: unknown, key) => {
    if (inner === notKnown) return notKnown;
    const holder = Array.isArray(inner) || isTree(inner) ? inner : {};
    return Object.hasOwn(holder, key) ? (holder as Record<string, unknown>)[key] : undefined;
  }, value);

/** Whether a value is not known, or holds one that is not. */
export const holdsNotKnown = (value: unknown): boolean =>
  value === notKnown ||
  (Array.isArray(value) && value.some(holdsNotKnown)) ||
  (isTree(value) && Object.values(value).some(holdsNotKnown));

export const equal = (one: unknown, other: unknown): Known =>
  one === notKnown || other === notKnown ? notKnown : one === other;

export const every = (all: readonly Known[]): Known =>
  all.includes(false) ? false : all.includes(notKnown) ? notKnown : true;

export const some = (all: readonly Known[]): Known =>
  all.includes(true) ? true : all.includes(notKnown) ? notKnown : false;
