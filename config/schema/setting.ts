import * as v from "valibot";

/** What the reference page and an editor say of a setting beside what it may be. */
export interface About {
  description: string;
  /** The value where nothing is written. */
  default?: string | number | boolean | readonly unknown[] | Readonly<Record<string, unknown>>;
  /** Where the default is worked out: how. */
  derived?: string;
  unit?: string;
  example: string | number | boolean | readonly unknown[] | Readonly<Record<string, unknown>>;
  /** Its value must be encrypted in the stack file, and is lifted out before anything else sees it. */
  secret?: true;
}

/** A setting: what it may be, and what is said of it. */
export const setting = <const T extends v.GenericSchema>(
  schema: T,
  { description, example, ...facts }: About,
): v.SchemaWithPipe<readonly [T, ...v.PipeAction<v.InferOutput<T>, v.InferOutput<T>, never>[]]> =>
  v.pipe(schema, v.description(description), v.examples([example]), v.metadata(facts)) as never;

/** A group of settings: each may be left out, another key is a mistake. Without `optional` it has its defaults anyway. */
export const group = <const T extends v.ObjectEntries>(
  entries: T,
  description: string,
  facts: { optional?: true } = {},
) => v.pipe(v.partial(v.strictObject(entries)), v.description(description), v.metadata(facts));

/** A schema as it is walked: a group has entries, a map has the value of each entry, an optional one wraps another. */
export interface AnySchema {
  type: string;
  entries?: Record<string, AnySchema>;
  key?: AnySchema;
  value?: AnySchema;
  wrapped?: AnySchema;
}

/** The schema without its wrapping as something that may be left out. */
export const bare = (schema: AnySchema): AnySchema => {
  let inner = schema;
  while (inner.wrapped) inner = inner.wrapped;
  return inner;
};

/** What is said of a setting; without an example it is a group. */
export function about(schema: AnySchema): Partial<About> & { optional?: true } {
  const generic = bare(schema) as unknown as v.GenericSchema;
  const description = v.getDescription(generic);
  const [example] = v.getExamples(generic) as unknown[] as (About["example"] | undefined)[];
  return {
    ...(v.getMetadata(generic) as Omit<About, "description" | "example">),
    ...(description === undefined ? {} : { description }),
    ...(example === undefined ? {} : { example }),
  };
}

/** The plain defaults of a group, and of the groups in it that are not optional. */
export function defaultsOf(schema: AnySchema): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(bare(schema).entries ?? {}).flatMap(([key, entry]) => {
      const facts = about(entry);
      if (facts.default !== undefined) return [[key, structuredClone(facts.default)]];
      return bare(entry).entries && !facts.optional ? [[key, defaultsOf(entry)]] : [];
    }),
  );
}
