import { checkSource } from "../../config/layers/layer.ts";
import { sentence } from "../../config/problems.ts";
import { schemaAt } from "../../config/schema/schema.ts";
import { redacted } from "../../config/secretForms.ts";
import { at, put, type Tree } from "../../config/tree.ts";
import type { Place } from "./place.ts";
import { isSecret } from "./secrets.ts";

/** A value that has become a setting. */
export interface Mapped {
  /** The key in the values, e.g. `resources.limits.memory`. */
  from: string;
  /** The setting, e.g. `resources.memory`. */
  to: string;
  /** What else there is to say: why nothing is written for it, e.g. that it is the default, or why it is another value. */
  note?: string;
}

/** A value that has no counterpart. */
export interface Unmapped {
  from: string;
  reason: string;
}

/** A model's files, which a person has to publish. */
export interface Upload {
  model: string;
  text: string;
}

/**
 * The account of one import: each value becomes a setting, or is listed with a reason, or is declared to say nothing.
 * What no rule has spoken of is found at the end.
 */
export class Book {
  readonly settings: Tree = {};
  readonly mapped: Mapped[] = [];
  readonly unmapped: Unmapped[] = [];
  readonly noops: string[] = [];
  readonly todo: string[] = [];
  /** What is said of the files that models need, by model. */
  readonly uploads: Upload[] = [];
  readonly #told = new Set<string>();

  /** Writes a setting, unless its place is empty or our own schema refuses the value. */
  set(place: Place, to: readonly string[], value: unknown, note?: string) {
    // In a map an empty text is a value.
    const isEntry = schemaAt(to.slice(0, -1))?.type === "record";
    if (place.empty && !(isEntry && value === "")) return this.noop(place);
    if (isSecret(value)) return this.list(place, secretReason);
    const key = settingKey(to);
    const { layer, problems } = check(to, value);
    const [problem] = problems;
    if (problem) return this.drop(place, sentence(problem));
    const before = at(this.settings, to);
    const after = at(layer.settings, to);
    if (before !== undefined && JSON.stringify(before) !== JSON.stringify(after)) this.#overridden(key, place);
    put(this.settings, to, after);
    this.same(place, key, note);
  }

  /** Writes another value for what a place has become already, and why. */
  amend(place: Place, to: readonly string[], value: unknown, note: string) {
    put(this.settings, to, value);
    for (const entry of this.mapped) if (entry.from === place.path && entry.to === settingKey(to)) entry.note = note;
  }

  /** Writes a setting for a key that is not there, where the chart gives its absence a meaning. */
  absent(place: Place, to: readonly string[], value: unknown, note: string) {
    put(this.settings, to, value);
    this.mapped.push({ from: place.path, to: settingKey(to), note });
  }

  /** Adds to a list; entries that our own schema refuses are left out of it. */
  append(place: Place, to: readonly string[], entry: unknown) {
    if (isSecret(entry)) return this.list(place, secretReason);
    const [problem] = check(to, [entry]).problems;
    if (problem) return this.drop(place, sentence(problem));
    const before = at(this.settings, to);
    put(this.settings, to, [...(Array.isArray(before) ? before : []), entry]);
    this.same(place, settingKey(to));
  }

  /** Notes that a place is what a setting is already. */
  same(place: Place, to: string, note?: string) {
    if (!place.exists) return;
    this.#tell(place);
    if (!this.mapped.some((entry) => entry.from === place.path && entry.to === to))
      this.mapped.push({ from: place.path, to, ...(note ? { note } : {}) });
  }

  /** Lists a place as one without a counterpart; what is empty or `false` says nothing. */
  drop(place: Place, reason: string) {
    if (place.empty || place.off) return this.noop(place);
    this.list(place, reason);
  }

  /** As `drop`, for what still counts when it is `false` or empty. */
  list(place: Place, reason: string) {
    if (!place.exists) return;
    this.#tell(place);
    const said = redacted(reason);
    if (!this.unmapped.some((entry) => entry.from === place.path && entry.reason === said))
      this.unmapped.push({ from: place.path, reason: said });
  }

  /** Declares that a place says nothing. */
  noop(place: Place) {
    if (!place.exists) return;
    this.#tell(place);
    if (!this.noops.includes(place.path)) this.noops.push(place.path);
  }

  /** What a person has to do. */
  ask(text: string) {
    const said = redacted(text);
    if (!this.todo.includes(said)) this.todo.push(said);
  }

  /** That a model's files have to be published. */
  upload(model: string, text: string) {
    this.uploads.push({ model, text: redacted(text) });
  }

  /** Lists a group that is switched off as a whole, and says whether it is. */
  switchedOff(group: Place, key = "enabled"): boolean {
    if (!group.at(key).off) return false;
    if (group.children.length === 1) this.noop(group);
    else this.drop(group, `is switched off (${key}: false)`);
    return true;
  }

  /** Whether a rule has spoken of a place, or of one that it lies in. */
  told(place: Place): boolean {
    for (let here: Place | undefined = place; here; here = here.parent) if (this.#told.has(here.path)) return true;
    return false;
  }

  /** Lists what no rule has spoken of, each group as a whole where none of it was. */
  rest(place: Place, chart: string) {
    if (this.told(place)) return;
    const inner = place.children;
    if (place.parent && (inner.length === 0 || !this.#toldBelow(place)))
      this.list(place, `is no key of ${chart} that this program knows`);
    else for (const next of inner) this.rest(next, chart);
  }

  #toldBelow(place: Place): boolean {
    return place.children.some((next) => this.#told.has(next.path) || this.#toldBelow(next));
  }

  #tell(place: Place) {
    this.#told.add(place.path);
  }

  /** The earlier value of a setting does not count: it is listed instead. */
  #overridden(to: string, by: Place) {
    for (const entry of this.mapped.filter((one) => one.to === to)) {
      this.mapped.splice(this.mapped.indexOf(entry), 1);
      this.unmapped.push({ from: entry.from, reason: `is overridden by ${by.path}` });
    }
  }
}

const secretReason = "is or holds a secret, and settings are plain text; it is not taken over";

/** A setting's key as a person writes it: `labels["example.com/team"]`. */
export const settingKey = (path: readonly string[]): string =>
  path.map((key, at) => (/^[\w-]+$/.test(key) ? `${at > 0 ? "." : ""}${key}` : `[${JSON.stringify(key)}]`)).join("");

/** What our own schema says of a setting. */
const check = (path: readonly string[], value: unknown) =>
  checkSource({ name: "values", file: "", prefix: "", tree: nest(path, value) });

function nest(path: readonly string[], value: unknown): Tree {
  const tree: Tree = {};
  put(tree, path, value);
  return tree;
}
