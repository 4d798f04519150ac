import { headsUnknownText } from "./fit/heads.ts";
import { startupTooShortText } from "./pod/startup.ts";
import { spareTooSmallText } from "./spare.ts";
import type { VariantPlan } from "./variant.ts";

/** What is allowed, and hardly meant, in words. */
export const warnings = ({ spareTooSmall, startupTooShort, headsUnknown }: VariantPlan["facts"]): string[] => [
  ...(spareTooSmall ? [spareTooSmallText(spareTooSmall)] : []),
  ...(startupTooShort ? [startupTooShortText(startupTooShort)] : []),
  ...(headsUnknown ? [headsUnknownText(headsUnknown)] : []),
];
