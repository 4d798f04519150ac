import type { Review, StackReview } from "../review.ts";
import { codeSpan } from "./escape.ts";
import { type Item, type Section, sectionsOf } from "./sections.ts";
import { comparison, costFigures, counted, gpuFigures, policyFigures, takenAway, title } from "./words.ts";

/** What bounds a comment. */
export interface Bounds {
  /** The most characters that a platform takes: 65,536 on GitHub, 1,000,000 on GitLab. */
  limit?: number;
  /** The address of the whole review, to which a comment leads that leaves something out. */
  whole?: string;
}

/**
 * The review of one stack as Markdown of GitHub and GitLab. Its first five lines say what is destroyed, replaced or
 * interrupted, GPUs, cost and policy. Where all would pass the limit, details are left out first, then whole resources; both
 * are counted.
 */
export function markdownOf(review: Review, stack: StackReview, { limit = Infinity, whole }: Bounds = {}): string {
  const head = [
    `### ${title(stack, codeSpan)}`,
    `- **Destroyed, replaced, interrupted:** ${takenAway(stack, codeSpan)}`,
    `- **GPUs:** ${gpuFigures(stack)}`,
    `- **Cost:** ${costFigures(stack, codeSpan)}`,
    `- **Policy:** ${policyFigures(stack, codeSpan)}`,
    "",
    `${comparison(review, stack, codeSpan)}.`,
  ].join("\n");
  const where = whole === undefined ? "the full review" : `[the full review](${encodeURI(whole)})`;
  const sections = sectionsOf(stack, codeSpan);
  // Each keeps room for its frame, and for the line that says what is left out.
  const frames = sections.map((one) => sectionText(one, [""], one.items.length, where).length + 2);
  let left = limit - head.length - 1 - frames.reduce((sum, one) => sum + one, 0);
  const fits = (more: number): boolean => {
    if (more > left) return false;
    left -= more;
    return true;
  };
  const told = sections.map(({ items }) => items.filter((item) => fits(shortText(item).length + 1)));
  // Where all is told that there is room for, what belongs to it.
  const texts = sections.map((section, index) => {
    const items = told[index] ?? [];
    const kept = items.map((item) => {
      const [short, long] = [shortText(item), longText(item)];
      return fits(long.length - short.length) ? long : short;
    });
    return sectionText(section, kept, section.items.length - items.length, where);
  });
  return `${[head, ...texts].join("\n\n")}\n`;
}

function sectionText(
  { title, noun, open, items }: Section,
  kept: readonly string[],
  leftOut: number,
  where: string,
): string {
  const rest =
    leftOut > 0
      ? [`- … ${counted(leftOut, `${kept.length > 0 ? "further " : ""}${noun}`)} left out: see ${where}`]
      : [];
  const list = [...kept, ...rest].join("\n");
  if (open) return `**${title}**\n\n${list}`;
  return `<details><summary>${title}: ${counted(items.length, noun)}</summary>\n\n${list}\n\n</details>`;
}

const longText = ({ line, inner }: Item) => [`- ${line}`, ...inner.map((one) => `  - ${one}`)].join("\n");

const shortText = ({ line, inner }: Item) =>
  inner.length === 0 ? `- ${line}` : `- ${line} (… ${counted(inner.length, "detail")} left out)`;
