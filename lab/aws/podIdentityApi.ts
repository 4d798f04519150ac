import type { IncomingMessage, ServerResponse } from "node:http";
import { EksError, type PodIdentity } from "./podIdentity.ts";

/** A request that the lab answers in moto's place. */
export type Route =
  | { kind: "association"; region: string; cluster: string; id: string | undefined; query: URLSearchParams }
  | { kind: "tags"; arn: string; query: URLSearchParams };

/** Recognises what moto's EKS lacks: Pod Identity associations and their tags. Everything else is undefined. */
export function route(request: IncomingMessage): Route | undefined {
  // The service is in the signature's scope: a path alone could be an object in a bucket.
  const region = /Credential=[^/]+\/\d+\/([^/]+)\/eks\//.exec(request.headers.authorization ?? "")?.[1];
  if (region === undefined) return undefined;
  const { pathname, searchParams: query } = new URL(request.url ?? "/", "http://127.0.0.1");
  const [root, first = "", second, third, ...rest] = pathname.replace(/\/$/, "").split("/").slice(1).map(decode);
  if (root === "clusters" && second === "pod-identity-associations" && rest.length === 0) {
    return { kind: "association", region, cluster: first, id: third, query };
  }
  const arn = decode(pathname.slice("/tags/".length));
  const isTags = root === "tags" && /^arn:aws[\w-]*:eks:[^:]*:\d+:podidentityassociation\//.test(arn);
  return isTags ? { kind: "tags", arn, query } : undefined;
}

/** Answers such a request. `clusterExists` asks moto. */
export async function answer(
  podIdentity: PodIdentity,
  route: Route,
  request: IncomingMessage,
  response: ServerResponse,
  clusterExists: (name: string) => Promise<boolean>,
): Promise<void> {
  try {
    let text = "";
    for await (const chunk of request) text += chunk;
    const body = text === "" ? {} : JSON.parse(text);
    if (route.kind === "association" && !(await clusterExists(route.cluster))) {
      throw new EksError(404, "ResourceNotFoundException", `No cluster found for name: ${route.cluster}.`);
    }
    const result =
      route.kind === "tags"
        ? answerTags(podIdentity, route, request.method, body)
        : answerAssociation(podIdentity, route, request.method, body);
    send(response, 200, result);
  } catch (error) {
    const known = error instanceof EksError ? error : new EksError(400, "InvalidRequestException", String(error));
    response.setHeader("x-amzn-errortype", known.name);
    send(response, known.status, { __type: known.name, message: known.message });
  }
}

function answerAssociation(
  podIdentity: PodIdentity,
  { region, cluster, id, query }: Extract<Route, { kind: "association" }>,
  method: string | undefined,
  body: object,
): unknown {
  if (id === undefined) {
    if (method === "POST") return { association: podIdentity.create(region, cluster, body) };
    if (method !== "GET") throw notAllowed(method);
    const found = podIdentity.list(
      cluster,
      query.get("namespace") ?? undefined,
      query.get("serviceAccount") ?? undefined,
    );
    return {
      associations: found.map(({ clusterName, namespace, serviceAccount, associationArn, associationId }) => {
        return { clusterName, namespace, serviceAccount, associationArn, associationId };
      }),
    };
  }
  if (method === "GET") return { association: podIdentity.get(cluster, id) };
  if (method === "POST") return { association: podIdentity.update(cluster, id, body) };
  if (method === "DELETE") return { association: podIdentity.delete(cluster, id) };
  throw notAllowed(method);
}

function answerTags(
  podIdentity: PodIdentity,
  { arn, query }: Extract<Route, { kind: "tags" }>,
  method: string | undefined,
  body: { tags?: Record<string, string> },
): unknown {
  const tags = podIdentity.tags(arn);
  if (method === "GET") return { tags };
  if (method === "POST") Object.assign(tags, body.tags);
  else if (method === "DELETE") for (const key of query.getAll("tagKeys")) delete tags[key];
  else throw notAllowed(method);
  return {};
}

function notAllowed(method: string | undefined): EksError {
  return new EksError(400, "InvalidRequestException", `${method} is not known here`);
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
