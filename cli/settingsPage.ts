import { modelEntries } from "../config/schema/modelEntries.ts";
import { reservedKeys } from "../config/schema/schema.ts";
import { type AnySchema, described, type Members } from "../config/schema/setting.ts";
import { stackEntries } from "../config/schema/stackEntries.ts";

const intro = `# Settings

<!-- Made by "npm run reference" from config/schema/schema.ts. -->

Settings stand under \`vllm:\` in \`Pulumi.<stack>.yaml\`, and, for all stacks, under \`vllm:base\` in \`Pulumi.yaml\`. Later layers win:

1. the defaults below,
2. \`vllm:base\`,
3. the stack's own keys,
4. \`models.<name>\` of \`vllm:base\`,
5. \`models.<name>\` of the stack.

Groups are merged, lists are replaced, \`null\` takes a setting back; \`""\` does so at the top alone, and is a value in maps (labels, variables, flags). Text that looks like a number, a date or \`true\` needs quotes where Pulumi would change it (\`"1.10"\`). Of two settings that exclude each other a layer may have one; it replaces the other of an earlier layer. \`npm run explain -- --stack STACK\` shows what that comes to, with the layer of each.

With \`pulumi config set\`, \`--path\` reaches into groups: \`pulumi config set --path vllm:models.chat.gpu.count 2\`. A setting marked _secret_ is set with \`--secret --path\`, and is refused in plain text; the program keeps it out of plan, state and messages. Any other setting may be encrypted too, but is used as what it is: it shows in the objects that it ends in. Only an encrypted variable of \`engine.env\` is kept like one of \`engine.secretEnv\`.
`;

/** The reference of the settings, as the text of `docs/settings.md`. */
export const settingsPage = (): string =>
  [
    intro,
    "## Of the stack\n",
    part(stackEntries),
    "## Of a model\n",
    "They stand at the top, for all models, or under `models.<name>`. `model: chat` is short for `models: {chat: {}}`.\n",
    part(modelEntries),
    "## Reserved\n",
    `${[...reservedKeys.stack, ...reservedKeys.model].map(code).join(", ")}: kept for later versions, and refused.\n`,
  ].join("\n");

function part(members: Members): string {
  const entries = Object.entries(members);
  const groups = entries.flatMap(([name, schema]) =>
    schema.members
      ? [`### ${name}\n\n${described(schema)}\n\n${list(Object.entries(schema.members), `${name}.`)}`]
      : [],
  );
  return [
    list(
      entries.filter(([, schema]) => !schema.members),
      "",
    ),
    ...groups,
  ].join("\n");
}

function list(entries: readonly [string, AnySchema][], prefix: string): string {
  return entries
    .map(([name, schema]) => {
      if (schema.members) return list(Object.entries(schema.members), `${prefix}${name}.`);
      const { default: fallback, derived, unit, example, secret } = schema.about ?? {};
      const facts = [
        `default ${fallback === undefined ? (derived ?? "none") : code(fallback)}`,
        ...(unit ? [unit] : []),
        ...(secret ? ["_secret_"] : []),
        `e.g. ${code(example)}`,
      ];
      const allowed = schema.type === "picklist" ? ` One of ${(schema.options ?? []).map(code).join(", ")}.` : "";
      return `- **\`${prefix}${name}\`** (${facts.join("; ")}): ${described(schema)}${allowed}\n`;
    })
    .join("");
}

/** A value as it stands in a text. */
export const code = (value: unknown) => `\`${typeof value === "string" ? value : JSON.stringify(value)}\``;
