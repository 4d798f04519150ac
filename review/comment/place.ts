/** The order of runs on one platform: its run or pipeline, and the attempt or job in it. A later one has a higher. */
export type Run = readonly [number, number];

/** Whether a run came after another. */
export const isLater = ([run, attempt]: Run, [other, otherAttempt]: Run): boolean =>
  run === other ? attempt > otherAttempt : run > other;

/** The pull request (GitHub) or merge request (GitLab) that a job looks at, and how it may comment there. */
export interface Place {
  platform: "GitHub" | "GitLab";
  /** The address of its API: `https://api.github.com`, `https://gitlab.com/api/v4`. */
  api: string;
  /** `owner/name`; of GitLab the number of the project. */
  repository: string;
  number: number;
  /** The commit that this job looks at: the request's newest when the job was started. */
  commit: string;
  run: Run;
  /** From a repository of others: its jobs may have no token, or one that may not write. */
  isFork: boolean;
  /** The token, as a function, so that nothing prints it by printing this. Only a fork may have none. */
  token?: () => string;
  /** The file in which the job's summary is written. GitLab has none. */
  summary?: string;
  /** The address of the page where a person finds what the job has kept. */
  kept?: string;
  /** How many characters the Markdown of a comment may have: the platform's limit less the room for the mark. */
  markdownLimit: number;
}

/** Why a job cannot comment, for a person: what is missing, and what to set. */
export class PlaceError extends Error {}

/** Variables that a platform sets in every job; an error names those that are missing. */
export function required<Name extends string>(
  env: NodeJS.ProcessEnv,
  platform: Place["platform"],
  names: readonly Name[],
): Record<Name, string> {
  const missing = names.filter((name) => !env[name]);
  if (missing.length > 0)
    throw new PlaceError(
      `${missing.join(", ")} ${missing.length > 1 ? "are" : "is"} not set: ${platform} sets ${missing.length > 1 ? "them" : "it"} in every job of a ${platform === "GitHub" ? "pull" : "merge"} request; hand ${missing.length > 1 ? "them" : "it"} on where the review runs in a container of its own`,
    );
  return Object.fromEntries(names.map((name) => [name, env[name]])) as Record<Name, string>;
}

/** A number that a platform gave as text. */
export function whole(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new PlaceError(`${name} is no number from 1 up`);
  return value;
}

/** The address of an API without a slash at its end. */
export function address(name: string, text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw new PlaceError(`${name} is no address of HTTP or HTTPS`);
  return text.replace(/\/+$/, "");
}

/** The address of a page, in parts; none where the platform does not say one of them: nothing depends on it. */
export const pageOf = (...parts: readonly (string | undefined)[]): string | undefined =>
  parts.every((part) => part) && URL.canParse(parts[0] ?? "") ? parts.join("/") : undefined;

/** The token of a variable; a fork has none. What cannot be sent in a header would be told by what sends it. */
export function tokenOf(env: NodeJS.ProcessEnv, name: string, isFork: boolean, next: string): { token?: () => string } {
  const token = env[name]?.trim();
  if (!token && isFork) return {};
  if (!token) throw new PlaceError(`${name} is not set: ${next}`);
  if (!/^[\x21-\x7e]+$/.test(token)) throw new PlaceError(`${name} holds what no token has, such as a space: ${next}`);
  return { token: () => token };
}
