import type { IncomingHttpHeaders } from "node:http";

/** What the stand-ins of both platforms are made of. */

export interface Account {
  id: number;
  login: string;
}

export interface FakeComment {
  id: number;
  author: Account;
  body: string;
}

export interface Asked {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: Record<string, unknown>;
}

export interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: unknown;
}

/** What a platform keeps. */
export interface Store {
  /** Before the paths of the API. */
  readonly prefix: string;
  comments: FakeComment[];
  /** The newest commit of the request. */
  head: string;
  add(author: Account, body: string): FakeComment;
  /** What the platform makes of a text that it takes. */
  settle(body: string): string;
}

/** The page that a request asks for, with the headers that lead on: at most a hundred, as both platforms have it. */
export function pageOf<One>(all: readonly One[], { path, query, headers }: Asked, prefix: string, usual: number) {
  const size = Math.min(Number(query.get("per_page") ?? usual), 100);
  const page = Number(query.get("page") ?? 1);
  const last = Math.max(1, Math.ceil(all.length / size));
  const link = (rel: string, to: number) => {
    const target = new URLSearchParams(query);
    target.set("page", String(to));
    return `<http://${headers.host}${prefix}${path}?${target}>; rel="${rel}"`;
  };
  const links = [...(page < last ? [link("next", page + 1)] : []), link("last", last)];
  return { items: all.slice((page - 1) * size, page * size), link: links.join(", "), page, last };
}
