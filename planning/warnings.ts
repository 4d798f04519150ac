import { headsUnknownText } from "./fit/heads.ts";
import type { StackPlan } from "./plan.ts";
import { startupTooShortText } from "./pod/startup.ts";
import { spareTooSmallText } from "./spare.ts";
import { redacted } from "./told.ts";
import type { VariantPlan } from "./variant.ts";

/** What is allowed, and hardly meant, of all models of a stack, in words. */
export const stackWarnings = ({ models }: StackPlan): string[] =>
  models.flatMap(({ name, variants }) =>
    variants.flatMap(({ facts }) => warnings(facts).map((text) => redacted(`model ${name}: ${text}`))),
  );

/** The same of one variant. */
export const warnings = ({ spareTooSmall, startupTooShort, headsUnknown }: VariantPlan["facts"]): string[] => [
  ...(spareTooSmall ? [spareTooSmallText(spareTooSmall)] : []),
  ...(startupTooShort ? [startupTooShortText(startupTooShort)] : []),
  ...(headsUnknown ? [headsUnknownText(headsUnknown)] : []),
];
