import { appendFileSync, existsSync, statSync } from "node:fs";
import type { Place } from "./place.ts";

/** GitHub's limit of what one step writes; beyond it, all of it is dropped. */
const summaryLimit = 1024 * 1024;

/**
 * Puts Markdown where a job without the right to comment can: into its summary on GitHub, into its log on GitLab.
 * Gives where it is; nothing where that has no room for it or is not there.
 */
export function summarise(
  { summary, platform }: Place,
  markdown: string,
  say: (text: string) => void,
): string | undefined {
  const text = `${markdown.trimEnd()}\n\n`;
  if (platform === "GitLab") {
    say(text);
    return "the job's log";
  }
  if (!summary) return undefined;
  const size = existsSync(summary) ? statSync(summary).size : 0;
  if (size + Buffer.byteLength(text) > summaryLimit) return undefined;
  appendFileSync(summary, text);
  return "the job's summary";
}
