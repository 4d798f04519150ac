import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { actionlint } from "../../lab/actionlint.ts";
import { run } from "../../lab/command.ts";
import { githubFile, text } from "../workflows/files.ts";

/** GitHub's workflows, by the checker that knows their syntax, contexts and expressions, and the actions' inputs. */

const folder = mkdtempSync(join(tmpdir(), "actionlint-"));
after(() => rmSync(folder, { recursive: true }));
const program = await actionlint(new AbortController().signal);
/** It knows actions by their release and not by their commit; this is the newest that it knows of all of them. */
const byRelease = (workflow: string) => workflow.replace(/@[0-9a-f]{40} # v.*$/gm, "@v6");

/** What it finds in a workflow, a line each. */
async function findings(workflow: string): Promise<string[]> {
  const file = join(folder, "review.yml");
  writeFileSync(file, workflow);
  // Other checkers, which a machine may have, are left out.
  const args = ["-oneline", "-no-color", "-shellcheck=", "-pyflakes=", file];
  const { code, output } = await run(program, args, { cwd: folder, signal: AbortSignal.timeout(60_000) });
  const found = output.split("\n").filter(Boolean);
  assert.equal(code, found.length === 0 ? 0 : 1, output);
  return found.map((line) => line.replace(/^.*?review\.yml:\d+:\d+: /, ""));
}

test("it finds nothing, actions by their commits or by their releases", async () => {
  assert.deepEqual(await findings(text(githubFile)), []);
  assert.notEqual(byRelease(text(githubFile)), text(githubFile));
  assert.deepEqual(await findings(byRelease(text(githubFile))), []);
});

for (const [what, from, to, finding] of [
  ["a key that GitHub does not know", "timeout-minutes: 15", "timeout-minute: 15", /unexpected key "timeout-minute"/],
  ["a right that there is not", "pull-requests: write", "pull-request: write", /unknown permission scope/],
  ["a context that is not there", "vars.AWS_ROLE_ARN", "variables.AWS_ROLE_ARN", /undefined variable "variables"/],
  ["text of a stranger in a command", '"$BASE"', `"\${{ github.head_ref }}"`, /potentially untrusted/],
  ["an input that an action does not have", "fetch-depth: 0", "depth: 0", /input "depth" is not defined in action/],
  ["an input that is missing", /aws-region: .*\n/, "\n", /missing input "aws-region"/],
] as const)
  test(`it finds ${what}`, async () => {
    const broken = byRelease(text(githubFile)).replace(from, () => to);
    assert.notEqual(broken, byRelease(text(githubFile)));
    const [first = "", ...others] = await findings(broken);
    assert.match(first, finding);
    assert.deepEqual(others, []);
  });
