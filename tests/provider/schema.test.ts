import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { code } from "../../cli/settingsPage.ts";
import { layerSchema } from "../../config/schema/schema.ts";
import type { AnySchema, Members } from "../../config/schema/setting.ts";
import { type PackageSchema, type Properties, type Property, packageSchema } from "../../provider/schema.ts";
import { root } from "../config/settings.ts";

/** What Pulumi's own analyzer makes of the public components: from it come their packages in other languages. */

const read = (file: string) => readFileSync(join(root, file), "utf8");
const about = JSON.parse(read("package.json"));
const recorded = JSON.parse(read("provider/schema.json")) as PackageSchema;
const { resources, types } = recorded;
const resource = (name: string) => {
  const found = resources[`vllm:index:${name}`];
  assert.ok(found, name);
  return found;
};
const platform = resource("InferencePlatform");
const typeOf = ({ $ref = "" }: Property) => types[$ref.replace("#/types/", "")];

test("provider/schema.json is what the analyzer makes of the components: run `npm run reference`", () =>
  assert.equal(read("provider/schema.json"), packageSchema(root.replace(/\/$/, ""), about)));

test("it has the three public components, with their outputs", () => {
  assert.deepEqual([recorded.name, recorded.version], ["vllm", about.version]);
  const outputs = Object.entries(resources).map(([name, { properties }]) => [name, Object.keys(properties)]);
  assert.deepEqual(outputs, [
    ["vllm:index:InferencePlatform", ["models", "endpoint", "modelBucket", "namespace", "apiKey"]],
    ["vllm:index:ModelAccess", ["serviceAccountName"]],
    ["vllm:index:ModelStore", ["bucketName", "bucketArn"]],
  ]);
});

/** What the arguments have of each setting, by its path. */
function argumentsOf(
  members: Members,
  properties: Properties | undefined,
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
const settings = argumentsOf(layerSchema.members, platform.inputProperties);
/** What is a path in a file, and here what it holds; and what may be another resource's. */
const others = ["cluster.kubeconfig", "modelStore.bucket", "modelStore.kmsKey"];

test("every setting is an argument: described with its default, plain unless it is a secret, a choice as its words", () => {
  assert.ok(settings.length >= 140, String(settings.length));
  for (const [path, { about, type, options, members }, property] of settings) {
    assert.ok(property, path);
    assert.ok(property.description, path);
    if (others.includes(path)) continue;
    assert.ok(property.description.startsWith(about?.description ?? "-"), path);
    const { default: fallback, derived } = about ?? {};
    const [, told] = / Default: (.+)\.$/s.exec(property.description) ?? [];
    assert.equal(told, fallback === undefined ? derived : code(fallback), path);
    // Of a map of secrets the values are not plain.
    const holder = type === "record" ? property.additionalProperties : property;
    assert.equal(holder?.plain, about?.secret ? undefined : true, path);
    if (type === "record") assert.equal(property.plain, true, path);
    if (type !== "picklist" || members || (options?.length ?? 0) < 2) continue;
    assert.deepEqual(
      typeOf(property)?.enum?.map(({ value }) => value),
      options,
      path,
    );
  }
});

test("a whole number is one in every language; a share or a price is not, nor bytes, which are more than an integer of some holds", () => {
  const typed = (type: string) => settings.flatMap(([path, , property]) => (property?.type === type ? [path] : []));
  const others = typed("number").filter((path) => !path.startsWith("models."));
  assert.deepEqual(others.sort(), ["engine.gpuMemoryUtilization", "policy.limits.costPerHour", "shape.weightBytes"]);
  for (const path of ["replicas", "gpu.count", "models.gpu.spare", "engine.maxNumSeqs", "drain.seconds"])
    assert.ok(typed("integer").includes(path), path);
});

test("secrets are marked: those of settings, the kubeconfig, and of the outputs the key", () => {
  const secret = Object.entries(types).flatMap(([name, { properties = {} }]) =>
    Object.entries(properties).flatMap(([property, { secret, additionalProperties }]) =>
      secret || additionalProperties?.secret ? [`${name.replace("vllm:index:", "")}.${property}`] : [],
    ),
  );
  assert.deepEqual(secret.sort(), ["ApiKeySettings.value", "ClusterSettings.kubeconfig", "EngineSettings.secretEnv"]);
  const outputs = Object.values(resources).flatMap(({ properties }) => Object.entries(properties));
  assert.deepEqual(
    outputs.flatMap(([name, { secret }]) => (secret ? [name] : [])),
    ["apiKey"],
  );
});

test("every type, argument and output is described, and no default is set", () => {
  const described = (where: string, properties: Properties = {}) => {
    for (const [name, { description }] of Object.entries(properties)) assert.ok(description, `${where}.${name}`);
  };
  for (const [name, { description, properties, enum: words }] of Object.entries(types)) {
    if (!words) assert.ok(description, name);
    described(name, properties);
  }
  for (const [name, { inputProperties, properties }] of Object.entries(resources)) {
    described(name, inputProperties);
    described(name, properties);
  }
  assert.match(resource("ModelStore").inputProperties.onDestroy?.description ?? "", / Default: `keep`\.$/);
  // An SDK would write it into every layer, where it would be a setting beside those that exclude it.
  assert.doesNotMatch(JSON.stringify(recorded), /"default":/);
});

test("words have names that other languages do not spell out letter by letter", () => {
  const gpus = types["vllm:index:GpuProduct"]?.enum?.map(({ name, value }) => `${name} ${value}`) ?? [];
  for (const name of ["A10g A10G", "RtxPro6000 RTX-PRO-6000", "A100_40gb A100-40GB"]) assert.ok(gpus.includes(name));
  for (const [type, { enum: words = [] }] of Object.entries(types)) {
    for (const { name } of words) assert.doesNotMatch(name, /[A-Z0-9][A-Z]/, type);
    assert.equal(new Set(words.map(({ name }) => name.toLowerCase())).size, words.length, type);
  }
});

test("what may come from other resources: region, ARNs, kubeconfig, bucket and secrets, and nothing else", () => {
  const inputs = (properties: Properties) =>
    Object.entries(properties).flatMap(([name, { plain }]) => (plain ? [] : [name]));
  const found = Object.entries(types).flatMap(([name, { properties }]) =>
    name.endsWith("Settings") ? inputs(properties ?? {}).map((property) => `${name}.${property}`) : [],
  );
  assert.deepEqual(found.sort(), [
    ...[
      "vllm:index:ApiKeySettings.value",
      "vllm:index:ClusterSettings.arn",
      "vllm:index:ClusterSettings.kubeconfig",
      "vllm:index:ModelStoreSettings.bucket",
      "vllm:index:ModelStoreSettings.kmsKey",
    ],
  ]);
  assert.deepEqual(inputs(platform.inputProperties), ["region"]);
});
