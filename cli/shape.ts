import { parseArgs } from "node:util";
import type { Tree } from "../config/tree.ts";
import { type Command, runCommand, say, sayJson, UsageError } from "./command.ts";
import { type Found, readModel } from "./shape/source.ts";
import { type Written, writeShape } from "./shape/stackFile.ts";
import { foundText } from "./shape/text.ts";
import { bytesOf } from "./shape/uploads.ts";

const usage = `usage: npm run shape -- PATH [--stack STACK] [--model MODEL] [--json]
The settings \`shape\` of a model, which of its files to upload, and what could not be told. PATH is the model's folder,
its config.json, or the model.safetensors.index.json beside one; of the weights only headers are read.
  --stack    writes the shape into this stack's file; comments stay
  --model    of several models of the stack, which
  --json     the same as JSON; where there is nothing to tell, what is wrong
  --project  the project's folder; default: this one
Ends with 1 where there is no whole shape, the folder cannot be served as it is, or a preview would refuse the shape.`;

const options = {
  stack: { type: "string", short: "s" },
  model: { type: "string", short: "m" },
  json: { type: "boolean", default: false },
  project: { type: "string", default: process.cwd() },
} as const;

export const command: Command = {
  usage,
  run(args) {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    const [path, ...more] = positionals;
    if (path === undefined || more.length > 0)
      throw new UsageError("one PATH is read: a model's folder, or a file of it");
    if (values.model !== undefined && values.stack === undefined)
      throw new UsageError("--model is of a stack: --stack is missing");
    const found = readModel(path);
    const right = found.missing.length === 0 && found.problems.length === 0;
    const written =
      right && values.stack !== undefined
        ? writeShape(values.project, values.stack, values.model, found.shape as Tree)
        : undefined;
    if (values.json) sayJson(jsonOf(path, found, written));
    else say(`${foundText(found, written)}${right || values.stack === undefined ? "" : "\n\nnothing was written"}`);
    return right && (written?.problems ?? []).length === 0 ? 0 : 1;
  },
  envelope: () => ({ schemaVersion: 1 }),
};

function jsonOf(path: string, { files, ...found }: Found, written?: Written): object {
  const { shape, type, weights, size, missing, notes, problems } = found;
  const count = (some: Parameters<typeof bytesOf>[0]) => ({ files: some.map((one) => one.path), bytes: bytesOf(some) });
  return {
    schemaVersion: 1,
    path,
    modelType: type,
    shape,
    weights: weights ?? { from: size },
    missing,
    notes,
    ...(files && {
      upload: count(files.upload),
      leaveOut: files.leaveOut.map(({ reason, patterns, files: out }) => ({ reason, patterns, ...count(out) })),
    }),
    problems: problems.map((message) => ({ kind: "folder", message })),
    ...(written && { written }),
  };
}

if (import.meta.main) await runCommand(command);
