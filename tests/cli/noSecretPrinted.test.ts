import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { stringify } from "yaml";
import * as diffStacks from "../../cli/diffStacks.ts";
import * as explain from "../../cli/explain.ts";
import type { Problem } from "../../config/problems.ts";
import type { Tree } from "../../config/tree.ts";
import { drawing } from "../config/generate.ts";
import { knownForms, putAtSecretSetting, putSecret, type Secret } from "../config/secrets.ts";
import { said } from "./inProcess.ts";
import { projectOf } from "./run.ts";

/** No secret is in what the commands say of a stack, wherever in its files it stands. */

const runs = 10_000;
const folder = projectOf({
  "Pulumi.clean.yaml": "config:\n  vllm:cluster: {eks: lab}\n  vllm:model: chat\n  vllm:gpu: {count: 0}\n",
});

/** Makes a file anew, which is quicker than to write over one. */
function writeAnew(name: string, text: string): void {
  rmSync(join(folder, name), { force: true });
  writeFileSync(join(folder, name), text);
}

/** Writes the files of a stack `s`: what all share, and its own. */
function write({ base, own }: { base: Tree; own: Tree }): void {
  const project = {
    name: "x",
    runtime: "nodejs",
    config: { "aws:region": { value: "eu-west-1" }, "vllm:base": { value: base } },
  };
  const config = Object.fromEntries(Object.entries(own).map(([key, value]) => [`vllm:${key}`, value]));
  writeAnew("Pulumi.yaml", stringify(project));
  writeAnew("Pulumi.s.yaml", stringify({ config }));
}

/** Fails where a part of a secret is in what was said. */
function unseen(secrets: readonly Secret[], output: string): void {
  for (const { form, parts } of secrets)
    for (const part of parts) assert.ok(!output.includes(part), `${form}: ${part} is in\n${output}`);
  assert.doesNotMatch(output, /^ {4}at /m);
}

let asked = 0;
/** What `explain --json` says of it, with the other commands asked of every fifth stack; all refuse it. */
async function refused(secrets: readonly Secret[]): Promise<string> {
  const args = ["--project", folder];
  const json = await said(explain, "--stack", "s", "--json", ...args);
  const others =
    asked++ % 5 === 0
      ? [await said(explain, "--stack", "s", ...args), await said(diffStacks, "clean", "s", ...args)]
      : [];
  for (const { code, output } of [json, ...others]) {
    unseen(secrets, output);
    assert.equal(code, 1, output);
  }
  return json.output;
}

const least = (): Tree => ({ cluster: { eks: "lab" }, models: { chat: {} }, gpu: { count: 0 } });

test(`${runs} stacks with secrets in plain text where none belongs are refused for that, and none is printed`, async () => {
  const counts = new Map<string, number>();
  const stack = drawing((draw) => {
    const files = { base: {} as Tree, own: least() };
    const secrets = draw(fc.array(fc.boolean(), { minLength: 1, maxLength: 3 })).map((shared) =>
      putSecret(draw, shared ? files.base : files.own),
    );
    return { files, secrets };
  });
  await fc.assert(
    fc.asyncProperty(stack, async ({ files, secrets }) => {
      write(files);
      const { problems } = JSON.parse(await refused(secrets)) as { problems: Problem[] };
      assert.ok(
        problems.some(({ kind }) => kind === "secret" || kind === "misplaced"),
        JSON.stringify([files, problems]),
      );
      for (const { form } of secrets) counts.set(form, (counts.get(form) ?? 0) + 1);
    }),
    { numRuns: runs },
  );
  for (const form of knownForms) assert.ok((counts.get(form) ?? 0) >= runs / 50, `${form}: ${counts.get(form)}`);
});

test(`${runs} stacks with any text in plain at a secret setting are refused, and it is not printed`, async () => {
  const stack = drawing((draw) => {
    const files = { base: {} as Tree, own: least() };
    const secret = putAtSecretSetting(draw, draw(fc.boolean()) ? files.base : files.own);
    return { files, secret };
  });
  await fc.assert(
    fc.asyncProperty(stack, async ({ files, secret }) => {
      write(files);
      await refused([secret]);
    }),
    { numRuns: runs },
  );
});
