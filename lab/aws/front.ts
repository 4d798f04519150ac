import { Agent, createServer, type IncomingMessage, type ServerResponse, request as send } from "node:http";
import { listen } from "../listen.ts";
import { PodIdentity } from "./podIdentity.ts";
import { answer, route } from "./podIdentityApi.ts";

/** The lab's AWS, as it is served. */
export interface AwsFront {
  /** `http://127.0.0.1:PORT` */
  endpoint: string;
  close(): void;
}

/** Serves the lab's AWS: everything passes to moto as it came, except what moto lacks. */
export async function serveAws(motoPort: number): Promise<AwsFront> {
  const podIdentity = new PodIdentity();
  const agent = new Agent({ keepAlive: true });
  const server = createServer({ maxHeaderSize: 256 * 1024, requestTimeout: 0 }, (request, response) => {
    const own = route(request);
    if (own) {
      void answer(podIdentity, own, request, response, (name) => clusterExists(agent, motoPort, request, name));
    } else {
      pass(agent, motoPort, request, response);
    }
  });
  const endpoint = `http://127.0.0.1:${await listen(server)}`;
  const close = () => {
    server.close();
    server.closeAllConnections();
    agent.destroy();
  };
  return { endpoint, close };
}

/** Sends a request to moto, and the answer back, with their headers and bodies as they are. */
function pass(agent: Agent, port: number, request: IncomingMessage, response: ServerResponse): void {
  const upstream = send(
    {
      agent,
      host: "127.0.0.1",
      port,
      method: request.method,
      path: request.url,
      // Node has answered `100-continue` already, and connections are each side's own.
      headers: withoutHeaders(request.rawHeaders, ["expect", "connection"]),
    },
    (answered) => {
      response.sendDate = false;
      const headers = withoutHeaders(answered.rawHeaders, ["connection"]);
      response.writeHead(answered.statusCode ?? 502, answered.statusMessage, headers);
      answered.pipe(response);
      answered.on("error", () => response.destroy());
    },
  );
  upstream.on("error", (error) => {
    if (response.headersSent) response.destroy();
    else
      response
        .writeHead(502, { "content-type": "text/plain" })
        .end(`the lab's moto does not answer: ${error.message}\n`);
  });
  response.on("close", () => upstream.destroy());
  request.pipe(upstream);
}

/** A raw header list (name, value, name, value, …) without some of its headers. */
function withoutHeaders(raw: string[], names: string[]): string[] {
  const kept: string[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const [name = "", value = ""] = raw.slice(index, index + 2);
    if (!names.includes(name.toLowerCase())) kept.push(name, value);
  }
  return kept;
}

/** Asks moto for a cluster, in the region and account of the request. */
function clusterExists(agent: Agent, port: number, request: IncomingMessage, name: string): Promise<boolean> {
  const headers = { host: request.headers.host ?? "", authorization: request.headers.authorization ?? "" };
  const path = `/clusters/${encodeURIComponent(name)}`;
  return new Promise((done, failed) => {
    send({ agent, host: "127.0.0.1", port, path, headers }, (answered) => {
      answered.resume();
      answered.on("end", () => done(answered.statusCode === 200));
    })
      .on("error", failed)
      .end();
  });
}
