import type { Refusal } from "./patience.ts";
import type { Place } from "./place.ts";

type Reason =
  | "token"
  | "rights"
  | "locked"
  | "archived"
  | "unseen"
  | "gone"
  | "limit"
  | "down"
  | "certificate"
  | "other";

/** What a refusal means. */
function reasonOf({ status, message }: Refusal): Reason {
  if (status === 401) return "token";
  if (status === 403 && /\barchived\b/i.test(message)) return "archived";
  if (status === 403 && /\blocked\b/i.test(message)) return "locked";
  if (status === 429 || /\brate limit/i.test(message)) return "limit";
  if (status === 403) return "rights";
  if (status === 404) return "unseen";
  if (status === 410) return "gone";
  if (status === 0 && /\bcertificate\b/i.test(message)) return "certificate";
  return status === 0 || status >= 500 ? "down" : "other";
}

/** Whether the token may not write here at all, which is how a fork's job is kept from it. */
export const isWithoutRights = (refusal: Refusal): boolean => reasonOf(refusal) === "rights";

const next: Readonly<Record<Reason, string>> = {
  token: "",
  rights: "",
  locked: "its conversation is locked: unlock it, and run the job again",
  archived: "its repository is archived, so nobody can comment there",
  unseen: "there is no such request, or the token may not see it",
  gone: "it takes no comments any more",
  limit: "run the job again later",
  down: "run the job again once it answers",
  certificate: "name the file of your certificate authority in NODE_EXTRA_CA_CERTS",
  other: "see what it says",
};

const own: Readonly<Record<Place["platform"], { token: string; rights: string }>> = {
  GitHub: {
    token: "GITHUB_TOKEN is wrong or has expired",
    rights: 'the token has no right to it: give the job "permissions: pull-requests: write"',
  },
  GitLab: {
    token: "GITLAB_TOKEN is wrong, was revoked or has expired",
    rights:
      "the token has no right to it: it has to be an access token of the project with scope api and role Reporter or higher, not the job's own",
  },
};

/** Why a comment is not there, and what to do, in one sentence for a person. */
export function refusalText(place: Place, refusal: Refusal): string {
  const { platform, repository, number } = place;
  const request = platform === "GitHub" ? `pull request ${number} of ${repository}` : `merge request ${number}`;
  const said = [...(refusal.status === 0 ? [] : [refusal.status]), ...(refusal.message ? [refusal.message] : [])];
  const reason = reasonOf(refusal);
  return `${platform} did not take the comment on ${request} (${said.join(": ")}): ${{ ...next, ...own[platform] }[reason]}`;
}
