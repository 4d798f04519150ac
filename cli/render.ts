import { join } from "node:path";
import { parseArgs } from "node:util";
import { SettingsError } from "../config/problems.ts";
import { FileError } from "../config/sources/yaml.ts";
import { filesOf, streamOf } from "../render/documents.ts";
import { writeFolder } from "../render/folder.ts";
import { settingsOf, stacksOf } from "../render/settings.ts";
import { renderStack } from "../render/stack.ts";
import { type Command, complain, runCommand, say, UsageError } from "./command.ts";

const usage = `usage: npm run render -- --stack STACK [--out DIR]
       npm run render -- --all --out DIR
Every object that a stack would have as YAML, those of AWS and IAM documents included, without Pulumi's engine, cloud
or cluster. Secrets, and what is known only after an up, are placeholders: see docs/render.md.
  --out  a folder for it, a file an object; files of earlier renders whose objects are no more are removed, no others
  --all  every stack that has a file, each in a folder of its name; one that is wrong ends with 1 and hides no other`;

async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      stack: { type: "string", short: "s" },
      all: { type: "boolean", default: false },
      out: { type: "string", short: "o" },
      project: { type: "string", default: process.cwd() },
    },
  });
  const { stack, all, out, project } = values;
  if (out === "") throw new UsageError("--out is empty: which folder?");
  if (all) {
    if (stack !== undefined) throw new UsageError("--stack and --all: which of them?");
    if (out === undefined) throw new UsageError("--all without --out: in which folder shall the stacks' folders be?");
    return writeAll(project, out);
  }
  if (!stack) throw new UsageError("--stack is missing: which stack?");
  if (out !== undefined) return write(project, stack, out);
  // As it is: it holds no secret, and what redacts texts knows no YAML. A reader that goes early is no error.
  console.log(streamOf(await renderStack(settingsOf(project, stack))).replace(/\n$/, ""));
  return 0;
}

async function write(project: string, stack: string, out: string): Promise<number> {
  const rendered = await renderStack(settingsOf(project, stack));
  const files = filesOf(rendered);
  const { written, removed } = writeFolder(out, rendered.stack, files);
  const kept = files.length - written;
  say(
    `${out}: ${files.length} objects of stack ${rendered.stack}; written ${written}, as they were ${kept}, removed ${removed}`,
  );
  return 0;
}

async function writeAll(project: string, out: string): Promise<number> {
  const stacks = stacksOf(project);
  if (stacks.length === 0) throw new FileError("there is no stack: no file Pulumi.<stack>.yaml");
  let code = 0;
  for (const stack of stacks) {
    try {
      await write(project, stack, join(out, stack));
    } catch (error) {
      if (!(error instanceof SettingsError || error instanceof FileError)) throw error;
      complain(`${stack}: ${error.message}`);
      code = 1;
    }
  }
  return code;
}

export const command: Command = { usage, run };

if (import.meta.main) await runCommand(command);
