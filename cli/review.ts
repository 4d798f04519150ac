import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { FileError } from "../config/sources/yaml.ts";
import { shortName } from "../render/settings.ts";
import { markdownOf } from "../review/report/markdown.ts";
import { textOf } from "../review/report/text.ts";
import { exitCodes, type Review } from "../review/review.ts";
import { reviewStacks } from "../review/reviewStacks.ts";
import { type Command, complain, runCommand, say, sayJson, UsageError } from "./command.ts";
import { comment, commentPlace } from "./reviewComment.ts";

const usage = `usage: npm run review -- --stack STACK | --all [--base REF] [--format text|markdown|json] [--out DIR]
         [--comment]
What the change since REF would do to a stack, or to all: what comes of its program and what of its settings, what was
pending before, GPUs, cost, policy, and the preview against what is deployed. Nothing is written to a backend.
  --base     a commit, branch or tag, by default the default branch; compared is with where HEAD has left it
  --out      a folder for review.json and STACK.md, whole, whatever the format
  --comment  one comment a stack on the pull or merge request of this job, edited where it is there
  --format   text for a terminal, markdown for a comment, json by docs/review.schema.json
Ends with 0, with 1 where something failed, with 2 where policy refuses.`;

const formats = ["text", "markdown", "json"] as const;

async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      stack: { type: "string", short: "s" },
      all: { type: "boolean", default: false },
      base: { type: "string" },
      format: { type: "string", default: "text" },
      out: { type: "string", short: "o" },
      comment: { type: "boolean", default: false },
      project: { type: "string", default: process.cwd() },
    },
  });
  const { stack, all, base, out, project } = values;
  const format = formats.find((one) => one === values.format);
  if (!format) throw new UsageError(`--format ${values.format}: there are ${formats.join(", ")}`);
  if (all === (stack !== undefined)) throw new UsageError("name a stack with --stack, or review --all");
  if (out === "") throw new UsageError("--out is empty: which folder?");
  // Before the work, so that it is not lost.
  const place = values.comment ? commentPlace(process.env) : undefined;
  if (out !== undefined) written(out, () => mkdirSync(out, { recursive: true }));
  const review = await reviewStacks({
    project,
    ...(stack === undefined ? {} : { stack }),
    ...(base === undefined ? {} : { base }),
    ...{ engine: "pulumi", env: process.env },
    progress: complain,
    signal: interrupted(),
  });
  if (out !== undefined) written(out, () => write(out, review));
  print(review, format);
  if (place && !(await comment(place, review, { project, isAll: all, isKept: out !== undefined })))
    return exitCodes.failed;
  return exitCodes[review.outcome];
}

function print(review: Review, format: (typeof formats)[number]): void {
  if (format === "json") sayJson(review);
  else if (format === "text") say(textOf(review));
  // As it is: the document holds no secret any more, and what redacts texts knows no Markdown.
  else console.log(review.stacks.map((stack) => markdownOf(review, stack)).join("\n"));
}

/** Ends what runs where a person or a workflow ends it: engines would run on. */
function interrupted(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => controller.abort());
  return controller.signal;
}

function write(folder: string, review: Review): void {
  writeFileSync(join(folder, "review.json"), `${JSON.stringify(review, null, 2)}\n`);
  for (const stack of review.stacks)
    writeFileSync(join(folder, `${shortName(stack.stack)}.md`), markdownOf(review, stack));
}

function written(folder: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new FileError(`--out ${folder}: ${path} cannot be written: ${code}`);
  }
}

export const command: Command = { usage, run, misuse: exitCodes.failed };

if (import.meta.main) await runCommand(command);
