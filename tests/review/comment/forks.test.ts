import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { placeOf, postComments, postedText } from "../../../review/comment/post.ts";
import type { Fault } from "./fakePlatform.ts";
import { both, environment, outcomesOf, requestOn } from "./job.ts";

/** Jobs of forks, which may have no token or one that may not write: what would be a comment goes to their summary. */

const forbidden: Fault = { of: /^POST .*s$/, status: 403, body: { message: "Resource not accessible by integration" } };

test("GitHub: a fork's job without rights or token writes to its summary, behind what is there", async (t) => {
  const { platform, folder, post } = await requestOn(t, "GitHub");
  const summary = join(folder, "summary.md");
  writeFileSync(summary, "before\n");
  platform.faults = [{ ...forbidden }];
  const quiet = { stack: "test", markdown: "no change", isNew: false };
  const results = await post([...both, quiet], { isFork: true });
  assert.equal(
    postedText(results),
    "prod, dev: no comment: the token of a fork's job may not write comments: the review is in the job's summary\ntest: no comment",
  );
  assert.deepEqual(outcomesOf(results), ["prod summary", "dev summary", "test absent"]);
  assert.equal(readFileSync(summary, "utf8"), "before\ngrows\n\nshrinks\n\n");
  assert.deepEqual(outcomesOf(await post(both, { isFork: true, token: "" })), ["prod summary", "dev summary"]);
  assert.equal(readFileSync(summary, "utf8"), "before\ngrows\n\nshrinks\n\ngrows\n\nshrinks\n\n");
  assert.deepEqual(platform.comments, []);
});

test("GitHub: a fork's job whose token may write comments like any other; a wrong one is told", async (t) => {
  const { platform, post } = await requestOn(t, "GitHub");
  const results = await post(both, { isFork: true });
  assert.deepEqual(outcomesOf(results), ["prod created", "dev created"]);
  assert.equal(platform.comments.length, 2);
  platform.faults = [{ ...forbidden, of: /^PATCH/, status: 401 }];
  const wrong = await post(
    both.map(({ stack }) => ({ stack, markdown: "other" })),
    { isFork: true, run: 51 },
  );
  assert.deepEqual(outcomesOf(wrong), ["prod failed", "dev failed"]);
});

test("GitHub: what a summary has no room for is left out whole, and said; one that is not there as well", async (t) => {
  const { platform, folder, post, address } = await requestOn(t, "GitHub");
  const summary = join(folder, "summary.md");
  const mebibyte = 1024 * 1024;
  writeFileSync(summary, "x".repeat(mebibyte - 20));
  platform.faults = [{ ...forbidden, times: 99 }];
  const comments = [
    { stack: "long", markdown: "ö".repeat(10) },
    { stack: "fits", markdown: "ö".repeat(9) },
  ];
  assert.deepEqual(outcomesOf(await post(comments, { isFork: true })), ["long failed", "fits summary"]);
  assert.equal(readFileSync(summary).length, mebibyte);
  const env = environment("GitHub", address, folder, { isFork: true });
  const { GITHUB_STEP_SUMMARY: _, ...without } = env;
  assert.deepEqual(await postComments(placeOf(without), "vllm", both.slice(0, 1)), [
    {
      ...{ stack: "prod", outcome: "failed" },
      message: "the token of a fork's job may not write comments, and the job's summary has no room for the review",
    },
  ]);
});

test("GitLab: a fork's job without a token writes to its log", async (t) => {
  const { said, post } = await requestOn(t, "GitLab");
  const results = await post(both, { isFork: true, token: undefined });
  assert.deepEqual(said, ["grows\n\n", "shrinks\n\n"]);
  assert.equal(
    postedText(results),
    "prod, dev: no comment: the job of a fork has no token: the review is in the job's log",
  );
});
