import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Clock } from "../../../review/comment/patience.ts";
import { type Comment, type PostOptions, placeOf, postComments } from "../../../review/comment/post.ts";
import type { Account } from "./fakeApi.ts";
import { type FakePlatform, startPlatform } from "./fakePlatform.ts";

/** Jobs of both platforms, as their environments tell of them. */

export const kinds = ["GitHub", "GitLab"] as const;
export type Kind = (typeof kinds)[number];

export const bot: Account = { id: 41898282, login: "github-actions[bot]" };
export const other: Account = { id: 5, login: "somebody" };
export const token = "ghs_0123456789abcdefghijklmnopqrstuvwxyz";
const otherToken = "ghp_9876543210zyxwvutsrqponmlkjihgfedcba";

/** What differs between two jobs of one request. */
export interface Job {
  run?: number;
  attempt?: number;
  /** Its commit. */
  head?: string;
  token?: string | undefined;
  isFork?: boolean;
}

/** A folder of a test's own. */
export function folderOf(t: Pick<TestContext, "after">): string {
  const folder = mkdtempSync(join(tmpdir(), "comment-test-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The environment of a job, as the platform sets it, and its token. */
export function environment(kind: Kind, address: string, folder: string, job: Job = {}): NodeJS.ProcessEnv {
  const { run = 50, attempt = 1, head = "head0", isFork = false } = job;
  const given = "token" in job ? job.token : token;
  if (kind === "GitLab")
    return {
      GITLAB_CI: "true",
      CI_API_V4_URL: address,
      CI_PIPELINE_SOURCE: "merge_request_event",
      CI_MERGE_REQUEST_IID: "7",
      CI_MERGE_REQUEST_PROJECT_ID: "12",
      CI_MERGE_REQUEST_SOURCE_PROJECT_ID: isFork ? "13" : "12",
      CI_COMMIT_SHA: head,
      CI_PIPELINE_ID: String(run),
      CI_JOB_ID: String(attempt),
      ...(given === undefined ? {} : { GITLAB_TOKEN: given }),
    };
  const event = join(folder, `event-${run}-${attempt}.json`);
  const request = { number: 7, head: { sha: head, repo: { id: isFork ? 2 : 1 } }, base: { repo: { id: 1 } } };
  writeFileSync(event, JSON.stringify({ action: "synchronize", pull_request: request }));
  return {
    GITHUB_ACTIONS: "true",
    GITHUB_API_URL: address,
    GITHUB_EVENT_NAME: "pull_request",
    GITHUB_EVENT_PATH: event,
    GITHUB_REPOSITORY: "o/r",
    GITHUB_RUN_ID: String(run),
    GITHUB_RUN_ATTEMPT: String(attempt),
    GITHUB_STEP_SUMMARY: join(folder, "summary.md"),
    ...(given === undefined ? {} : { GITHUB_TOKEN: given }),
  };
}

/** A clock that goes on by itself where somebody waits, and keeps for how long. */
export function quickClock(start = 1_800_000_000_000): Clock & { waits: number[] } {
  const waits: number[] = [];
  let now = start;
  const wait = async (milliseconds: number) => {
    waits.push(milliseconds);
    now += milliseconds;
  };
  return { waits, wait, now: () => now };
}

/** A platform with pull or merge request 7 of project `vllm`, and what posts there. */
export async function requestOn(t: TestContext, kind: Kind, prefix?: string) {
  const { platform, address } = await startPlatform(t, kind, prefix);
  platform.accounts.set(token, bot).set(otherToken, other);
  const folder = folderOf(t);
  const clock = quickClock();
  const said: string[] = [];
  const post = (comments: readonly Comment[], job: Job = {}, options: PostOptions = {}) =>
    postComments(placeOf(environment(kind, address, folder, job)), "vllm", comments, {
      ...{ clock, say: (text: string) => said.push(text) },
      ...options,
    });
  return { platform, address, folder, clock, said, post, otherToken };
}

/** The first line of a comment. */
export const markLine = (stack: string, run = 50, project = "vllm", attempt = 1): string =>
  `<!-- pulumi-vllm review: project=${project} stack=${stack} run=${run}.${attempt} -->`;

/** The comments as they stand, by author. */
export const standing = ({ comments }: FakePlatform): string[] =>
  comments.map(({ author, body }) => `${author.login}: ${body}`);

/** The comments that most tests post. */
export const both: Comment[] = [
  { stack: "prod", markdown: "grows" },
  { stack: "dev", markdown: "shrinks" },
];

export const outcomesOf = (results: readonly { stack: string; outcome: string }[]) =>
  results.map(({ stack, outcome }) => `${stack} ${outcome}`);
