import http from "node:http";
import https from "node:https";
import type { Access } from "./kubeconfig.ts";
import type { KubeObject } from "./objects.ts";

/** An answer of the API server that is not a success. */
export class ApiError extends Error {
  readonly code: number;
  readonly reason: string;
  /** The kind of thing that the answer is about, such as `namespaces`. */
  readonly about: string;

  constructor(code: number, status: { message?: string; reason?: string; details?: { kind?: string } }) {
    super(status.message ?? `the server answered with HTTP status ${code}`);
    this.code = code;
    this.reason = status.reason ?? "";
    this.about = status.details?.kind ?? "";
  }
}

/** The API server could not be asked at all. */
export class Unreachable extends Error {}

type Query = { [key: string]: string | undefined };

/** Requests to one cluster's API server, over kept connections. */
export class Api {
  readonly access: Access;
  #agent: http.Agent;

  constructor(access: Access) {
    this.access = access;
    const options = { keepAlive: true, maxSockets: 32 };
    this.#agent = access.server.startsWith("https:")
      ? new https.Agent({ ...options, ...access.tls })
      : new http.Agent(options);
  }

  /** The JSON at a path. */
  get<Result = KubeObject>(path: string, query: Query = {}): Promise<Result> {
    return this.#send<Result>("GET", path, query);
  }

  /** The JSON at a path, or nothing where the server says that there is none. */
  async find<Result = KubeObject>(path: string): Promise<Result | undefined> {
    try {
      return await this.get<Result>(path);
    } catch (error) {
      if (error instanceof ApiError && error.code === 404) return undefined;
      throw error;
    }
  }

  post(path: string, query: Query, body: unknown): Promise<KubeObject> {
    return this.#send("POST", path, query, body, "application/json");
  }

  /** Server-side apply. JSON is YAML too, which is what the server asks for. */
  apply(path: string, query: Query, body: unknown): Promise<KubeObject> {
    return this.#send("PATCH", path, query, body, "application/apply-patch+yaml");
  }

  jsonPatch(path: string, body: unknown): Promise<KubeObject> {
    return this.#send("PATCH", path, {}, body, "application/json-patch+json");
  }

  delete(path: string, body: unknown): Promise<unknown> {
    return this.#send("DELETE", path, {}, body, "application/json");
  }

  #send<Result = KubeObject>(
    method: string,
    path: string,
    query: Query,
    body?: unknown,
    contentType?: string,
  ): Promise<Result> {
    const url = new URL(this.access.server + path);
    for (const [key, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(key, value);
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const headers: http.OutgoingHttpHeaders = { ...this.access.headers, Accept: "application/json" };
    if (payload !== undefined) {
      headers["Content-Type"] = contentType;
      headers["Content-Length"] = Buffer.byteLength(payload);
    }
    const { request: open } = url.protocol === "https:" ? https : http;
    return new Promise((resolve, reject) => {
      const failed = (error: Error) => reject(new Unreachable(`${verb(method)} "${url.href}": ${reasonOf(error)}`));
      const request = open(url, { method, headers, agent: this.#agent, timeout: 32_000 }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", failed);
        response.on("end", () => {
          const result = json(Buffer.concat(chunks).toString("utf8"));
          const code = response.statusCode ?? 0;
          if (code >= 200 && code < 300) resolve(result as Result);
          else reject(new ApiError(code, result));
        });
      });
      request.on("timeout", () =>
        request.destroy(new Error("net/http: request canceled: no answer within 32 seconds")),
      );
      request.on("error", failed);
      request.end(payload);
    });
  }
}

function json(text: string): { message?: string } {
  try {
    return JSON.parse(text);
  } catch {
    return { message: text.trim() };
  }
}

function verb(method: string): string {
  return method[0] + method.slice(1).toLowerCase();
}

/** A socket's error, in the words that Go uses for it and that people search for. */
function reasonOf(error: NodeJS.ErrnoException & { address?: string; port?: number; hostname?: string }): string {
  const host = `${error.address}:${error.port}`;
  if (error.code === "ECONNREFUSED") return `dial tcp ${host}: connect: connection refused`;
  if (error.code === "ETIMEDOUT") return `dial tcp ${host}: i/o timeout`;
  if (error.code === "ENOTFOUND") return `dial tcp: lookup ${error.hostname}: no such host`;
  if (error.code?.includes("CERT") || error.code?.includes("SELF_SIGNED")) {
    return `tls: failed to verify certificate: x509: ${error.message}`;
  }
  return error.message || String(error.code);
}
