import { type Account, type Answer, type Asked, type FakeComment, pageOf, type Store } from "./fakeApi.ts";

const refused = (status: number, message: string): Answer => ({ status, body: { message } });

const notes = "/projects/12/merge_requests/7/notes";

/** GitLab's answer, of merge request 7 of project 12. A maintainer may edit the comments of others, too. */
export function gitlab(platform: Store, asked: Asked, account: Account | undefined): Answer {
  const { method, path, body } = asked;
  if (!account) return refused(401, "401 Unauthorized");
  if (path === "/user") return { status: 200, body: { id: account.id, username: account.login } };
  if (path === "/projects/12/merge_requests/7") return { status: 200, body: { iid: 7, sha: platform.head } };
  if (path === notes && method === "GET") return listed(platform, asked);
  if (path === notes && method === "POST")
    return wrong(body) ?? { status: 201, body: shown(platform.add(account, String(body.body))) };
  const comment = platform.comments.find(({ id }) => path === `${notes}/${id}`);
  if (!comment) return refused(404, "404 Not found");
  if (method === "DELETE") {
    platform.comments = platform.comments.filter((one) => one !== comment);
    return { status: 204 };
  }
  if (method !== "PUT") return refused(404, "404 Not found");
  const error = wrong(body);
  if (!error) comment.body = platform.settle(String(body.body));
  return error ?? { status: 200, body: shown(comment) };
}

function listed(platform: Store, asked: Asked): Answer {
  const { query } = asked;
  const isOldestFirst = query.get("sort") === "asc" && query.get("order_by") === "created_at";
  const all = isOldestFirst ? platform.comments : platform.comments.toReversed();
  const { items, link, page, last } = pageOf(all, asked, platform.prefix, 20);
  const headers = { link, "x-page": String(page), "x-next-page": page < last ? String(page + 1) : "" };
  return { status: 200, headers, body: items.map(shown) };
}

const shown = ({ id, author: { login, ...author }, body }: FakeComment) => ({
  ...{ id, body, author: { ...author, username: login } },
  system: false,
});

function wrong({ body }: Record<string, unknown>): Answer | undefined {
  if (typeof body !== "string" || body.trim() === "") return refused(400, "400 Bad request - body is missing");
  if ([...body].length <= 1_000_000) return undefined;
  return refused(400, '400 Bad request - Note {:note=>["is too long (maximum is 1000000 characters)"]}');
}
