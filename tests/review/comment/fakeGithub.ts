import { type Account, type Answer, type Asked, type FakeComment, pageOf, type Store } from "./fakeApi.ts";

const refused = (status: number, message: string, more: object = {}): Answer => ({
  status,
  body: { message, documentation_url: "https://docs.github.com/rest", status: String(status), ...more },
});

/** GitHub's answer, of pull request 7 of `o/r`. Whoever may write there may edit the comments of others, too. */
export function github(platform: Store, asked: Asked, account: Account | undefined): Answer {
  const { method, path, body } = asked;
  if (!account) return refused(401, "Bad credentials");
  if (path === "/graphql" || path === "/api/graphql")
    return /^\{ viewer \{ login \} \}$/.test(String(body.query))
      ? { status: 200, body: { data: { viewer: { login: account.login } } } }
      : { status: 200, body: { errors: [{ message: "Parse error" }] } };
  if (path === "/user" && account.login.endsWith("[bot]"))
    return refused(403, "Resource not accessible by integration");
  if (path === "/repos/o/r/pulls/7") return { status: 200, body: { number: 7, head: { sha: platform.head } } };
  if (path === "/repos/o/r/issues/7/comments" && method === "GET") {
    const { items, link } = pageOf(platform.comments, asked, platform.prefix, 30);
    return { status: 200, headers: { link }, body: items.map(shown) };
  }
  if (path === "/repos/o/r/issues/7/comments" && method === "POST")
    return wrong(body) ?? { status: 201, body: shown(platform.add(account, String(body.body))) };
  const [, id] = /^\/repos\/o\/r\/issues\/comments\/(\d+)$/.exec(path) ?? [];
  const comment = platform.comments.find((one) => one.id === Number(id));
  if (!comment) return refused(404, "Not Found");
  if (method === "DELETE") {
    platform.comments = platform.comments.filter((one) => one !== comment);
    return { status: 204 };
  }
  if (method !== "PATCH") return refused(404, "Not Found");
  const error = wrong(body);
  if (!error) comment.body = platform.settle(String(body.body));
  return error ?? { status: 200, body: shown(comment) };
}

const shown = ({ id, author, body }: FakeComment) => ({
  ...{ id, body, user: { ...author, type: author.login.endsWith("[bot]") ? "Bot" : "User" } },
  html_url: `https://github.com/o/r/pull/7#issuecomment-${id}`,
});

function wrong({ body }: Record<string, unknown>): Answer | undefined {
  if (typeof body !== "string" || body.trim() === "") return refused(422, "Validation Failed", { errors: ["body"] });
  if ([...body].length <= 65_536) return undefined;
  const message = "body is too long (maximum is 65536 characters)";
  return refused(422, "Validation Failed", { errors: [{ resource: "IssueComment", field: "body", message }] });
}
