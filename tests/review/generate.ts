import fc from "fast-check";
import { isTree, type Tree } from "../../config/tree.ts";
import type { Told } from "../../review/changes.ts";
import type { Step } from "../../workspace/events.ts";

/** Operations such as the engine tells them, made of any resources. */

/** What stands for the values of secrets: in no other text, and never alike. */
const sealed = "SEALED-";

const secret = fc.uuid().chain((id) => {
  const payload = fc.constantFrom("ciphertext", "plaintext", "value");
  return payload.map((key) => ({
    "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
    [key]: `${sealed}${id}`,
  }));
});
const unknown = fc.constantFrom("04da6b54-80e4-46f7-96ec-b56ff0331ba9", "3eeb2bf0-c639-47a8-9e75-3b44932eb421");
const key = fc.constantFrom("spec", "data", "name", "a.b/c", 'q"uote', "__proto", "containers", "x");
const leaf = fc.oneof(
  { weight: 4, arbitrary: fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null)) },
  { weight: 1, arbitrary: unknown },
  { weight: 2, arbitrary: secret },
);
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leaf,
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(key, tie("value"), { maxKeys: 3 }),
  ),
}));
const inputs = fc.dictionary(key, value, { minKeys: 1, maxKeys: 4 }) as fc.Arbitrary<Tree>;

const isSealed = (one: unknown): boolean => JSON.stringify(one).startsWith(`{"4dabf`);

/** The path of every value that is neither a group nor a list, secrets as wholes among them. */
export function leaves(one: unknown, path: readonly (string | number)[] = []): (string | number)[][] {
  if (isSealed(one)) return [[...path]];
  if (Array.isArray(one)) return one.flatMap((inner, index) => leaves(inner, [...path, index]));
  if (isTree(one)) return Object.entries(one).flatMap(([name, inner]) => leaves(inner, [...path, name]));
  return [[...path]];
}

/** With the values of secrets in the open. */
function opened(one: unknown): unknown {
  if (isSealed(one)) return Object.values(one as Tree)[1];
  if (Array.isArray(one)) return one.map(opened);
  return isTree(one) ? Object.fromEntries(Object.entries(one).map(([name, inner]) => [name, opened(inner)])) : one;
}

const written = (path: readonly (string | number)[]): string =>
  path.map((part) => (typeof part === "number" ? `[${part}]` : `["${part.replace(/["\\]/g, "\\$&")}"]`)).join("");

const type = "kubernetes:core/v1:Thing";
const operations = ["create", "update", "delete", "create-replacement"] as const;

/** One step, of a resource that is called by its number. */
const step = (number: number): fc.Arbitrary<Step> =>
  fc
    .record({
      operation: fc.constantFrom(...operations),
      old: inputs,
      next: inputs,
      forgotten: fc.boolean(),
      told: fc.boolean(),
      inputDiff: fc.boolean(),
      protect: fc.boolean(),
    })
    .map(({ operation, old, next, forgotten, told, inputDiff, protect }) => {
      const name = `thing-${number}`;
      const urn = `urn:pulumi:s::p::${type}::${name}`;
      const state = { type, urn, custom: true, parent: "", provider: "" };
      const paths = [...leaves(old), ...leaves(next)].map(written);
      const diff = Object.fromEntries(paths.map((path) => [path, { diffKind: "update", inputDiff }]));
      // A provider that does not know any more what is a secret.
      const outputs = forgotten ? opened(old) : old;
      const hasOld = operation !== "create";
      return {
        ...{ kind: "finished", urn, type, name, operation, planned: true, seconds: 0, paths },
        metadata: {
          ...{ op: operation, urn, type, provider: "" },
          ...(told && hasOld ? { detailedDiff: diff } : {}),
          ...(hasOld ? { old: { ...state, id: name, protect, inputs: old, outputs } } : {}),
          ...(operation === "delete" ? {} : { new: { ...state, id: "", inputs: next, outputs: {} } }),
        } as Step["metadata"],
      } as Step;
    });

/** A preview of up to five resources. */
export const preview: fc.Arbitrary<Told> = fc
  .integer({ min: 1, max: 5 })
  .chain((count) => fc.tuple(...Array.from({ length: count }, (_, number) => step(number))))
  .map((steps) => ({ outcome: "succeeded", steps, diagnostics: [], violations: [] }));

/** The same with another value in each secret. */
export const resealed = <T>(one: T): T =>
  JSON.parse(JSON.stringify(one).replaceAll(/SEALED-[0-9a-f]/g, "SEALED-other-")) as T;

export { isSealed, sealed };
