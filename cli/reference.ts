import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packageSchema } from "../provider/schema.ts";
import { argumentTypes } from "./argumentTypes.ts";
import { runCommand } from "./command.ts";
import { settingsPage } from "./settingsPage.ts";
import { settingsSchema } from "./settingsSchema.ts";

const usage = `usage: npm run reference
Writes what is made from the settings' schema: schema.json for editors, docs/settings.md, components/args.ts, and from
the components with these provider/schema.json, of which Pulumi makes packages for other languages (10 s).`;

const root = join(import.meta.dirname, "..");

function run(): number {
  const write = (file: string, text: string) => {
    writeFileSync(join(root, file), text);
    console.log(`wrote ${file}`);
  };
  write("schema.json", settingsSchema());
  write("docs/settings.md", settingsPage());
  write("components/args.ts", argumentTypes());
  const about = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  write("provider/schema.json", packageSchema(root, about));
  return 0;
}

await runCommand({ usage, run });
