import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { parse } from "yaml";
import { repository } from "../../lab/paths.ts";
import { gitlab, gitlabFile, job, steps, text } from "./files.ts";

/** The file of GitLab: by GitLab's schema and rules, as gitlab-ci-local has them, and as the workflow of GitHub. */

/** What a team is told to write, which includes it. */
const [, include = ""] = /```yaml\n([\s\S]*?)```/.exec(text("docs/reviewSetup.md")) ?? [];

/** A team's repository that includes it; `own` is what else its .gitlab-ci.yml says. */
function team(own = ""): string {
  const folder = mkdtempSync(join(tmpdir(), "gitlab-"));
  after(() => rmSync(folder, { recursive: true }));
  const git = (...args: string[]) => execFileSync("git", args, { cwd: folder, stdio: "pipe" });
  git("init", "--quiet", "--initial-branch=main");
  git("remote", "add", "origin", "git@gitlab.example:acme/llm.git");
  cpSync(join(repository, gitlabFile), join(folder, gitlabFile));
  writeFileSync(join(folder, ".gitlab-ci.yml"), include.replace(/^ {3}/gm, "") + own);
  git("add", ".");
  git("-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "--message=one");
  return folder;
}

/** What gitlab-ci-local says of a team's repository, as a pipeline of a source has it. */
function ask(folder: string, command: "--preview" | "--list-json", source = "merge_request_event") {
  const { PATH } = process.env;
  const program = join(repository, "node_modules/gitlab-ci-local/dist/index.js");
  const pipeline = [`--variable=CI_PIPELINE_SOURCE=${source}`, "--ignore-predefined-vars=CI_PIPELINE_SOURCE"];
  const args = [program, command, `--home=${folder}`, "--no-color", ...pipeline];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    ...{ cwd: folder, env: { PATH, HOME: folder }, encoding: "utf8" },
  });
  return { status, stdout, said: stdout + stderr };
}

test("a team's file that includes it is one that GitLab takes, and each job is what this test takes it for", () => {
  const { status, stdout, said } = ask(team(), "--preview");
  assert.equal(status, 0, said);
  const { stages, ...jobs } = parse(stdout) as Record<string, unknown>;
  assert.ok(Array.isArray(stages) && stages.includes("test"));
  const own = ["review:check", "review"].map((name) => {
    const { extends: _, ...rest } = job(name);
    return [name, rest];
  });
  assert.deepEqual(jobs, Object.fromEntries(own));
});

test("what GitLab does not know is told", () => {
  const { status, said } = ask(team("\nreview:\n  interruptibel: true\n"), "--preview");
  assert.equal(status, 1);
  assert.match(said, /'interruptibel' property is not expected to be here at review/);
});

test("a team with stages of its own says in which one it is", () => {
  const stages = "\nstages: [quality]\n";
  assert.match(ask(team(stages), "--list-json").said, /stage:test not found for review/);
  const { status, said } = ask(team(`${stages}\n.review:\n  stage: quality\n`), "--list-json");
  assert.equal(status, 0, said);
});

for (const [source, jobs] of [
  ["merge_request_event", ["review:check", "review"]],
  ["push", []],
  ["schedule", []],
] as const)
  test(`a pipeline of ${source} has ${jobs.length === 0 ? "no job" : jobs.join(", ")}`, () => {
    const { status, stdout, said } = ask(team(), "--list-json", source);
    assert.equal(status, 0, said);
    const all = JSON.parse(stdout) as { name: string; when: string }[];
    assert.deepEqual(
      all.filter(({ when }) => when !== "never").map(({ name }) => name),
      jobs,
    );
  });

const base = `--base "\${CI_MERGE_REQUEST_TARGET_BRANCH_SHA:-$CI_MERGE_REQUEST_DIFF_BASE_SHA}"`;

test("its commands are those of GitHub, compared with what GitLab calls the base", () => {
  const { before_script: before = [], script = [] } = job("review:check");
  assert.deepEqual(
    [...before, ...script],
    steps("check").flatMap(({ run }) => run ?? []),
  );
  const own = steps("review").flatMap(({ run }) => run ?? []);
  assert.deepEqual(job("review").script, [own[1]?.replace('--base "origin/$GITHUB_BASE_REF"', base)]);
});

test("the one line that is no npm command hands the role's token to AWS, readable by nobody else", () => {
  const { before_script: before, id_tokens: tokens, rules } = job("review");
  assert.deepEqual(before, ['(umask 077 && printf %s "$AWS_ID_TOKEN" > /tmp/aws-id-token)', "npm ci"]);
  assert.deepEqual(tokens, { AWS_ID_TOKEN: { aud: "sts.amazonaws.com" } });
  const isMergeRequest = '$CI_PIPELINE_SOURCE == "merge_request_event"';
  assert.deepEqual(rules, [
    { if: `${isMergeRequest} && $AWS_ROLE_ARN`, variables: { AWS_WEB_IDENTITY_TOKEN_FILE: "/tmp/aws-id-token" } },
    { if: isMergeRequest },
  ]);
  assert.equal(job("review:check").id_tokens, undefined);
});

test("a newer push ends an older review, the history is there, and what was found out is kept where it fails", () => {
  for (const [name, folder] of [
    ["review:check", "rendered"],
    ["review", "reviewed"],
  ] as const) {
    const { interruptible, variables, artifacts } = job(name);
    assert.deepEqual([interruptible, variables], [true, { GIT_DEPTH: "0" }]);
    assert.deepEqual([artifacts?.when, artifacts?.paths], ["always", [folder]]);
  }
  assert.deepEqual(Object.keys(gitlab), [".review", "review:check", "review"]);
});
