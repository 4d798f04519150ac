import { readFileSync } from "node:fs";
import { markRoom } from "./mark.ts";
import { address, type Place, PlaceError, pageOf, required, tokenOf, whole } from "./place.ts";

/**
 * GitHub's limit of a comment. Its validation says 65,536 characters; measured are 262,144 bytes, so as many
 * characters of four bytes (https://github.com/dead-claudia/github-limits/pull/13).
 */
const commentLimit = 65_536;

const grant = `give the step "env: GITHUB_TOKEN: \${{ github.token }}", and its job "permissions: pull-requests: write"`;

const variables = [
  "GITHUB_API_URL",
  "GITHUB_REPOSITORY",
  "GITHUB_EVENT_PATH",
  "GITHUB_RUN_ID",
  "GITHUB_RUN_ATTEMPT",
] as const;

/** What a job of GitHub Actions tells of its pull request. */
interface Event {
  pull_request?: {
    number: number;
    head: { sha: string; repo?: { id: number } | null };
    base: { repo: { id: number } };
  };
}

/** The pull request of a job of GitHub Actions, by its environment and its event. */
export function githubPlace(env: NodeJS.ProcessEnv): Place {
  const given = required(env, "GitHub", variables);
  const { pull_request: request } = eventOf(given.GITHUB_EVENT_PATH);
  if (!request)
    throw new PlaceError(
      `this job was started by ${env.GITHUB_EVENT_NAME || "an event"} and has no pull request to comment on: let the workflow run "on: pull_request"`,
    );
  if (!/^[\w.-]+\/[\w.-]+$/.test(given.GITHUB_REPOSITORY))
    throw new PlaceError("GITHUB_REPOSITORY is not of the form owner/name");
  // A fork that was deleted since has no repository.
  const isFork = request.head.repo?.id !== request.base.repo.id;
  const kept = pageOf(env.GITHUB_SERVER_URL, given.GITHUB_REPOSITORY, "actions/runs", given.GITHUB_RUN_ID);
  return {
    platform: "GitHub",
    api: address("GITHUB_API_URL", given.GITHUB_API_URL),
    repository: given.GITHUB_REPOSITORY,
    number: request.number,
    commit: request.head.sha,
    run: [whole("GITHUB_RUN_ID", given.GITHUB_RUN_ID), whole("GITHUB_RUN_ATTEMPT", given.GITHUB_RUN_ATTEMPT)],
    isFork,
    ...tokenOf(env, "GITHUB_TOKEN", isFork, grant),
    ...(env.GITHUB_STEP_SUMMARY ? { summary: env.GITHUB_STEP_SUMMARY } : {}),
    ...(kept ? { kept } : {}),
    markdownLimit: commentLimit - markRoom,
  };
}

function eventOf(file: string): Event {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? "it is no JSON";
    throw new PlaceError(`the event of this job cannot be read from ${file}, which GITHUB_EVENT_PATH names: ${why}`);
  }
}
