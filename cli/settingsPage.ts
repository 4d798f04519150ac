import { modelEntries } from "../config/schema/modelEntries.ts";
import { layerSchema, reservedKeys } from "../config/schema/schema.ts";
import { type AnySchema, about, bare } from "../config/schema/setting.ts";
import { choices } from "./settingsSchema.ts";

const intro = `# Settings

<!-- Made by "npm run reference" from config/schema/schema.ts. -->

Settings stand under \`vllm:\` in \`Pulumi.<stack>.yaml\`, and, for all stacks, under \`vllm:base\` in \`Pulumi.yaml\`. Later layers win:

1. the defaults below,
2. \`vllm:base\`,
3. the stack's own keys,
4. \`models.<name>\` of \`vllm:base\`,
5. \`models.<name>\` of the stack.

Groups are merged, lists are replaced, \`null\` takes a setting back. Of two settings that exclude each other a layer may have one; it replaces the other of an earlier layer. \`npm run explain -- --stack STACK\` shows what that comes to, with the layer of each.

With \`pulumi config set\`, \`--path\` reaches into groups: \`pulumi config set --path vllm:models.chat.gpu.count 2\`. A setting marked _secret_ is set with \`--secret --path\`, and is refused in plain text; the program keeps it out of plan, state and messages. Any other setting may be encrypted too, but is used as what it is: it shows in the objects that it ends in. Only an encrypted variable of \`engine.env\` is kept like one of \`engine.secretEnv\`.
`;

/** The reference of the settings, as the text of `docs/settings.md`. */
export function settingsPage(): string {
  const entries = Object.entries(bare(layerSchema as unknown as AnySchema).entries ?? {}).filter(
    ([key]) => key !== "models",
  );
  const ofModel = entries.filter(([key]) => key in modelEntries);
  const ofStack = entries.filter(([key]) => !(key in modelEntries));
  return [
    intro,
    "## Of the stack\n",
    part(ofStack),
    "## Of a model\n",
    "They stand at the top, for all models, or under `models.<name>`. `model: chat` is short for `models: {chat: {}}`.\n",
    part(ofModel),
    "## Reserved\n",
    `${reservedKeys.map((key) => `\`${key}\``).join(", ")}: kept for later versions, and refused.\n`,
  ].join("\n");
}

function part(entries: [string, AnySchema][]): string {
  const single = entries.filter(([, schema]) => !bare(schema).entries);
  const groups = entries.filter(([, schema]) => bare(schema).entries);
  return [
    list(single, ""),
    ...groups.map(([name, schema]) =>
      [
        `### ${name}\n`,
        `${about(schema).description}\n`,
        list(Object.entries(bare(schema).entries ?? {}), `${name}.`),
      ].join("\n"),
    ),
  ].join("\n");
}

function list(entries: [string, AnySchema][], prefix: string): string {
  return entries
    .map(([name, schema]) => {
      const inner = bare(schema).entries;
      if (inner) return list(Object.entries(inner), `${prefix}${name}.`);
      const { description, default: fallback, derived, unit, example, secret } = about(schema);
      const facts = [
        `default ${fallback === undefined ? (derived ?? "none") : code(fallback)}`,
        ...(unit ? [unit] : []),
        ...(secret ? ["_secret_"] : []),
        `e.g. ${code(example)}`,
      ];
      const allowed = choices[`${prefix}${name}`]?.map(code).join(", ");
      return `- **\`${prefix}${name}\`** (${facts.join("; ")}): ${description}${allowed ? ` One of ${allowed}.` : ""}\n`;
    })
    .join("");
}

const code = (value: unknown) => `\`${typeof value === "string" ? value : JSON.stringify(value)}\``;
