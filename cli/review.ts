import { parseArgs } from "node:util";
import { exitCodes } from "../review/review.ts";
import { reviewStacks } from "../review/reviewStacks.ts";
import { type Command, complain, runCommand, sayJson } from "./command.ts";

const usage = `usage: npm run review -- --stack STACK | --all [--base REF] [--format json]`;

export const command: Command = {
  usage,
  async run(args) {
    const { values } = parseArgs({
      args,
      options: {
        stack: { type: "string", short: "s" },
        all: { type: "boolean", default: false },
        base: { type: "string" },
        format: { type: "string", default: "json" },
        project: { type: "string", default: process.cwd() },
      },
    });
    const { stack, base, project } = values;
    const review = await reviewStacks({
      project,
      ...(stack === undefined ? {} : { stack }),
      ...(base === undefined ? {} : { base }),
      ...{ engine: "pulumi", env: process.env },
      progress: complain,
    });
    sayJson(review);
    return exitCodes[review.outcome];
  },
};

if (import.meta.main) await runCommand(command);
