import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { inspect } from "node:util";
import { isLater } from "../../../review/comment/place.ts";
import { placeOf } from "../../../review/comment/post.ts";
import { environment, folderOf, type Kind, kinds, token } from "./job.ts";

/** Where a job comments, by its environment, and what it says where that is missing or wrong. */

const addresses: Record<Kind, string> = { GitHub: "https://api.github.com", GitLab: "https://gitlab.com/api/v4" };

/** What is said of an environment with something else in it. */
function said(t: TestContext, kind: Kind, other: NodeJS.ProcessEnv): string {
  const env = { ...environment(kind, addresses[kind], folderOf(t)), ...other };
  let message = "";
  assert.throws(
    () => placeOf(env),
    (error: Error) => {
      message = error.message;
      return error.constructor.name === "PlaceError";
    },
  );
  assert.doesNotMatch(message, new RegExp(token));
  return message;
}

test("a job's pull or merge request, with nothing of its token in what is printed of it", (t) => {
  for (const kind of kinds) {
    const folder = folderOf(t);
    const place = placeOf(environment(kind, `${addresses[kind]}/`, folder, { run: 9, attempt: 2 }));
    const { token: given, ...rest } = place;
    assert.equal(given?.(), token);
    assert.deepEqual(rest, {
      platform: kind,
      api: addresses[kind],
      repository: kind === "GitHub" ? "o/r" : "12",
      number: 7,
      commit: "head0",
      run: [9, 2],
      isFork: false,
      ...(kind === "GitHub" ? { summary: join(folder, "summary.md") } : {}),
      markdownLimit: kind === "GitHub" ? 64_536 : 999_000,
    });
    assert.doesNotMatch(inspect(place) + JSON.stringify(place), new RegExp(token));
  }
});

test("the page where what a job keeps is found; none where the platform does not say", (t) => {
  const kept = (kind: Kind, more: NodeJS.ProcessEnv) =>
    placeOf({ ...environment(kind, addresses[kind], folderOf(t), { run: 9 }), ...more }).kept;
  assert.equal(kept("GitHub", { GITHUB_SERVER_URL: "https://github.com" }), "https://github.com/o/r/actions/runs/9");
  assert.equal(kept("GitHub", { GITHUB_SERVER_URL: "nowhere" }), undefined);
  assert.equal(
    kept("GitLab", { CI_JOB_URL: "https://gitlab.com/o/r/-/jobs/3" }),
    "https://gitlab.com/o/r/-/jobs/3/artifacts/browse",
  );
  assert.equal(kept("GitLab", { CI_JOB_URL: "" }), undefined);
});

test("a fork may be without a token; where its repository is gone it still is one", (t) => {
  for (const kind of kinds) {
    const place = placeOf(environment(kind, addresses[kind], folderOf(t), { isFork: true, token: undefined }));
    assert.equal(place.isFork, true);
    assert.equal("token" in place, false);
  }
  const env = environment("GitHub", addresses.GitHub, folderOf(t));
  const event = JSON.parse(readFileSync(String(env.GITHUB_EVENT_PATH), "utf8"));
  event.pull_request.head.repo = null;
  writeFileSync(String(env.GITHUB_EVENT_PATH), JSON.stringify(event));
  assert.equal(placeOf(env).isFork, true);
});

test("GitLab's merged results are of the commit that was pushed, not of the merge", (t) => {
  const env = environment("GitLab", addresses.GitLab, folderOf(t));
  assert.equal(placeOf({ ...env, CI_MERGE_REQUEST_SOURCE_BRANCH_SHA: "pushed" }).commit, "pushed");
});

test("neither platform", () => {
  assert.throws(() => placeOf({ CI: "true" }), {
    message:
      "a comment is posted from a job of GitHub Actions or GitLab CI: neither GITHUB_ACTIONS nor GITLAB_CI is true",
  });
});

test("without a token: what to set, and on GitLab that the job's own will not do", (t) => {
  assert.equal(
    said(t, "GitHub", { GITHUB_TOKEN: "" }),
    `GITHUB_TOKEN is not set: give the step "env: GITHUB_TOKEN: \${{ github.token }}", and its job "permissions: pull-requests: write"`,
  );
  assert.equal(
    said(t, "GitLab", { GITLAB_TOKEN: undefined, CI_JOB_TOKEN: "job" }),
    "GITLAB_TOKEN is not set: set it in the project's CI/CD variables, masked, not protected (a merge request's pipeline sees no protected ones), to a project access token with scope api and role Reporter or higher; the job's own token (CI_JOB_TOKEN) may not write comments",
  );
  // What sends it would tell it.
  assert.match(said(t, "GitHub", { GITHUB_TOKEN: `${token}\nx` }), /^GITHUB_TOKEN holds what no token has, such as /);
});

test("each variable that the platform sets is named where it is missing", (t) => {
  const github = ["GITHUB_API_URL", "GITHUB_REPOSITORY", "GITHUB_EVENT_PATH", "GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT"];
  const gitlab = ["CI_API_V4_URL", "CI_MERGE_REQUEST_PROJECT_ID", "CI_COMMIT_SHA", "CI_PIPELINE_ID", "CI_JOB_ID"];
  for (const name of github)
    assert.match(
      said(t, "GitHub", { [name]: undefined }),
      new RegExp(`^${name} is not set: GitHub sets it in every job`),
    );
  for (const name of gitlab)
    assert.match(said(t, "GitLab", { [name]: "" }), new RegExp(`^${name} is not set: GitLab sets it in every job`));
  assert.match(
    said(t, "GitHub", { GITHUB_API_URL: "", GITHUB_RUN_ID: "" }),
    /^GITHUB_API_URL, GITHUB_RUN_ID are not set: GitHub sets them in every job of a pull request; /,
  );
});

test("a job of no request", (t) => {
  const folder = folderOf(t);
  const event = join(folder, "push.json");
  writeFileSync(event, JSON.stringify({ ref: "refs/heads/main" }));
  assert.equal(
    said(t, "GitHub", { GITHUB_EVENT_PATH: event, GITHUB_EVENT_NAME: "push" }),
    'this job was started by push and has no pull request to comment on: let the workflow run "on: pull_request"',
  );
  assert.equal(
    said(t, "GitLab", { CI_MERGE_REQUEST_IID: undefined, CI_PIPELINE_SOURCE: "push" }),
    "this job was started by push and has no merge request to comment on: give it \"rules: [{if: $CI_PIPELINE_SOURCE == 'merge_request_event'}]\"",
  );
});

test("what is set wrongly is named", (t) => {
  const folder = folderOf(t);
  const event = join(folder, "event.json");
  assert.match(
    said(t, "GitHub", { GITHUB_EVENT_PATH: event }),
    /^the event of this job cannot be read from .*: ENOENT$/,
  );
  writeFileSync(event, "{");
  assert.match(said(t, "GitHub", { GITHUB_EVENT_PATH: event }), /^the event of this job .*: it is no JSON$/);
  assert.equal(said(t, "GitHub", { GITHUB_REPOSITORY: "o" }), "GITHUB_REPOSITORY is not of the form owner/name");
  assert.equal(said(t, "GitHub", { GITHUB_RUN_ID: "x" }), "GITHUB_RUN_ID is no number from 1 up");
  assert.equal(said(t, "GitHub", { GITHUB_API_URL: "ftp://x" }), "GITHUB_API_URL is no address of HTTP or HTTPS");
  assert.equal(said(t, "GitLab", { CI_API_V4_URL: "https://x/api/v3" }), "CI_API_V4_URL does not end with /api/v4");
  assert.equal(said(t, "GitLab", { CI_MERGE_REQUEST_IID: "0" }), "CI_MERGE_REQUEST_IID is no number from 1 up");
});

test("runs come one after another, then their attempts", () => {
  assert.deepEqual(
    [
      isLater([2, 1], [1, 9]),
      isLater([1, 9], [2, 1]),
      isLater([1, 2], [1, 1]),
      isLater([1, 1], [1, 1]),
      isLater([10, 1], [9, 1]),
    ],
    [true, false, true, false, true],
  );
});
