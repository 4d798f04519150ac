import { Refusal, refusalOf } from "./patience.ts";
import type { Place } from "./place.ts";
import type { Thread } from "./thread.ts";

/** The comments of a pull request of GitHub, by its REST API. The library is loaded when it is needed. */
export async function githubThread(place: Place, token: string, fetch: typeof globalThis.fetch): Promise<Thread> {
  const [{ Octokit }, { paginateRest }] = await Promise.all([
    import("@octokit/core"),
    import("@octokit/plugin-paginate-rest"),
  ]);
  const octokit = new (Octokit.plugin(paginateRest))({ auth: token, baseUrl: place.api, request: { fetch } });
  const [owner = "", repo = ""] = place.repository.split("/");
  const at = { owner, repo };
  return {
    async account() {
      // `GET /user` is forbidden to the tokens of jobs and apps; this tells theirs too, as comments have it.
      try {
        const { viewer } = await octokit.graphql<{ viewer: { login: string } }>("{ viewer { login } }");
        return viewer.login;
      } catch (error) {
        throw refusalOf(error) ?? new Refusal(200, `it does not tell whose token it is: ${(error as Error).message}`);
      }
    },
    async head() {
      const { data } = await octokit.request("GET /repos/{owner}/{repo}/pulls/{pull_number}", {
        ...{ ...at, pull_number: place.number },
      });
      return data.head.sha;
    },
    async list() {
      const all = await octokit.paginate("GET /repos/{owner}/{repo}/issues/{issue_number}/comments", {
        ...{ ...at, issue_number: place.number, per_page: 100 },
      });
      // The account of a comment may be gone.
      return all.map(({ id, user, body }) => ({ id: Number(id), author: user?.login ?? "", body: body ?? "" }));
    },
    async create(body) {
      const { data } = await octokit.request("POST /repos/{owner}/{repo}/issues/{issue_number}/comments", {
        ...{ ...at, issue_number: place.number, body },
      });
      return Number(data.id);
    },
    async edit(id, body) {
      await octokit.request("PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}", {
        ...{ ...at, comment_id: id, body },
      });
    },
    async remove(id) {
      await octokit.request("DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}", { ...at, comment_id: id });
    },
  };
}
