import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import { layerSchema } from "../../config/schema/schema.ts";
import type { AnySchema, Members } from "../../config/schema/setting.ts";
import { root } from "../config/settings.ts";

/** What Pulumi's own analyzer makes of the public components: from it come their packages in other languages. */

interface Property {
  type?: string;
  $ref?: string;
  plain?: boolean;
  optional?: boolean;
  description?: string;
  items?: Property;
  additionalProperties?: Property;
}
interface Analyzed {
  components: Record<string, { inputs: Record<string, Property>; outputs: Record<string, Property> }>;
  typeDefinitions: Record<string, { properties?: Record<string, Property>; enum?: { value: string }[] }>;
}
type Analyzer = new (
  dir: string,
  name: string,
  packageJson: object,
  components: Set<string>,
) => { analyze(): Analyzed };

// It has no types that a module may import.
const { Analyzer } = createRequire(import.meta.url)("@pulumi/pulumi/provider/experimental/analyzer.js") as {
  Analyzer: Analyzer;
};
const names = ["InferencePlatform", "ModelAccess", "ModelStore"];
const entry = { exports: { ".": "./components/index.ts" } };
const { components, typeDefinitions } = new Analyzer(root.replace(/\/$/, ""), "vllm", entry, new Set(names)).analyze();

const typeOf = ({ $ref = "" }: Property) => typeDefinitions[$ref.replace("#/types/vllm:index:", "")];

test("it takes the three public components", () => {
  assert.deepEqual(Object.keys(components).sort(), names);
  assert.deepEqual(Object.keys(components.InferencePlatform?.outputs ?? {}), [
    ...["models", "endpoint", "modelBucket", "namespace", "apiKey"],
  ]);
});

/** What the arguments have of each setting, by its path. */
function argumentsOf(
  members: Members,
  properties: Record<string, Property> | undefined,
  path: readonly string[] = [],
): [path: string, schema: AnySchema, property: Property | undefined][] {
  return Object.entries(members).flatMap(([name, schema]) => {
    const here = [...path, name];
    const property = properties?.[name];
    const inner = schema.members ?? schema.value?.members;
    const holder = schema.members ? property : property?.additionalProperties;
    const below = inner ? argumentsOf(inner, typeOf(holder ?? {})?.properties, here) : [];
    return [[here.join("."), schema, property], ...below];
  });
}

test("every setting is an argument: described, plain unless it is a secret, a choice as its words", () => {
  const all = argumentsOf(layerSchema.members, components.InferencePlatform?.inputs);
  assert.ok(all.length >= 140, String(all.length));
  for (const [path, { about, type, options, members }, property] of all) {
    assert.ok(property, path);
    assert.ok(property.description, path);
    // There it is a path, and here what it holds; and what may be another resource's is not plain.
    if (["cluster.kubeconfig", "modelStore.bucket"].includes(path)) continue;
    assert.ok(property.description.startsWith(about?.description ?? "-"), path);
    // What takes numbers and text is anything, which is never plain; of a map of secrets the values are not.
    const isAny = property.$ref === "pulumi.json#/Any";
    const inputs = about?.secret && type !== "record" ? property : property.additionalProperties;
    if (about?.secret) assert.equal(inputs?.plain, undefined, path);
    else assert.equal(property.plain, isAny ? undefined : true, path);
    if (type !== "picklist" || members || (options?.length ?? 0) < 2) continue;
    assert.deepEqual(
      typeOf(property)?.enum?.map(({ value }) => value),
      options,
      path,
    );
  }
});

test("what may come from other resources: region, ARN, kubeconfig, bucket and secrets, and nothing else", () => {
  const inputs = (properties: Record<string, Property>) =>
    Object.entries(properties).flatMap(([name, { plain, $ref }]) =>
      plain || $ref === "pulumi.json#/Any" ? [] : [name],
    );
  const found = Object.entries(typeDefinitions).flatMap(([name, { properties }]) =>
    name.endsWith("Settings") ? inputs(properties ?? {}).map((property) => `${name}.${property}`) : [],
  );
  assert.deepEqual(found.sort(), [
    ...["ApiKeySettings.value", "ClusterSettings.arn", "ClusterSettings.kubeconfig", "ModelStoreSettings.bucket"],
  ]);
  assert.deepEqual(inputs(components.InferencePlatform?.inputs ?? {}), ["region"]);
});
