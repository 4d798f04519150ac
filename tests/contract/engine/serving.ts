import { setTimeout as sleep } from "node:timers/promises";
import { until } from "../../../lab/until.ts";
import { Connection, type Request } from "./connection.ts";
import { type Engine, type EngineProcess, health } from "./engineProcess.ts";
import { marked, type Seen, seen, shutdownLines } from "./normal.ts";
import { key, maxSequences, servedName, startPod } from "./pod.ts";

export const authorized = { authorization: `Bearer ${key}` };
const model = servedName;
const chat = { model, messages: [{ role: "user", content: "hello" }] };

/** A completion that takes exactly so many tokens. */
export const completion = (tokens: number, more: object = {}): Request => ({
  path: "/v1/completions",
  headers: authorized,
  body: { model, prompt: "hello", max_tokens: tokens, ignore_eos: true, ...more },
});
const chatOf = (more: object): Request => ({
  path: "/v1/chat/completions",
  headers: authorized,
  body: { ...chat, max_tokens: 5, ignore_eos: true, ...more },
});

/** Requests of which each is made on a connection of its own. */
const requests: Record<string, Request> = {
  health: { path: "/health" },
  ping: { path: "/ping" },
  version: { path: "/version" },
  load: { path: "/load" },
  models: { path: "/v1/models", headers: authorized },
  "models without the key": { path: "/v1/models" },
  "models with a wrong key": { path: "/v1/models", headers: { authorization: "Bearer other" } },
  "models with the key, but not as a bearer's": { path: "/v1/models", headers: { authorization: key } },
  "completion without the key": { ...completion(5), headers: {} },
  completion: completion(5),
  "completion without a limit": { ...completion(5), body: { model, prompt: "hello", ignore_eos: true } },
  "two completions": completion(3, { n: 2 }),
  "completion, streamed": completion(5, { stream: true }),
  "completion, streamed with usage": completion(5, { stream: true, stream_options: { include_usage: true } }),
  chat: chatOf({}),
  "chat, max_completion_tokens": chatOf({ max_tokens: undefined, max_completion_tokens: 4 }),
  "chat, streamed": chatOf({ stream: true }),
  "chat, streamed with usage": chatOf({ stream: true, stream_options: { include_usage: true } }),
  "chat, streamed with usage all along": chatOf({
    stream: true,
    stream_options: { include_usage: true, continuous_usage_stats: true },
    max_tokens: 1,
  }),
  "another model": completion(5, { model: "other" }),
  "another model, chat": chatOf({ model: "other", stream: true }),
  "broken JSON": { ...completion(5), body: '{"model": ' },
  "no JSON": { ...completion(5), headers: { ...authorized, "content-type": "text/plain" } },
  "no messages": { path: "/v1/chat/completions", headers: authorized, body: { model } },
  "prompt too long": completion(5, { prompt: "a".repeat(17000) }),
  "chat too long": chatOf({ messages: [{ role: "user", content: "a".repeat(17000) }] }),
  "more tokens than there is room": completion(17000),
  "no room for all of them": completion(100, { prompt: "a".repeat(16300) }),
  "no prompt": { path: "/v1/completions", headers: authorized, body: { model } },
  "prompts in a list": completion(3, { prompt: ["hello", "you"] }),
  "prompt as tokens": completion(3, { prompt: [1, 2, 3] }),
  "no model": completion(3, { model: undefined }),
  "max_tokens below one": completion(0),
  "no such route": { path: "/nothing" },
  "no such route below the key": { path: "/v1/nothing" },
  "no such route with the key": { path: "/v1/nothing", headers: authorized },
  "wrong method": { path: "/v1/completions", headers: authorized },
  "wrong method on health": { path: "/health", method: "POST" },
  "head of health": { path: "/health", method: "HEAD" },
  "asked to close": { path: "/health", headers: { connection: "close" } },
  "asked to close after a stream": {
    ...completion(3, { stream: true }),
    headers: { ...authorized, connection: "close" },
  },
  preflight: {
    path: "/v1/completions",
    method: "OPTIONS",
    headers: { origin: "https://example.com", "access-control-request-method": "POST" },
  },
  "of another origin": { path: "/v1/models", headers: { ...authorized, origin: "https://example.com" } },
};

/** What the engine prints until it serves. */
const startMarks = [
  /version \d\S*/,
  /non-default args: \{'model_tag': /,
  /Resolved architecture: \w+/,
  /Using max model len \d+/,
  /Initializing a V1 LLM engine \(v\S+\) with config: model=/,
  /Starting to load model/,
  /Loading weights took/,
  /Supported tasks: .*/,
  /Starting vLLM server on http:\S+/,
  /Available routes are:/,
  /Route: \/health, Methods: GET/,
  /^INFO: {5}Started server process \[\d+\]/,
  /^INFO: {5}Waiting for application startup\./,
  /^INFO: {5}Application startup complete\./,
];

/** Asks on a connection of its own. */
export async function ask(port: number, request: Request): Promise<Seen | "closed"> {
  const connection = await Connection.open(port);
  const answer = await seen(connection, await connection.request(request));
  connection.drop();
  return answer;
}

/** The gauges of requests, as /metrics gives them. */
export async function gauges(port: number): Promise<string[]> {
  const connection = await Connection.open(port);
  const response = await connection.request({ path: "/metrics" });
  connection.drop();
  const text = response?.parts.join("") ?? "";
  return text.split("\n").filter((line) => /^vllm:num_requests_(running|waiting)\{/.test(line));
}

const count = (lines: string[], state: string) =>
  Number(
    lines
      .find((line) => line.startsWith(`vllm:num_requests_${state}{`))
      ?.split(" ")
      .at(-1),
  );

/** Start, requests and an end without any: everything that an engine does while nobody wants it gone. */
export async function serving(engine: Engine, folder: string, signal: AbortSignal) {
  const pod = await startPod(engine, signal, folder);
  try {
    const before = await pod.ready();
    const start = { before, lines: marked(pod.lines, startMarks) };
    const answers = Object.entries(requests).map(async ([name, request]) => [name, await ask(pod.port, request)]);
    return {
      start,
      requests: Object.fromEntries(await Promise.all(answers)),
      metrics: await metrics(pod),
      queue: await queue(pod, signal),
      "several requests on one connection": await several(pod),
      "idle connection": await idle(pod),
      "SIGTERM without a request": await endIdle(pod),
    };
  } finally {
    await pod.stop();
  }
}

async function metrics(pod: EngineProcess) {
  const answer = await ask(pod.port, { path: "/metrics" });
  if (answer === "closed") return answer;
  const families = String(answer.body).match(/^# (HELP|TYPE) vllm:num_requests_(running|waiting) .*$/gm);
  return { ...answer, body: [...(families ?? []), ...(await gauges(pod.port))].sort() };
}

/** More requests than the engine serves at a time: the rest waits; those whose client goes away are dropped. */
async function queue(pod: EngineProcess, signal: AbortSignal) {
  const connections: Connection[] = [];
  for (let each = 0; each < maxSequences + 2; each++) {
    const connection = await Connection.open(pod.port);
    connections.push(connection);
    void connection.start(completion(16000, { stream: true }));
  }
  const full = async () => count(await gauges(pod.port), "waiting") === 2;
  await until("two waiting requests", 30, signal, full);
  const during = await gauges(pod.port);
  for (const connection of connections) connection.drop();
  await until("no request left", 30, signal, async () => count(await gauges(pod.port), "running") === 0);
  return { during, "after the clients went": await gauges(pod.port) };
}

/** Requests that follow each other, after an error too, and a stream between them. */
async function several(pod: EngineProcess) {
  const connection = await Connection.open(pod.port);
  const statuses: unknown[] = [];
  for (const name of ["completion", "models without the key", "completion, streamed", "another model", "health"]) {
    const response = await connection.request(requests[name] ?? { path: name });
    statuses.push(response?.status ?? "closed");
  }
  connection.drop();
  return statuses;
}

/** A connection on which nothing comes any more: vLLM's own time for it is 5 seconds. */
async function idle(pod: EngineProcess) {
  const connection = await Connection.open(pod.port);
  await connection.request({ path: "/health" });
  await sleep(4000);
  const soon = connection.closed;
  for (let waited = 0; waited < 8000 && !connection.closed; waited += 20) await sleep(20);
  return { "after 4 s": soon ? "closed" : "open", "after 12 s": connection.closed ? "closed" : "open" };
}

/** The end of an engine that has nothing to do, with an idle connection. */
async function endIdle(pod: EngineProcess) {
  const connection = await Connection.open(pod.port);
  await connection.request({ path: "/health" });
  const printed = pod.lines.length;
  pod.signal("SIGTERM");
  const exit = await pod.exit;
  return {
    exit,
    "idle connection": connection.closed ? "closed" : "open",
    afterwards: await health(pod.port),
    lines: shutdownLines(pod.lines.slice(printed)),
  };
}
