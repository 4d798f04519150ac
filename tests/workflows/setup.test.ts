import assert from "node:assert/strict";
import { test } from "node:test";
import { githubFile, job, text } from "./files.ts";

/** The page that says what a team sets names what the files read, and nothing else. */

const page = text("docs/reviewSetup.md");
const section = (title: string) => page.split(/^## /m).find((one) => one.startsWith(`${title}\n`)) ?? "";
/** The first cells of a table's rows, and the second. */
const rows = (title: string) =>
  [...section(title).matchAll(/^ *\| `(\w+)` +\| (\w+)/gm)].map(([, name = "", kind = ""]) => [name, kind]);

test("GitHub: the variables and secrets are those of the workflow", () => {
  const kinds = { vars: "variable", secrets: "secret" } as const;
  const read = [...text(githubFile).matchAll(/\b(vars|secrets)\.(\w+)/g)].map(
    ([, context = "", name = ""]) => `${name} ${kinds[context as keyof typeof kinds]}`,
  );
  assert.deepEqual(
    rows("GitHub")
      .map((row) => row.join(" "))
      .sort(),
    [...new Set(read)].sort(),
  );
});

test("GitLab: the variables are those of GitHub and the token that comments, and the jobs have these names", () => {
  const names = rows("GitLab").map(([name]) => name);
  assert.deepEqual(names.sort(), ["GITLAB_TOKEN", ...rows("GitHub").map(([name]) => name)].sort());
  for (const name of ["review:check", "review"]) {
    assert.ok(section("GitLab").includes(`\`${name}\``));
    assert.ok(job(name).script, name);
  }
});
