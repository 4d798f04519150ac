import { type Run, whole } from "./place.ts";

/** What a comment says of itself, in its first line, which a reader does not see. */
export interface Mark {
  project: string;
  stack: string;
  /** The run whose Markdown it is. */
  run: Run;
}

/** Room for the mark in the longest names that Pulumi takes, and for what `bodyOf` adds. */
export const markRoom = 1_000;

const form = /^<!-- pulumi-vllm review: project=(\S+) stack=(\S+) run=(\d{1,15})\.(\d{1,15}) -->$/;

/**
 * The body of a comment. A `/` that begins a line gets a space before it: GitLab, and bots on GitHub, would run what
 * follows as a command with the rights of this comment's author. Markdown shows it as it was.
 */
export function bodyOf({ project, stack, run }: Mark, markdown: string): string {
  const mark = `<!-- pulumi-vllm review: project=${encodeURIComponent(project)} stack=${encodeURIComponent(stack)} run=${run.join(".")} -->`;
  return `${mark}\n${settled(markdown).replace(/^\//gm, " /")}`;
}

/** The Markdown of a body, as it is compared: platforms change the ends of lines, and what is behind the last one. */
export const markdownOf = (body: string): string => settled(body).replace(/^[^\n]*\n?/, "");

const settled = (text: string) => text.replace(/\r\n?/g, "\n").trimEnd();

/** The mark of a body: its first line, and nothing else, so that no text inside of a comment is one. */
export function markOf(body: string): Mark | undefined {
  const [, project, stack, run, attempt] = form.exec(/^[^\r\n]*/.exec(body)?.[0] ?? "") ?? [];
  if (project === undefined || stack === undefined || run === undefined || attempt === undefined) return undefined;
  try {
    const names = { project: decodeURIComponent(project), stack: decodeURIComponent(stack) };
    return { ...names, run: [whole("run", run), whole("attempt", attempt)] };
  } catch {
    return undefined;
  }
}
