import { parseArgs } from "node:util";
import { markdownOf } from "../review/report/markdown.ts";
import { textOf } from "../review/report/text.ts";
import { exitCodes, type Review } from "../review/review.ts";
import { reviewStacks } from "../review/reviewStacks.ts";
import { type Command, complain, runCommand, say, sayJson, UsageError } from "./command.ts";

const usage = `usage: npm run review -- --stack STACK | --all [--base REF] [--format text|markdown|json]
What the change since REF would do to a stack, or to all: what comes of its program and what of its settings, what was
pending before, GPUs, cost, policy, and the preview against what is deployed. Nothing is written to a backend.
  --base    a commit, branch or tag, by default the default branch; compared is with where HEAD has left it
  --format  text for a terminal, markdown for a comment, json by docs/review.schema.json
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
      project: { type: "string", default: process.cwd() },
    },
  });
  const { stack, all, base, project } = values;
  const format = formats.find((one) => one === values.format);
  if (!format) throw new UsageError(`--format ${values.format}: there are ${formats.join(", ")}`);
  if (all === (stack !== undefined)) throw new UsageError("name a stack with --stack, or review --all");
  const review = await reviewStacks({
    project,
    ...(stack === undefined ? {} : { stack }),
    ...(base === undefined ? {} : { base }),
    ...{ engine: "pulumi", env: process.env },
    progress: complain,
  });
  print(review, format);
  return exitCodes[review.outcome];
}

function print(review: Review, format: (typeof formats)[number]): void {
  if (format === "json") sayJson(review);
  else if (format === "text") say(textOf(review));
  // As it is: the document holds no secret any more, and what redacts texts knows no Markdown.
  else console.log(review.stacks.map((stack) => markdownOf(review, stack)).join("\n"));
}

export const command: Command = { usage, run };

if (import.meta.main) await runCommand(command);
