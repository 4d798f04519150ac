import { parseArgs } from "node:util";
import { explain } from "../planning/explain.ts";
import { planStack } from "../planning/plan.ts";
import { settingsOf } from "../render/settings.ts";
import { type Command, runCommand, say, sayJson, UsageError } from "./command.ts";
import { explanationText } from "./explanationText.ts";

const usage = `usage: npm run explain -- --stack STACK [--model NAME] [--json]
What a stack's files come to, without Pulumi, cloud or cluster: the settings with the layer of each, GPUs and
cost of the stack, and the fit, the times, the rollout, GPUs, cost and the command line of each model.
  --json  as JSON, by docs/explain.schema.json; where there is nothing to explain, what is wrong`;

const options = {
  stack: { type: "string", short: "s" },
  model: { type: "string" },
  json: { type: "boolean", default: false },
  project: { type: "string", default: process.cwd() },
} as const;

export const command: Command = {
  usage,
  run(args) {
    const { values } = parseArgs({ args, options });
    if (!values.stack) throw new UsageError("--stack is missing: which stack?");
    const settings = settingsOf(values.project, values.stack);
    const whole = explain(settings, planStack(settings));
    const names = Object.keys(whole.models);
    if (values.model !== undefined && !names.includes(values.model))
      throw new UsageError(`stack '${values.stack}' has no model '${values.model}'; it has ${names.join(", ")}`);
    const models = Object.fromEntries(
      Object.entries(whole.models).filter(([name]) => values.model === undefined || name === values.model),
    );
    const told = { ...whole, models };
    if (values.json) sayJson(told);
    else say(explanationText(told));
    return 0;
  },
  envelope(args) {
    const { stack } = parseArgs({ args, options, strict: false }).values;
    return { schemaVersion: 1, stack: typeof stack === "string" ? stack : "" };
  },
};

if (import.meta.main) await runCommand(command);
