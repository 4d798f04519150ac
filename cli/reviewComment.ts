import { projectIn } from "../render/settings.ts";
import type { Place } from "../review/comment/place.ts";
import { PlaceError } from "../review/comment/place.ts";
import { type Posted, placeOf, postComments } from "../review/comment/post.ts";
import { markdownOf } from "../review/report/markdown.ts";
import type { Review, StackReview } from "../review/review.ts";
import { complain, UsageError } from "./command.ts";

/**
 * Where the comments of this job go.
 * @throws UsageError where its environment does not say
 */
export function commentPlace(env: NodeJS.ProcessEnv): Place {
  try {
    return placeOf(env);
  } catch (error) {
    if (error instanceof PlaceError) throw new UsageError(`--comment: ${error.message}`);
    throw error;
  }
}

/**
 * Writes the comment of each stack of a review, and says what became of each.
 * @returns whether all that was to be written is
 */
export async function comment(place: Place, project: string, review: Review, isAll: boolean): Promise<boolean> {
  const comments = review.stacks.map((stack) => ({
    stack: stack.stack,
    markdown: markdownOf(review, stack, { limit: place.markdownLimit }),
    isNew: saysSomething(stack),
  }));
  const gone = (stack: string) => `### ${stack}\n\nThis stack is no part of the change any more.`;
  const posted = await postComments(place, projectIn(project).project, comments, {
    ...(isAll ? { gone } : {}),
    say: complain,
  });
  for (const one of posted) complain(postedText(one));
  return posted.every(({ outcome }) => outcome !== "failed");
}

/** A stack that nothing happens to gets no comment, but one that it has is edited to say so. */
const saysSomething = ({ outcome, file, resources, settings, problems, missing }: StackReview): boolean =>
  outcome !== "fine" ||
  file !== "changed" ||
  [resources, settings, problems].some((list) => list.length > 0) ||
  missing.some(({ failed }) => failed);

const postedText = (one: Posted): string =>
  `comment of stack ${one.stack}: ${one.outcome}${"message" in one ? `: ${one.message}` : ""}`;
