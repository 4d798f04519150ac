import * as v from "valibot";
import { layerSchema } from "../config/schema/schema.ts";
import { type AnySchema, described, type Members } from "../config/schema/setting.ts";
import { stackEntries } from "../config/schema/stackEntries.ts";
import { code } from "./settingsPage.ts";

/** A property of an interface: its type, and what is said of it. */
interface Property {
  name: string;
  type: string;
  needed: boolean;
  /** Paragraphs and tags of its comment. */
  comment: readonly string[];
}

/** An argument that may come from another resource. */
const input = (name: string, ...comment: readonly string[]): Property => ({
  name,
  type: "pulumi.Input<string>",
  needed: false,
  comment,
});

/** What arguments have that settings do not, or not so. */
const inputs: Readonly<Record<string, readonly Property[]>> = {
  InferencePlatformArgs: [
    input("region", "The AWS region of bucket and credentials.", "@default the region of the AWS provider"),
  ],
  ModelStoreSettings: [
    input(
      "bucket",
      "The name of your own bucket, where there is one already: nothing of it is changed or deleted. Excludes `onDestroy`.",
      "@default a bucket of its own",
    ),
    input(
      "kmsKey",
      "The ARN of your own KMS key: the bucket encrypts with it, your own `bucket` already does. The models' roles may decrypt with it; the key's policy has to leave that to IAM, and who uploads needs `kms:GenerateDataKey` on it.",
      "@default a key of S3 itself",
    ),
  ],
  ClusterSettings: [
    input("arn", "The ARN of the EKS cluster.", "@default looked up by `eks`"),
    input(
      "kubeconfig",
      "A kubeconfig of the cluster, its content, by which rollouts are checked: what the Kubernetes provider has. It is treated as a secret.",
      "@default access through EKS",
    ),
  ],
};

const sdk = "@pulumi/pulumi";

const intro = `// biome-ignore-all lint/suspicious/noExplicitAny: what takes numbers and text has no other type in every language
// Made by "npm run reference" from config/schema/schema.ts.
import type * as pulumi from "${sdk}";
`;

/**
 * The typed arguments of `InferencePlatform`, as the text of `components/args.ts`: an interface for each group of
 * settings, a constant object for each choice. Pulumi's analyzer takes neither unions nor types without a name.
 */
export function argumentTypes(): string {
  const { models, ...others } = layerSchema.members;
  const ofStack = Object.fromEntries(Object.entries(others).filter(([name]) => name in stackEntries));
  const ofModel = Object.fromEntries(Object.entries(others).filter(([name]) => !(name in stackEntries)));
  const types = new Types();
  types.addInterface("ModelSettings", "Settings of a model; those of the whole platform are for all of its models.", {
    properties: propertiesOf(ofModel, [], types),
  });
  types.addInterface("InferencePlatformArgs", "What an `InferencePlatform` is made from.", {
    base: "ModelSettings",
    properties: propertiesOf({ ...ofStack, models }, [], types),
  });
  return [intro, ...types.texts].join("\n");
}

/** Types as they are written, each after those that it needs. */
class Types {
  readonly texts: string[] = [];
  readonly #choices = new Set<string>();

  addInterface(name: string, said: string, { base, properties }: { base?: string; properties: readonly Property[] }) {
    const own = inputs[name] ?? [];
    const replaced = new Set(own.map((property) => property.name));
    const all = [...properties.filter((property) => !replaced.has(property.name)), ...own];
    const lines = all.flatMap(({ name, type, needed, comment }) => [
      commentText(comment, "  "),
      `  ${name}${needed ? "" : "?"}: ${type};`,
    ]);
    this.texts.push(
      [commentText([said]), `export interface ${name}${base ? ` extends ${base}` : ""} {`, ...lines, "}", ""].join(
        "\n",
      ),
    );
  }

  addChoice(name: string, words: readonly string[]) {
    if (this.#choices.has(name)) return;
    this.#choices.add(name);
    this.texts.push(
      [
        `export const ${name} = {`,
        ...words.map((word) => `  ${identifier(word)}: ${JSON.stringify(word)},`),
        "} as const;",
        `export type ${name} = (typeof ${name})[keyof typeof ${name}];`,
        "",
      ].join("\n"),
    );
  }
}

function propertiesOf(members: Members, path: readonly string[], types: Types): Property[] {
  return Object.entries(members).map(([name, schema]) => {
    const { default: fallback, derived, unit, example } = schema.about ?? {};
    const told = fallback === undefined ? derived : code(fallback);
    return {
      name,
      type: typeOf(schema, [...path, name], types),
      // Settings of models refine one another, so that each by itself may lack anything.
      needed: (path[0] ?? name) in stackEntries && isNeeded(schema),
      comment: [
        [described(schema), ...(unit ? [`Unit: ${unit}.`] : [])].join(" "),
        ...(told === undefined ? [] : [`@default ${told}`]),
        ...(example === undefined ? [] : [`@example ${code(example)}`]),
      ],
    };
  });
}

/** Whether nothing is deployed without a setting, or without one of a group that is always there. */
const isNeeded = ({ about = { description: "" }, members = {} }: AnySchema): boolean =>
  about.required !== undefined || (!about.optional && Object.values(members).some(isNeeded));

function typeOf(schema: AnySchema, path: readonly string[], types: Types): string {
  const { members, type, value, item, options = [], about = { description: "" } } = schema;
  const name = path.map(capital).join("");
  if (members) {
    types.addInterface(`${name}Settings`, about.description, { properties: propertiesOf(members, path, types) });
    return `${name}Settings`;
  }
  if (type === "record") {
    if (about.secret) return "Record<string, pulumi.Input<string>>";
    if (value?.members) return "Record<string, ModelSettings>";
    if (value && v.is(value, {})) return "Record<string, any>";
    return `Record<string, ${value && isNumber(value) ? "number" : "string"}>`;
  }
  if (item?.entries) return `${addItem(capital(path.at(-1) ?? "").replace(/s$/, ""), item.entries, types)}[]`;
  if (Array.isArray(about.example)) return "string[]";
  if (about.secret) return "pulumi.Input<string>";
  if (about.mixed) return "any";
  if (type === "picklist" && options.length > 1) {
    const { typeName = name } = about;
    types.addChoice(typeName, options.map(String));
    return typeName;
  }
  return typeof about.example;
}

const isNumber = (schema: AnySchema) => v.is(schema, 1) && !v.is(schema, "a");

/** The interface of what stands in a list. */
function addItem(name: string, entries: Readonly<Record<string, unknown>>, types: Types): string {
  const properties = Object.entries(entries as Readonly<Record<string, { wrapped: AnySchema }>>).map(
    ([key, { wrapped }]): Property => {
      const isChoice = wrapped.type === "picklist";
      if (isChoice) types.addChoice(`${name}${capital(key)}`, (wrapped.options ?? []).map(String));
      const plain = isNumber(wrapped) ? "number" : "string";
      const type = isChoice ? `${name}${capital(key)}` : plain;
      return { name: key, type, needed: false, comment: [`\`${key}\`, as Kubernetes has it.`] };
    },
  );
  types.addInterface(`${name}Settings`, "One of a list, as Kubernetes has it.", { properties });
  return `${name}Settings`;
}

const capital = (word: string): string => word.slice(0, 1).toUpperCase() + word.slice(1);

/** A word as a name: `eks-auto` is `EksAuto`, `RTX-PRO-6000` is `RTX_PRO_6000`. */
function identifier(word: string): string {
  const words = word.split(/[^A-Za-z0-9]+/);
  return words.every((part) => part === part.toUpperCase()) ? words.join("_") : words.map(capital).join("");
}

function commentText(paragraphs: readonly string[], indent = ""): string {
  const [only = "", ...more] = paragraphs.map((text) => text.replaceAll("*/", "*\\/"));
  if (more.length === 0) return `${indent}/** ${only} */`;
  return [
    `${indent}/**`,
    `${indent} * ${only}`,
    `${indent} *`,
    ...more.map((text) => `${indent} * ${text}`),
    `${indent} */`,
  ].join("\n");
}
