import { inLine } from "../../config/signs.ts";
import { githubThread } from "./github.ts";
import { githubPlace } from "./githubPlace.ts";
import { gitlabThread } from "./gitlab.ts";
import { gitlabPlace } from "./gitlabPlace.ts";
import { bodyOf, markRoom } from "./mark.ts";
import { type Clock, patientFetch, Refusal, realClock, refusalOf } from "./patience.ts";
import { type Place, PlaceError } from "./place.ts";
import { type Outcome, reconcile } from "./reconcile.ts";
import { isWithoutRights, refusalText } from "./refusalText.ts";
import { summarise } from "./summary.ts";

/** The comment of one stack. */
export interface Comment {
  stack: string;
  markdown: string;
  /** Whether it is written where the stack has no comment yet; `true` where it is left out. */
  isNew?: boolean;
}

/** What became of a stack's comment. */
export type Posted =
  | {
      stack: string;
      /**
       * `newer`: that of a newer run or for a newer commit stands. `absent`: it has none, and was to have no new one.
       */
      outcome: Outcome;
    }
  | {
      stack: string;
      /** `summary`: written where a job without the right to comment can. */
      outcome: "summary" | "failed";
      /** Why, and what to do, in one sentence for a person. */
      message: string;
    };

/** What `postComments` may be told beside the comments. */
export interface PostOptions {
  /** The Markdown for the comment of a stack that is not among the comments: for a run that knows all stacks. */
  gone?: (stack: string) => string;
  /** Is told what takes long; on GitLab also what may not be written as a comment. */
  say?: (text: string) => void;
  clock?: Clock;
}

/** Where a job of GitHub Actions or GitLab CI comments, by its environment. Throws a `PlaceError` where it cannot. */
export function placeOf(env: NodeJS.ProcessEnv): Place {
  if (env.GITHUB_ACTIONS === "true") return githubPlace(env);
  if (env.GITLAB_CI === "true") return gitlabPlace(env);
  throw new PlaceError(
    "a comment is posted from a job of GitHub Actions or GitLab CI: neither GITHUB_ACTIONS nor GITLAB_CI is true",
  );
}

/**
 * Posts one comment a stack on the pull or merge request of a job, or edits the one that is there. Throws nothing for
 * what the platform refuses: of a comment that was not written it says why. Where a fork's job may not write, the
 * Markdown goes to the job's summary.
 */
export async function postComments(
  place: Place,
  project: string,
  comments: readonly Comment[],
  { gone, say = () => {}, clock = realClock }: PostOptions = {},
): Promise<Posted[]> {
  const limit = place.markdownLimit + markRoom;
  const lengths = new Map(
    comments.map(({ stack, markdown }) => [stack, bodyOf({ project, stack, run: place.run }, markdown).length]),
  );
  const isTooLong = ({ stack }: Comment) => (lengths.get(stack) ?? 0) > limit;
  const fitting = comments.filter((comment) => !isTooLong(comment));
  const posted = await posting(place, project, fitting, (stack) => (lengths.has(stack) ? undefined : gone?.(stack)), {
    say,
    clock,
  });
  const tooLong = comments.filter(isTooLong).map(({ stack }): Posted => {
    const message = `the comment has ${lengths.get(stack)} characters, and ${place.platform} takes ${limit}`;
    return { stack, outcome: "failed", message };
  });
  return [...posted, ...tooLong];
}

async function posting(
  place: Place,
  project: string,
  comments: readonly Comment[],
  gone: (stack: string) => string | undefined,
  { say, clock }: Required<Pick<PostOptions, "say" | "clock">>,
): Promise<Posted[]> {
  const { platform, token, run, commit } = place;
  if (!token) return summarised(place, comments, "the job of a fork has no token", say);
  // What a platform says is of others: no token is in it, and nothing that acts on a terminal or a job's log.
  const clean = (refusal: Refusal) => inLine(refusalText(place, refusal).replaceAll(token(), "[token]"));
  try {
    const fetch = patientFetch(platform, clock, say);
    const thread = await (platform === "GitHub" ? githubThread : gitlabThread)(place, token(), fetch);
    const wanted = new Map(comments.map(({ stack, markdown, isNew = true }) => [stack, { markdown, isNew }]));
    const outcomes = await reconcile(thread, { project, run, commit }, wanted, gone, clock);
    return [...outcomes].map(([stack, outcome]) =>
      outcome instanceof Refusal ? { stack, outcome: "failed", message: clean(outcome) } : { stack, outcome },
    );
  } catch (error) {
    const refusal = refusalOf(error);
    if (!refusal) throw error;
    if (place.isFork && isWithoutRights(refusal))
      return summarised(place, comments, "the token of a fork's job may not write comments", say);
    return comments.map(({ stack }) => ({ stack, outcome: "failed", message: clean(refusal) }));
  }
}

/** What would be a comment, where a job without the right to comment can write it. */
function summarised(place: Place, comments: readonly Comment[], why: string, say: (text: string) => void): Posted[] {
  return comments.map(({ stack, markdown, isNew = true }) => {
    if (!isNew) return { stack, outcome: "absent" };
    const where = summarise(place, markdown, say);
    if (where) return { stack, outcome: "summary", message: `${why}: the review is in ${where}` };
    return { stack, outcome: "failed", message: `${why}, and the job's summary has no room for the review` };
  });
}

const told: Readonly<Record<Posted["outcome"], string>> = {
  created: "comment created",
  edited: "comment edited",
  unchanged: "comment unchanged",
  newer: "comment left to a newer run",
  absent: "no comment",
  summary: "no comment",
  failed: "no comment",
};

/** What became of the comments, a line each; a message that several share is told once. */
export function postedText(posted: readonly Posted[]): string {
  const lines = new Map<string, string[]>();
  for (const one of posted) {
    const line = "message" in one ? `${told[one.outcome]}: ${one.message}` : told[one.outcome];
    lines.set(line, [...(lines.get(line) ?? []), one.stack]);
  }
  return [...lines].map(([line, stacks]) => `${stacks.join(", ")}: ${line}`).join("\n");
}
