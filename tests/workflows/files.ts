import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { repository } from "../../lab/paths.ts";

/** The files by which the platforms run a review, as they read them. */

export const githubFile = ".github/workflows/review.yml";
export const gitlabFile = ".gitlab/review.gitlab-ci.yml";

export const text = (file: string): string => readFileSync(join(repository, file), "utf8");

/** A step of GitHub: an action, or a command. */
export interface Step {
  name?: string;
  uses?: string;
  with?: Record<string, unknown>;
  if?: string;
  run?: string;
  env?: Record<string, string>;
}

/** What is read of a workflow of GitHub. */
export interface Workflow {
  on: Record<string, unknown>;
  concurrency: unknown;
  permissions: Record<string, string>;
  jobs: Record<
    string,
    { "runs-on": string; "timeout-minutes": number; permissions: Record<string, string>; steps: Step[] }
  >;
}

/** What is read of a job of GitLab. */
export interface Job {
  extends?: string;
  image?: { name: string; entrypoint: string[] };
  interruptible?: boolean;
  id_tokens?: Record<string, unknown>;
  variables?: Record<string, string>;
  rules?: { if: string; variables?: Record<string, string> }[];
  before_script?: string[];
  script?: string[];
  artifacts?: { when: string; paths: string[]; expose_as?: string };
}

export const workflow = parse(text(githubFile)) as Workflow;
export const gitlab = parse(text(gitlabFile)) as Record<string, Job>;

/** The steps of a job of GitHub. */
export const steps = (job: string): Step[] => workflow.jobs[job]?.steps ?? [];
/** The steps of all jobs of GitHub. */
export const allSteps: Step[] = Object.keys(workflow.jobs).flatMap(steps);

/** A job of GitLab with what it takes over. */
export function job(name: string): Job {
  const own = gitlab[name] ?? {};
  return own.extends === undefined ? own : { ...gitlab[own.extends], ...own };
}
