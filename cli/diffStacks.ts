import { parseArgs } from "node:util";
import { SettingsError } from "../config/problems.ts";
import { FileError } from "../config/sources/yaml.ts";
import { differences } from "../planning/differences.ts";
import { explain } from "../planning/explain.ts";
import { planStack } from "../planning/plan.ts";
import { settingsOf } from "../render/settings.ts";
import { type Command, runCommand, say, UsageError } from "./command.ts";
import { shown, table } from "./table.ts";

const usage = `usage: npm run diff-stacks -- ONE OTHER
Where two stacks differ, by setting, in what their settings come to. '*' marks what the plan works out.`;

function run(args: string[]): number {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { project: { type: "string", default: process.cwd() } },
  });
  const [one, other, ...more] = positionals;
  if (!one || !other || more.length > 0) throw new UsageError("two stacks are compared: name both, and no more");
  const [left, right] = [one, other].map((stack) => {
    const settings = settingsOf(values.project, stack);
    try {
      return explain(settings, planStack(settings));
    } catch (error) {
      throw error instanceof SettingsError ? new FileError(`${stack}: ${error.message}`) : error;
    }
  }) as [ReturnType<typeof explain>, ReturnType<typeof explain>];
  const found = differences(left, right);
  const cell = (explained?: { value: unknown; layer: string }) =>
    explained ? shown(explained.value) + (explained.layer === "computed" ? " *" : "") : "–";
  say(
    found.length === 0
      ? `${one} and ${other} do not differ`
      : table([["setting", one, other], ...found.map((row) => [row.setting, cell(row.one), cell(row.other)])]),
  );
  return 0;
}

export const command: Command = { usage, run };

if (import.meta.main) await runCommand(command);
