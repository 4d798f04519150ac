import { classDefaults, windowPatterns } from "../../catalogue/modelTypes.ts";
import { at, isTree, type Tree } from "../../config/tree.ts";

/** Where models of several parts have the language model's own settings. */
const languageParts = ["thinker_config", "text_config", "llm_config", "language_config", "llm_cfg", "decoder"];

const own = <Value>(table: Readonly<Record<string, Value>>, key: string): Value | undefined =>
  Object.hasOwn(table, key) ? table[key] : undefined;

/** The largest number that a config.json has for a reason: no key that is read counts more. */
const most = 1e13;

const isWhole = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) <= most;

/** What a config.json says of the language model: its own part first, then the whole, then what its class takes. */
export class Facts {
  readonly #levels: readonly Tree[];
  readonly #taken = new Set<string>();
  /** `model_type` of the language model; "" where there is none. */
  readonly type: string;

  constructor(config: Tree) {
    this.#levels = levelsOf(config);
    this.type = this.text("model_type") ?? "";
  }

  /** The first of some names that stands there, read by somebody. */
  #read<Value>(names: readonly string[], is: (value: unknown) => value is Value): Value | undefined {
    for (const level of this.#levels)
      for (const name of names) {
        const value = at(level, [name]);
        if (is(value)) return value;
      }
    for (const name of names) {
      const defaults = own(classDefaults, this.type) ?? {};
      const value = Object.hasOwn(defaults, name) ? defaults[name] : undefined;
      // Who writes `null` wants none.
      if (!is(value) || this.#levels.some((level) => Object.hasOwn(level, name))) continue;
      this.#taken.add(name);
      return value;
    }
    return undefined;
  }

  /** A whole number, 0 included. */
  number(...names: readonly string[]): number | undefined {
    return this.#read(names, (value): value is number => isWhole(value) && value >= 0);
  }

  /** A whole number above 0. */
  count(...names: readonly string[]): number | undefined {
    return this.#read(names, (value): value is number => isWhole(value) && value > 0);
  }

  flag(...names: readonly string[]): boolean | undefined {
    return this.#read(names, (value): value is boolean => typeof value === "boolean");
  }

  text(...names: readonly string[]): string | undefined {
    return this.#read(names, (value): value is string => typeof value === "string" && value !== "");
  }

  list(...names: readonly string[]): readonly unknown[] | undefined {
    return this.#read(names, (value): value is unknown[] => Array.isArray(value));
  }

  tree(...names: readonly string[]): Tree | undefined {
    return this.#read(names, isTree);
  }

  /** How often a layer sees everything among those that see a window, where a class has a pattern for it. */
  get windowPattern(): number | undefined {
    return this.count("sliding_window_pattern", "_sliding_window_pattern") ?? own(windowPatterns, this.type);
  }

  /** Keys that are the class's, because the file leaves them out. */
  get taken(): readonly string[] {
    return [...this.#taken].sort();
  }
}

/** The parts of a config.json from the innermost outwards. */
function levelsOf(config: Tree): Tree[] {
  const levels = [config];
  for (let depth = 0; depth < 3; depth++) {
    const [outer = {}] = levels;
    const part = languageParts.map((name) => at(outer, [name])).find(isLanguage);
    if (part === undefined) break;
    levels.unshift(part);
  }
  return levels;
}

const isLanguage = (value: unknown): value is Tree =>
  isTree(value) &&
  ["model_type", "architectures", "hidden_size", "num_hidden_layers", ...languageParts].some((name) =>
    Object.hasOwn(value, name),
  );
