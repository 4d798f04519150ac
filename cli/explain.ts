import { parseArgs } from "node:util";
import { nearest } from "../config/problems.ts";
import { explainStack, type StackExplanation } from "../render/explanation.ts";
import { settingsOf } from "../render/settings.ts";
import { type Command, runCommand, say, sayJson, UsageError } from "./command.ts";
import { advisoriesName, advisoriesText } from "./explain/advisories.ts";
import { type SectionName, sections } from "./explain/sections.ts";
import { setOnly } from "./explain/settings.ts";
import { explanationText } from "./explain/text.ts";
import { table } from "./table.ts";

const names = [...Object.keys(sections), advisoriesName];
const abouts = [
  ...Object.entries(sections).map(([name, { about }]) => [`    ${name}`, about]),
  [`    ${advisoriesName}`, "known holes of each vLLM version, of a stack that is refused too; only where asked for"],
];

const usage = `usage: npm run explain -- --stack STACK [--model NAME] [--only SECTION]… [--set-only] [--json]
What a stack's files come to, without Pulumi, cloud or cluster: what there will be and where, what a pod needs and
waits for, GPUs and cost, whether the model fits, and the settings with the layer of each.
  --only      one section, or several:
${table(abouts)}
  --set-only  of the settings those that somebody has written: no defaults, and nothing that is worked out
  --json      as JSON, by docs/explain.schema.json; where there is nothing to explain, what is wrong`;

const options = {
  stack: { type: "string", short: "s" },
  model: { type: "string" },
  only: { type: "string", multiple: true },
  "set-only": { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  project: { type: "string", default: process.cwd() },
} as const;

export const command: Command = {
  usage,
  run(args) {
    const { values } = parseArgs({ args, options });
    const { only, model } = values;
    if (!values.stack) throw new UsageError("--stack is missing: which stack?");
    for (const name of only ?? []) mustBeSection(name);
    if (only && values.json)
      throw new UsageError("--only and --json: the JSON has all sections; take from it what you need");
    const settings = settingsOf(values.project, values.stack);
    const advisories = () => advisoriesText(ofModel(byName(settings.settings.models), model, values.stack ?? ""));
    const wanted = only && new Set(only.filter((name): name is SectionName => name !== advisoriesName));
    if (wanted?.size === 0) {
      say(advisories());
      return 0;
    }
    const whole = explainStack(settings);
    const told = { ...whole, models: ofModel(whole.models, model, values.stack) };
    const shown = values["set-only"] ? withSetOnly(told) : told;
    if (values.json) sayJson(shown);
    else say([explanationText(shown, wanted), ...(only?.includes(advisoriesName) ? [advisories()] : [])].join("\n\n"));
    return 0;
  },
  envelope(args) {
    const { stack } = parseArgs({ args, options, strict: false }).values;
    return { schemaVersion: 1, stack: typeof stack === "string" ? stack : "" };
  },
};

const byName = <One extends { name: string }>(all: readonly One[]): Record<string, One> =>
  Object.fromEntries(all.map((one) => [one.name, one]));

/** All models, or the one that is asked for. */
function ofModel<Model>(all: Record<string, Model>, asked: string | undefined, stack: string): Record<string, Model> {
  if (asked === undefined) return all;
  const model = Object.hasOwn(all, asked) ? all[asked] : undefined;
  if (model === undefined)
    throw new UsageError(`stack '${stack}' has no model '${asked}'; it has ${Object.keys(all).join(", ")}`);
  return { [asked]: model };
}

const withSetOnly = (told: StackExplanation): StackExplanation => {
  const models = Object.entries(told.models).map(([name, model]) => [
    name,
    { ...model, settings: setOnly(model.settings) },
  ]);
  return { ...told, settings: setOnly(told.settings), models: Object.fromEntries(models) };
};

function mustBeSection(name: string): void {
  if (names.includes(name)) return;
  const near = nearest(name, names);
  const hint = near === undefined ? "there" : `did you mean '${near}'? There`;
  throw new UsageError(`there is no section '${name}'; ${hint} are ${names.join(", ")}`);
}

if (import.meta.main) await runCommand(command);
