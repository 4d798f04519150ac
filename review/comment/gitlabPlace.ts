import { markRoom } from "./mark.ts";
import { address, type Place, PlaceError, pageOf, required, tokenOf, whole } from "./place.ts";

/** GitLab's limit of a comment (`Gitlab::Database::MAX_TEXT_SIZE_LIMIT`; https://docs.gitlab.com/api/notes/). */
const noteLimit = 1_000_000;

const grant =
  "set it in the project's CI/CD variables, masked, not protected (a merge request's pipeline sees no protected ones), to a project access token with scope api and role Reporter or higher; the job's own token (CI_JOB_TOKEN) may not write comments";

const variables = [
  "CI_API_V4_URL",
  "CI_MERGE_REQUEST_PROJECT_ID",
  "CI_COMMIT_SHA",
  "CI_PIPELINE_ID",
  "CI_JOB_ID",
] as const;

/** The merge request of a job of GitLab CI, by its environment. */
export function gitlabPlace(env: NodeJS.ProcessEnv): Place {
  if (!env.CI_MERGE_REQUEST_IID)
    throw new PlaceError(
      `this job was started by ${env.CI_PIPELINE_SOURCE || "something else"} and has no merge request to comment on: give it "rules: [{if: $CI_PIPELINE_SOURCE == 'merge_request_event'}]"`,
    );
  const given = required(env, "GitLab", variables);
  const project = whole("CI_MERGE_REQUEST_PROJECT_ID", given.CI_MERGE_REQUEST_PROJECT_ID);
  const isFork = env.CI_MERGE_REQUEST_SOURCE_PROJECT_ID !== given.CI_MERGE_REQUEST_PROJECT_ID;
  const api = address("CI_API_V4_URL", given.CI_API_V4_URL);
  if (!api.endsWith("/api/v4")) throw new PlaceError("CI_API_V4_URL does not end with /api/v4");
  const kept = pageOf(env.CI_JOB_URL, "artifacts/browse");
  return {
    platform: "GitLab",
    api,
    repository: String(project),
    number: whole("CI_MERGE_REQUEST_IID", env.CI_MERGE_REQUEST_IID),
    // Of merged results the job's commit is a merge that nobody made.
    commit: env.CI_MERGE_REQUEST_SOURCE_BRANCH_SHA || given.CI_COMMIT_SHA,
    run: [whole("CI_PIPELINE_ID", given.CI_PIPELINE_ID), whole("CI_JOB_ID", given.CI_JOB_ID)],
    isFork,
    ...tokenOf(env, "GITLAB_TOKEN", isFork, grant),
    ...(kept ? { kept } : {}),
    markdownLimit: noteLimit - markRoom,
  };
}
