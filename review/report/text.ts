import type { Review, StackReview } from "../review.ts";
import { type Item, type Section, sectionsOf } from "./sections.ts";
import { comparison, costFigures, gpuFigures, policyFigures, type Quote, takenAway, title } from "./words.ts";

/** A review for a person to read. */
export const textOf = (review: Review): string => review.stacks.map((stack) => stackText(review, stack)).join("\n\n");

const asIs: Quote = (text) => text;

function stackText(review: Review, stack: StackReview): string {
  const head = [
    title(stack, asIs),
    `  destroyed, replaced, interrupted: ${takenAway(stack, asIs)}`,
    `  GPUs: ${gpuFigures(stack)}`,
    `  cost: ${costFigures(stack, asIs)}`,
    `  policy: ${policyFigures(stack, asIs)}`,
    `  ${comparison(review, stack, asIs)}`,
  ];
  return [...head, ...sectionsOf(stack, asIs).map(sectionText)].join("\n");
}

const sectionText = ({ title, items }: Section) => ["", title, ...items.map(itemText)].join("\n");

const itemText = ({ line, inner }: Item) =>
  [line, ...inner.map((one) => `  ${one}`)].map((one) => `  ${one.replaceAll("\n", "\n    ")}`).join("\n");
