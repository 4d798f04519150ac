import { projectIn } from "../render/settings.ts";
import type { Place } from "../review/comment/place.ts";
import { PlaceError } from "../review/comment/place.ts";
import { placeOf, postComments, postedText } from "../review/comment/post.ts";
import { codeSpan } from "../review/report/escape.ts";
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

/** What of a review is commented, and how. */
export interface Commented {
  /** The root of the project, whose name is in the marks. */
  project: string;
  /** Whether these are all stacks of the project: the comment of any other is of one that is gone. */
  isAll: boolean;
  /** Whether the whole review is kept, where the job's page leads to it. */
  isKept: boolean;
}

/**
 * Writes the comment of each stack of a review, and says what became of each.
 * @returns whether all that was to be written is
 */
export async function comment(place: Place, review: Review, { project, isAll, isKept }: Commented): Promise<boolean> {
  const bounds = { limit: place.markdownLimit, ...(isKept && place.kept ? { whole: place.kept } : {}) };
  const comments = review.stacks.map((stack) => ({
    stack: stack.stack,
    markdown: markdownOf(review, stack, bounds),
    isNew: saysSomething(stack),
  }));
  const posted = await postComments(place, projectIn(project).project, comments, {
    ...(isAll ? { gone } : {}),
    say: complain,
  });
  if (posted.length > 0) complain(postedText(posted));
  return posted.every(({ outcome }) => outcome !== "failed");
}

const gone = (stack: string): string => `### Stack ${codeSpan(stack)}: neither side of this change has a file of it\n`;

/** A stack that nothing happens to gets no comment, but one that it has is edited to say so. */
const saysSomething = ({ outcome, file, resources, settings, problems, missing }: StackReview): boolean =>
  outcome !== "fine" ||
  file !== "changed" ||
  [resources, settings, problems].some((list) => list.length > 0) ||
  missing.some(({ failed }) => failed);
