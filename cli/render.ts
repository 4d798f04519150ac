import { parseArgs } from "node:util";
import { filesOf, streamOf } from "../render/documents.ts";
import { writeFolder } from "../render/folder.ts";
import { settingsOf } from "../render/settings.ts";
import { renderStack } from "../render/stack.ts";
import { type Command, runCommand, say, UsageError } from "./command.ts";

const usage = `usage: npm run render -- --stack STACK [--out DIR]
Every object that a stack would have as YAML, those of AWS and IAM documents included, without Pulumi's engine, cloud
or cluster. Secrets, and what is known only after an up, are placeholders: see docs/render.md.
  --out  a folder for it, a file an object; files of earlier renders whose objects are no more are removed, no others`;

async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      stack: { type: "string", short: "s" },
      out: { type: "string", short: "o" },
      project: { type: "string", default: process.cwd() },
    },
  });
  const { stack, out } = values;
  if (!stack) throw new UsageError("--stack is missing: which stack?");
  if (out === "") throw new UsageError("--out is empty: which folder?");
  const rendered = await renderStack(settingsOf(values.project, stack));
  if (out === undefined) {
    // As it is: it holds no secret, and what redacts texts knows no YAML. A reader that goes early is no error.
    console.log(streamOf(rendered).replace(/\n$/, ""));
    return 0;
  }
  const files = filesOf(rendered);
  const { written, removed } = writeFolder(out, rendered.stack, files);
  const kept = files.length - written;
  say(
    `${out}: ${files.length} objects of stack ${rendered.stack}; written ${written}, as they were ${kept}, removed ${removed}`,
  );
  return 0;
}

export const command: Command = { usage, run };

if (import.meta.main) await runCommand(command);
