import { isTree, type Tree } from "../../config/tree.ts";

/** A place in the values: what stands there, and its path as a person writes it. */
export class Place {
  readonly path: string;
  readonly value: unknown;
  /** The last key of the path. */
  readonly key: string;
  readonly parent?: Place;

  constructor(value: unknown, path = "", key: string | number = "", parent?: Place) {
    this.value = value;
    this.path = path;
    this.key = String(key);
    if (parent) this.parent = parent;
  }

  /** What stands further down, whether or not there is anything. */
  at(...keys: (string | number)[]): Place {
    const [key, ...rest] = keys;
    if (key === undefined) return this;
    return new Place(child(this.value, key), `${this.path}${step(key, this.path)}`, key, this).at(...rest);
  }

  /** The places right below: of a map its keys, of a list its entries. */
  get children(): Place[] {
    const keys = Array.isArray(this.value) ? [...this.value.keys()] : isTree(this.value) ? Object.keys(this.value) : [];
    return keys.map((key) => this.at(key));
  }

  get exists(): boolean {
    return this.value !== undefined;
  }

  /** Whether it says nothing: not there, `null`, no text, an empty map or list. */
  get empty(): boolean {
    const { value } = this;
    if (value === undefined || value === null || value === "") return true;
    return (Array.isArray(value) || isTree(value)) && Object.keys(value as Tree).length === 0;
  }

  /** The text, or a number or truth value as text. */
  get text(): string | undefined {
    return ["string", "number", "boolean"].includes(typeof this.value) ? String(this.value).trim() : undefined;
  }

  get number(): number | undefined {
    const text = this.text;
    return text === undefined || text === "" || Number.isNaN(Number(text)) ? undefined : Number(text);
  }

  /** True only where it is written `true`. */
  get on(): boolean {
    return this.value === true || this.value === "true";
  }

  /** True only where it is written `false`. */
  get off(): boolean {
    return this.value === false || this.value === "false";
  }
}

/** The paths of all scalars, empty maps and empty lists. */
export const leaves = (place: Place): string[] =>
  place.children.length === 0 ? [place.path] : place.children.flatMap(leaves);

/** Whether a path is another one or lies below it. */
export const covers = (path: string, leaf: string): boolean =>
  leaf === path || leaf.startsWith(`${path}.`) || leaf.startsWith(`${path}[`);

function child(value: unknown, key: string | number): unknown {
  if (Array.isArray(value)) return value[Number(key)];
  return isTree(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

const step = (key: string | number, before: string) => {
  if (typeof key === "number") return `[${key}]`;
  return /^[\w-]+$/.test(key) ? `${before ? "." : ""}${key}` : `[${JSON.stringify(key)}]`;
};
