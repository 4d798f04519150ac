import { inLine } from "../../config/signs.ts";

/** What others wrote, in Markdown: it is shown as it is, and does nothing. */

/** Nothing of it is taken for the end of a comment, or for the mark by which a comment is known. */
const unmarked = (text: string): string => text.replaceAll("<!--", "<! --").replaceAll("-->", "-- >");

const longestRun = (text: string): number => Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));

/**
 * Text on one line as a code span: no Markdown, HTML, mention, reference or emoji is read in it, and it ends where it
 * ends, because its fence is longer than any run of backticks in it.
 */
export function codeSpan(text: string): string {
  const line = unmarked(inLine(text));
  if (line.trim() === "") return `\`${JSON.stringify(line)}\``;
  const fence = "`".repeat(longestRun(line) + 1);
  // A space at both ends is taken away again.
  const pad = /^[` ]|[` ]$/.test(line) ? " " : "";
  return `${fence}${pad}${line}${pad}${fence}`;
}
