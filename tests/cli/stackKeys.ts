import { parse } from "yaml";
import { set, type Tree } from "../../config/tree.ts";
import { textOf } from "./values.ts";

/** A key of production-stack's chart: `tests/data/values/stackKeys.yaml`. */
export interface StackKey {
  /** With `[]` behind what is a list of maps. */
  key: string;
  /** Types of JSON Schema, with `|` between them. */
  type: string;
  values?: string[];
  sample: unknown;
  /** Settings of the model, `listed`, or `nothing`. */
  becomes: string;
}

type Row = [type: string, sample: unknown, becomes: string, values?: string[]];

const file = parse(textOf("stackKeys.yaml")) as {
  chart: string;
  version: string;
  schema: Record<string, Row>;
  templates: Record<string, Row>;
};

const keysOf = (rows: Record<string, Row>): StackKey[] =>
  Object.entries(rows).map(([key, [type, sample, becomes, values]]) => ({
    ...{ key, type, sample, becomes },
    ...(values ? { values } : {}),
  }));

export const stackKeys = { ...file, schema: keysOf(file.schema), templates: keysOf(file.templates) };

/** Puts a value at a key; of a list it is the entry that is named. */
export function putKey(tree: Tree, key: string, value: unknown, entry = 0) {
  const parts = key.split(".");
  let here = tree;
  for (const [at, part] of parts.entries()) {
    const name = part.replace("[]", "");
    if (at === parts.length - 1) set(here, name, value);
    else if (part === name) {
      here[name] ??= {};
      here = here[name] as Tree;
    } else {
      here[name] ??= [];
      const list = here[name] as Tree[];
      list[entry] ??= {};
      here = list[entry];
    }
  }
}
