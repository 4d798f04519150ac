import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { TestContext } from "node:test";
import { listen } from "../../../lab/listen.ts";
import type { Account, Answer, Asked, FakeComment, Store } from "./fakeApi.ts";
import { github } from "./fakeGithub.ts";
import { gitlab } from "./fakeGitlab.ts";

/** An answer in the place of the platform's own. */
export interface Fault {
  /** Of requests as `PATCH /repos/o/r/issues/comments/1`. */
  of: RegExp;
  status: number;
  headers?: Record<string, string>;
  body?: unknown;
  /** How often; once where it is left out. */
  times?: number;
  /** Whether the request is carried out all the same. */
  isCarriedOut?: boolean;
  /** Whether the connection ends in the middle of the platform's own answer. */
  isCut?: boolean;
}

/** A platform's API on loopback, as its documentation has it: pages, checks of what is sent, increasing numbers. */
export class FakePlatform implements Store {
  readonly kind: "GitHub" | "GitLab";
  /** Before the paths of the API. */
  readonly prefix: string;
  /** Whose tokens they are. */
  readonly accounts = new Map<string, Account>();
  comments: FakeComment[] = [];
  head = "head0";
  faults: Fault[] = [];
  /** What was asked, without queries: `GET /repos/o/r/pulls/7`. */
  asked: string[] = [];
  /** Is awaited before a request is carried out. */
  gate: (asked: Asked, token: string) => Promise<void> | void = () => {};
  /** What the platform makes of a text that it takes. */
  settle = (body: string): string => body;
  #last = 1000;

  constructor(kind: "GitHub" | "GitLab", prefix: string) {
    this.kind = kind;
    this.prefix = prefix;
  }

  add(author: Account, body: string): FakeComment {
    const comment = { id: ++this.#last, author, body: this.settle(body) };
    this.comments.push(comment);
    return comment;
  }

  async answer(asked: Asked, token: string): Promise<Answer & Pick<Fault, "isCut">> {
    await this.gate(asked, token);
    const name = `${asked.method} ${asked.path}`;
    this.asked.push(name);
    const fault = this.faults.find(({ of, times = 1 }) => times > 0 && of.test(name));
    if (fault) fault.times = (fault.times ?? 1) - 1;
    if (fault && !fault.isCarriedOut && !fault.isCut) return fault;
    const own = (this.kind === "GitHub" ? github : gitlab)(this, asked, this.accounts.get(token));
    return fault?.isCut ? { ...own, isCut: true } : (fault ?? own);
  }
}

/** The token of a request: each platform has its own header. */
const tokenIn = ({ headers }: IncomingMessage): string =>
  /^(?:token|bearer) (.*)$/i.exec(headers.authorization ?? "")?.[1] ?? String(headers["private-token"] ?? "");

async function serve(platform: FakePlatform, request: IncomingMessage, response: ServerResponse): Promise<void> {
  let text = "";
  for await (const part of request.setEncoding("utf8")) text += part;
  const url = new URL(request.url ?? "/", `http://${request.headers.host}`);
  const body = text === "" ? {} : JSON.parse(text);
  const { method = "GET", headers } = request;
  const path = url.pathname.startsWith(platform.prefix) ? url.pathname.slice(platform.prefix.length) : url.pathname;
  const asked = { method, path, query: url.searchParams, headers, body };
  const answer = await platform.answer(asked, tokenIn(request));
  const isText = typeof answer.body === "string";
  response.writeHead(answer.status, {
    ...(answer.body === undefined ? {} : { "content-type": isText ? "text/html" : "application/json; charset=utf-8" }),
    ...answer.headers,
  });
  if (answer.isCut) {
    const text = JSON.stringify(answer.body);
    response.write(text.slice(0, text.length / 2), () => response.destroy());
    return;
  }
  response.end(isText ? answer.body : answer.body === undefined ? "" : JSON.stringify(answer.body));
}

/** Starts one for a test; its address is that of the API. */
export async function startPlatform(
  t: Pick<TestContext, "after">,
  kind: "GitHub" | "GitLab",
  prefix = kind === "GitHub" ? "" : "/api/v4",
): Promise<{ platform: FakePlatform; address: string }> {
  const platform = new FakePlatform(kind, prefix);
  const server = createServer((request, response) => void serve(platform, request, response));
  const port = await listen(server);
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { platform, address: `http://127.0.0.1:${port}${prefix}` };
}
