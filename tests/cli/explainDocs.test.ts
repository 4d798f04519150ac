import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import * as explain from "../../cli/explain.ts";
import { root } from "../config/settings.ts";
import { said } from "./inProcess.ts";
import { projectOf } from "./run.ts";

/** What the documentation says of `npm run explain`, in its sentences too, can be asked as it stands there. */

const read = (file: string) => readFileSync(join(root, file), "utf8");
const pages = [
  "README.md",
  ...readdirSync(join(root, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];
const text = pages.map(read).join("\n");
const project = projectOf();

test("every command in a sentence runs, its section has something to say", async () => {
  const commands = new Set(
    [...text.matchAll(/npm run explain -- (--stack prod[^`\n]*)/g)].map(([, args = ""]) => args),
  );
  assert.ok(commands.size > 10);
  for (const args of commands) {
    const { code, output } = await said(explain, "--project", project, ...args.split(" "));
    assert.equal(code, 0, `${args}: ${output}`);
    assert.doesNotMatch(output, /\n {2}none$/, args);
  }
  // Beside whole commands sections are named alone, after them.
  for (const [, name = ""] of text.matchAll(/`--only (\w+)`/g))
    assert.equal((await said(explain, "--project", project, "--stack", "prod", "--only", name)).code, 0, name);
});

test("what goes wrong at three in the morning has a row, with the section that shows it", () => {
  const rows = read("README.md")
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .map((line) => line.split("|").map((cell) => cell.trim()));
  const expected: readonly (readonly [message: string, ...sections: string[]])[] = [
    ["untolerated taint", "nodes"],
    ["Insufficient …", "nodes", "gpus"],
    ["OOMKilled", "memory"],
    ["Insufficient space in /dev/shm", "memory", "volumes"],
    ["failed startup probe, will be restarted", "probes", "times"],
    ["CUDA out of memory", "fit"],
    ["No available memory for the cache blocks", "fit"],
    ["ImagePullBackOff", "images"],
    ["The node was low on resource: ephemeral-storage", "volumes"],
    ["known holes", "advisories"],
  ];
  for (const [message, ...sections] of expected) {
    const [found, ...others] = rows.filter(([, first = ""]) => first.includes(message));
    assert.ok(found && others.length === 0, message);
    const [, , advice = ""] = found;
    for (const name of sections) assert.ok(advice.includes(`--only ${name}`), `${message}: ${name}`);
  }
});
