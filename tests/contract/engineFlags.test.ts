import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { run } from "../../lab/command.ts";
import { doubleEngine } from "../../lab/engine/double.ts";
import { repository } from "../../lab/paths.ts";
import { givenBy, plan, stacks } from "../config/settings.ts";

/** The double's command line, against the table of the real parser. That what it does not know fails: engine/failing.ts. */

interface Argument {
  flags: string[];
  dest: string;
  kind: string;
  type: string | null;
  choices: (string | number)[] | null;
}

const table = JSON.parse(readFileSync(join(repository, "tests/data/vllm-0.32.0-flags.json"), "utf8"));
const known = (table.arguments as Argument[]).filter(({ flags, dest }) => flags.length > 0 && dest !== "help");
const { env } = await doubleEngine(new AbortController().signal);

/** What the double reads of each command line. */
async function parsed(lines: string[][]): Promise<Record<string, unknown>[]> {
  const script = `import json, sys
from double.arguments import parse
for words in json.loads(sys.argv[1]):
    print(json.dumps(parse(words).given))`;
  const path = [join(repository, "lab/engine"), env.PYTHONPATH].join(":");
  const { stdout, output } = await run(env.PYTHON, ["-c", script, JSON.stringify(lines)], {
    env: { ...env, PYTHONPATH: path },
    signal: new AbortController().signal,
  });
  const answers = stdout.trim().split("\n");
  assert.equal(answers.length, lines.length, output);
  return answers.map((line) => JSON.parse(line));
}

function value({ type, choices }: Argument): string {
  if (choices) return String(choices[0]);
  if (type?.includes("json")) return "{}";
  return /int|float/.test(type ?? "") ? "2" : "word";
}

test("every flag of vllm serve is taken, by each of its names", async () => {
  const each = known.flatMap((argument) => argument.flags.map((flag) => ({ argument, flag })));
  assert.ok(each.length > 400, String(each.length));
  const lines = each.map(({ argument, flag }) => [flag, ...(argument.kind === "value" ? [value(argument)] : [])]);
  const given = await parsed(lines.map((words) => ["serve", "/model", ...words]));
  for (const [index, { argument, flag }] of each.entries()) {
    assert.deepEqual(Object.keys(given[index] ?? {}).sort(), ["model_tag", argument.dest].sort(), flag);
  }
});

test("underscores, parts of a JSON value, numbers with a letter and flags given twice are read as vLLM reads them", async () => {
  const [one] = await parsed([
    [
      ...["serve", "/model", "--max_model_len", "32k", "--compilation_config.mode", "3", "--compilation-config.a=4"],
      ...["--port=1", "--port", "2", "--served-model-name", "a", "b", "--middleware", "c.D", "--middleware", "e.f"],
      "--no-enable-prefix-caching",
    ],
  ]);
  assert.deepEqual(one, {
    model_tag: "/model",
    max_model_len: 32000,
    compilation_config: "{}",
    port: 2,
    served_model_name: ["a", "b"],
    middleware: ["c.D", "e.f"],
    enable_prefix_caching: false,
  });
});

test("the command line of every stack is taken", async () => {
  const lines = stacks.flatMap((stack) =>
    plan(givenBy(stack)).models.flatMap(({ variants }) => variants.map(({ pod }) => ["serve", "/model", ...pod.args])),
  );
  assert.ok(lines.length >= stacks.length);
  for (const given of await parsed(lines)) assert.equal(typeof given.shutdown_timeout, "number");
});
