import type { RequestOptions, ResponseBodyTypes } from "@gitbeaker/requester-utils";
import type { Place } from "./place.ts";
import type { Thread } from "./thread.ts";

/** The comments of a merge request of GitLab, by its REST API. The library is loaded when it is needed. */
export async function gitlabThread(place: Place, token: string, fetch: typeof globalThis.fetch): Promise<Thread> {
  const [{ MergeRequestNotes, MergeRequests, Users }, { createRequesterFn }] = await Promise.all([
    import("@gitbeaker/rest"),
    import("@gitbeaker/requester-utils"),
  ]);
  // Its own requests are tried ten times within a quarter of a second, whatever GitLab asks for.
  const requesterFn = createRequesterFn(
    (_, options) => Promise.resolve(options),
    async (endpoint, options) => {
      const { prefixUrl = "", searchParams = "", method = "GET", headers = {}, body } = options as RequestOptions;
      const url = new URL(endpoint, prefixUrl.replace(/\/?$/, "/"));
      url.search = searchParams;
      const response = await fetch(url, { method, headers, ...(body === undefined ? {} : { body }) });
      return {
        status: response.status,
        headers: Object.fromEntries(response.headers),
        body: response.status === 204 ? null : ((await response.json()) as ResponseBodyTypes),
      };
    },
  );
  const options = { host: place.api.replace(/\/api\/v4$/, ""), token, requesterFn, queryTimeout: null };
  const notes = new MergeRequestNotes(options);
  const requests = new MergeRequests(options);
  const users = new Users(options);
  const at = [place.repository, place.number] as const;
  return {
    account: async () => String((await users.showCurrentUser()).id),
    head: async () => (await requests.show(...at)).sha || undefined,
    async list() {
      const all = await notes.all(...at, { perPage: 100, sort: "asc", orderBy: "created_at" });
      return all.map(({ id, author, body }) => ({ id, author: String(author.id), body }));
    },
    create: async (body) => (await notes.create(...at, body)).id,
    async edit(id, body) {
      await notes.edit(...at, id, { body });
    },
    async remove(id) {
      await notes.remove(...at, id);
    },
  };
}
