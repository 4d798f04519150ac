import assert from "node:assert/strict";
import { test } from "node:test";
import { allSteps, githubFile, type Step, steps, text, workflow } from "./files.ts";

/** The workflow of GitHub: whose code runs in it with which rights, and on what it rests. */

const commands = (job: string) => steps(job).flatMap(({ run }) => run ?? []);
const action = (job: string, name: string) => steps(job).find(({ uses }) => uses?.startsWith(`${name}@`)) as Step;

test("it runs for every pull request and merge group, and never with base's rights on head's code", () => {
  assert.deepEqual(workflow.on, { pull_request: null, merge_group: null });
});

test("a newer push ends the older review of the same pull request, and no other", () => {
  assert.deepEqual(workflow.concurrency, {
    group: `review-\${{ github.event.pull_request.number || github.sha }}`,
    "cancel-in-progress": true,
  });
});

test("each job has the rights that it needs, and no other", () => {
  assert.deepEqual(workflow.permissions, {});
  const rights = Object.entries(workflow.jobs).map(([name, { permissions }]) => [name, permissions]);
  assert.deepEqual(rights, [
    ["check", { contents: "read" }],
    ["review", { contents: "read", "pull-requests": "write", "id-token": "write" }],
  ]);
});

test("a job that hangs ends, on a machine of a known release", () => {
  for (const job of Object.values(workflow.jobs)) {
    assert.equal(job["runs-on"], "ubuntu-24.04");
    assert.ok(job["timeout-minutes"] <= 20);
  }
});

test("every command is one npm command, which no expression is written into", () => {
  assert.deepEqual(commands("check"), ["npm ci", "npm run check", "npm run render -- --all --out rendered"]);
  assert.deepEqual(commands("review"), [
    "npm ci",
    'npm run review -- --all --base "origin/$GITHUB_BASE_REF" --comment --out reviewed',
    'npm run review -- --all --base "$BASE" --out reviewed',
  ]);
});

test("every action is that of a commit, whose release is told, and the same one throughout", () => {
  const lines = [...text(githubFile).matchAll(/uses: (.*)$/gm)].map(([, line = ""]) => line);
  assert.equal(lines.length, allSteps.filter(({ uses }) => uses !== undefined).length);
  for (const line of lines) assert.match(line, /^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  const names = lines.map((line) => line.split("@")[0]);
  assert.deepEqual(new Set(lines).size, new Set(names).size);
});

test("the repository's token is left in no clone, and the history is there to compare with", () => {
  const clones = Object.keys(workflow.jobs).map((job) => action(job, "actions/checkout").with);
  assert.deepEqual(clones, [{ "persist-credentials": false }, { "fetch-depth": 0, "persist-credentials": false }]);
});

test("secrets and the token are in the step that reviews a pull request, and nowhere else", () => {
  const holders = allSteps.filter((step) => /secrets\.|github\.token/.test(JSON.stringify(step)));
  assert.deepEqual(
    holders.map(({ name }) => name),
    ["Review the pull request"],
  );
  assert.equal(holders[0]?.if, "github.event_name == 'pull_request'");
  const { env = {} } = holders[0] ?? {};
  assert.deepEqual(Object.keys(env), [
    "GITHUB_TOKEN",
    "PULUMI_BACKEND_URL",
    "PULUMI_ACCESS_TOKEN",
    "PULUMI_CONFIG_PASSPHRASE",
  ]);
  const whole = text(githubFile);
  assert.equal([...whole.matchAll(/secrets\./g)].length, 2);
  assert.equal([...whole.matchAll(/github\.token/g)].length, 1);
});

test("the role in AWS is taken last before the review, for a pull request, where the team has set one", () => {
  const all = steps("review");
  const at = all.indexOf(action("review", "aws-actions/configure-aws-credentials"));
  assert.equal(all[at]?.if, "github.event_name == 'pull_request' && vars.AWS_ROLE_ARN != ''");
  assert.equal(all[at + 1]?.name, "Review the pull request");
  assert.ok(all.slice(0, at).some(({ run }) => run === "npm ci"));
});

test("what was found out is kept also where the review fails or refuses, and not where it is cancelled", () => {
  const kept = Object.keys(workflow.jobs).map((job) => action(job, "actions/upload-artifact"));
  assert.deepEqual(
    kept.map(({ if: when, with: what }) => [when, what]),
    ["rendered", "reviewed"].map((name) => [`\${{ !cancelled() }}`, { name, path: name }]),
  );
});
