import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import ts from "typescript";
import * as v from "valibot";
import { layerSchema } from "../config/schema/schema.ts";
import type { AnySchema, Members } from "../config/schema/setting.ts";

/** A property as a package's schema has it. */
export interface Property {
  type?: string;
  $ref?: string;
  plain?: boolean;
  secret?: boolean;
  description?: string;
  items?: Property;
  additionalProperties?: Property;
}
export type Properties = Record<string, Property>;
/** A package's schema, as far as it is read here. */
export interface PackageSchema {
  name: string;
  version: string;
  resources: Record<string, { inputProperties: Properties; properties: Properties; requiredInputs: string[] }>;
  types: Record<string, { description?: string; properties?: Properties; enum?: { name: string; value: string }[] }>;
}

/** The package's name in every language. */
const packageName = "vllm";
const components = ["InferencePlatform", "ModelAccess", "ModelStore"];
/** Where the interfaces of their arguments and outputs stand. */
const sources = ["args.ts", "modelAccess.ts", "modelStore.ts", "access/maker.ts", "../planning/outputs.ts"];

// What makes schemas has no types that a module may import.
const experimental = "@pulumi/pulumi/provider/experimental";
interface Analyzed {
  components: object;
  typeDefinitions: object;
  dependencies: object;
}
interface Experimental {
  Analyzer: new (dir: string, name: string, entry: object, components: Set<string>) => { analyze(): Analyzed };
  generateSchema(name: string, version: string, description: string, ...analyzed: object[]): PackageSchema;
}

/**
 * The package's schema as text, of which Pulumi makes its SDKs in other languages: what its analyzer makes of the
 * components, and what that leaves out. Takes ten seconds and a gigabyte, so it is recorded.
 * @param root the folder of the components' package
 * @throws Error where a setting is no argument
 */
export function packageSchema(root: string, about: { version: string; description: string }): string {
  const require = createRequire(import.meta.url);
  const { Analyzer } = require(`${experimental}/analyzer.js`) as Experimental;
  const { generateSchema } = require(`${experimental}/schema.js`) as Experimental;
  const entry = { exports: { ".": "./components/index.ts" } };
  const analyzed = new Analyzer(root, packageName, entry, new Set(components)).analyze();
  const { version, description } = about;
  const parts = [analyzed.components, analyzed.typeDefinitions, analyzed.dependencies];
  const schema = generateSchema(packageName, version, description, ...parts);

  for (const type of Object.values(schema.types)) neaten(type);
  for (const file of sources) addComments(readFileSync(join(root, "components", file), "utf8"), schema);
  const platform = schema.resources[`${packageName}:index:InferencePlatform`];
  addFacts(layerSchema.members, platform?.inputProperties ?? {}, schema.types);
  const { kubeconfig } = schema.types[`${packageName}:index:ClusterSettings`]?.properties ?? {};
  // Of a file of settings it is a path there; and of the outputs the key alone is a secret.
  for (const property of [kubeconfig, platform?.properties.apiKey]) if (property) property.secret = true;
  return `${JSON.stringify(schema, null, 2)}\n`;
}

/** What a file's interfaces say of themselves, and of their properties' defaults; an SDK that set these would write them into every layer. */
function addComments(text: string, schema: PackageSchema): void {
  const file = ts.createSourceFile("", text, ts.ScriptTarget.Latest, true);
  for (const statement of file.statements.filter(ts.isInterfaceDeclaration)) {
    const name = statement.name.text;
    const type = schema.types[`${packageName}:index:${name}`];
    const [comment] = statement.getChildren().filter(ts.isJSDoc);
    if (type && comment) type.description = ts.getTextOfJSDocComment(comment.comment) ?? "";
    const resource = schema.resources[`${packageName}:index:${name.replace(/Args$/, "")}`];
    const holders = [type?.properties, resource?.inputProperties];
    // A platform's arguments are those of a model, and more.
    if (name === "ModelSettings")
      holders.push(schema.resources[`${packageName}:index:InferencePlatform`]?.inputProperties);
    for (const member of statement.members) {
      const tag = ts.getJSDocTags(member).find(({ tagName }) => tagName.text === "default");
      if (!tag) continue;
      for (const property of holders.flatMap((holder) => holder?.[member.name?.getText() ?? ""] ?? []))
        property.description = `${property.description} Default: ${ts.getTextOfJSDocComment(tag.comment)}.`;
    }
  }
}

/** What the other languages read better: counts as whole numbers, and names of words by their own rules. */
function neaten({ properties = {}, enum: words = [] }: PackageSchema["types"][string]): void {
  for (const property of Object.values(properties)) if (property.type === "number") property.type = "integer";
  for (const word of words) word.name = enumName(word.name);
}

/** `RTX_PRO_6000` as `RtxPro6000`, `A100_40GB` as `A100_40gb`: of capitals Python would make letters, each with a dash. */
const enumName = (name: string): string =>
  name
    .replace(/[A-Z0-9]{2,}/g, ([first = "", ...rest]) => first + rest.join("").toLowerCase())
    .replace(/(?<!\d)_|_(?!\d)/g, "");

/** Says of each setting what TypeScript has no word for: that it is a secret, plain whatever it is, or no whole number. */
function addFacts(members: Members, properties: Properties, types: PackageSchema["types"]): void {
  for (const [name, schema] of Object.entries<AnySchema>(members)) {
    const property = properties[name];
    if (!property) throw new Error(`the package's schema has no ${name}`);
    const { value, about = { description: "" } } = schema;
    const holder = value ? property.additionalProperties : property;
    if (about.secret && holder) holder.secret = true;
    if (!about.secret && holder?.$ref === "pulumi.json#/Any") holder.plain = true;
    if (/number|integer/.test(property.type ?? "")) property.type = isInteger(schema) ? "integer" : "number";
    const inner = schema.members ?? value?.members;
    const type = types[(holder?.$ref ?? "").replace("#/types/", "")];
    if (inner && type?.properties) addFacts(inner, type.properties, types);
  }
}

/** Whether a setting takes whole numbers alone, and such as every language's integers hold: sizes in bytes are larger. */
const isInteger = (schema: AnySchema): boolean =>
  Number.isInteger(schema.about?.example) &&
  !v.is(schema, Number(schema.about?.example) + 0.5) &&
  !v.is(schema, maxInteger + 1);
const maxInteger = 2 ** 31 - 1;
