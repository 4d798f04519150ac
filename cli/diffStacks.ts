import { parseArgs } from "node:util";
import { SettingsError } from "../config/problems.ts";
import { type Difference, differences } from "../planning/differences.ts";
import { type Explanation, explain } from "../planning/explain.ts";
import { planStack } from "../planning/plan.ts";
import { settingsOf } from "../render/settings.ts";
import { type Command, runCommand, say, sayJson, UsageError } from "./command.ts";
import { shown, table } from "./table.ts";

const usage = `usage: npm run diff-stacks -- ONE OTHER [--json]
Where two stacks differ, by setting, in what their settings come to. '*' marks what the plan works out.
  --json  as JSON, by docs/diffStacks.schema.json; where one of them is wrong, what is`;

const options = {
  json: { type: "boolean", default: false },
  project: { type: "string", default: process.cwd() },
} as const;

/** Where two stacks differ; `docs/diffStacks.schema.json` describes it. */
interface DiffReport {
  schemaVersion: 1;
  one: string;
  other: string;
  differences: Difference[];
}

function run(args: string[]): number {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options });
  const [one, other, ...more] = positionals;
  if (!one || !other || more.length > 0) throw new UsageError("two stacks are compared: name both, and no more");
  const found = differences(explained(values.project, one), explained(values.project, other));
  if (values.json) sayJson({ schemaVersion: 1, one, other, differences: found } satisfies DiffReport);
  else say(differencesText(one, other, found));
  return 0;
}

/** What a stack's settings come to; what is wrong with them is told with its name. */
function explained(project: string, stack: string): Explanation {
  const settings = settingsOf(project, stack);
  try {
    return explain(settings, planStack(settings));
  } catch (error) {
    throw error instanceof SettingsError ? new WrongStack(stack, error) : error;
  }
}

class WrongStack extends SettingsError {
  constructor(stack: string, { message, problems }: SettingsError) {
    super(problems);
    this.message = `${stack}: ${message}`;
  }
}

function differencesText(one: string, other: string, found: readonly Difference[]): string {
  if (found.length === 0) return `${one} and ${other} do not differ`;
  const cell = (side: Difference["one"]) => (side ? shown(side.value) + (side.layer === "computed" ? " *" : "") : "–");
  return table([["setting", one, other], ...found.map((row) => [row.setting, cell(row.one), cell(row.other)])]);
}

export const command: Command = {
  usage,
  run,
  envelope(args) {
    const [one = "", other = ""] = parseArgs({ args, allowPositionals: true, options, strict: false }).positionals;
    return { schemaVersion: 1, one, other };
  },
};

if (import.meta.main) await runCommand(command);
