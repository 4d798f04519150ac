import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { argumentTypes } from "./argumentTypes.ts";
import { runCommand } from "./command.ts";
import { settingsPage } from "./settingsPage.ts";
import { settingsSchema } from "./settingsSchema.ts";

const usage = `usage: npm run reference
Writes what is made from the settings' schema: schema.json for editors, docs/settings.md, and components/args.ts.`;

function run(args: string[]): number {
  const { values } = parseArgs({ args, options: { project: { type: "string", default: process.cwd() } } });
  const pages = {
    "schema.json": settingsSchema(),
    "docs/settings.md": settingsPage(),
    "components/args.ts": argumentTypes(),
  };
  for (const [file, text] of Object.entries(pages)) {
    mkdirSync(dirname(join(values.project, file)), { recursive: true });
    writeFileSync(join(values.project, file), text);
    console.log(`wrote ${file}`);
  }
  return 0;
}

await runCommand({ usage, run });
