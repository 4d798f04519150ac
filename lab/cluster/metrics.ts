import { readFileSync } from "node:fs";
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { listen } from "../listen.ts";
import { type ClusterClient, isTrue } from "./client.ts";
import { credentialFiles } from "./credentials.ts";
import { askedFor, discovery, metricValues } from "./metricsApi.ts";

/** The waiting requests of each model, a pod. What nobody set is 0. */
type Waiting = Map<string, number>;

/** The custom metrics API and the endpoint that sets its values. */
export interface MetricsServers {
  /** Port of the API, for the API server. */
  apiPort: number;
  /** `http://127.0.0.1:PORT`, for tests. */
  control: string;
}

/** Serves both on loopback, with the certificate that kube-apiserver has made for itself. */
export async function serveMetrics(client: ClusterClient): Promise<MetricsServers> {
  const waiting: Waiting = new Map();
  const certificate = {
    cert: readFileSync(credentialFiles.servingCertificate),
    key: readFileSync(credentialFiles.servingKey),
  };
  const api = createHttpsServer(certificate, (request, response) => {
    answerMetrics(client, waiting, request).then(
      (body) => (body === undefined ? json(response, 404, { message: "not found" }) : json(response, 200, body)),
      (error: Error) => json(response, 500, { message: error.message }),
    );
  });
  const control = createHttpServer((request, response) => {
    answerControl(waiting, request, response).catch((error: Error) => json(response, 400, { message: error.message }));
  });
  return { apiPort: await listen(api), control: `http://127.0.0.1:${await listen(control)}` };
}

async function answerMetrics(client: ClusterClient, waiting: Waiting, request: IncomingMessage): Promise<unknown> {
  const url = new URL(request.url ?? "/", "https://127.0.0.1");
  const asked = askedFor(url);
  if (asked === undefined) return discovery[url.pathname];
  const { namespace, selector } = asked;
  const pods = await client.list(`/api/v1/namespaces/${namespace}/pods?labelSelector=${encodeURIComponent(selector)}`);
  const serving = pods.filter((pod) => isTrue(pod, "Ready") && pod.metadata.deletionTimestamp === undefined);
  const waitingAt = (model = "") => waiting.get(model) ?? 0;
  return metricValues(
    serving.map(({ metadata }) => ({
      namespace,
      pod: metadata.name,
      value: waitingAt(metadata.labels?.["app.kubernetes.io/instance"]),
    })),
  );
}

async function answerControl(waiting: Waiting, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const model = /^\/models\/([^/]+)$/.exec(request.url ?? "")?.[1];
  if (model === undefined) return json(response, 404, { message: "use PUT or GET /models/<name>" });
  if (request.method === "PUT") {
    let text = "";
    for await (const chunk of request) text += chunk;
    const { waiting: value } = JSON.parse(text);
    if (!Number.isInteger(value) || value < 0) throw new Error('the body is {"waiting": n}, n a whole number from 0');
    waiting.set(model, value);
  }
  json(response, 200, { waiting: waiting.get(model) ?? 0 });
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
