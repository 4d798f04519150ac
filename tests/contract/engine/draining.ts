import { setTimeout as sleep } from "node:timers/promises";
import { until } from "../../../lab/until.ts";
import { Connection, type Request } from "./connection.ts";
import { type Engine, type EngineProcess, health } from "./engineProcess.ts";
import { seen, shutdownLines } from "./normal.ts";
import { maxSequences, shutdownTimeout, startPod } from "./pod.ts";
import { ask, authorized, completion, gauges } from "./serving.ts";

/** Tokens that the engine makes in a second for one request among a few. */
export async function pace(pod: EngineProcess): Promise<number> {
  const all = (tokens: number) =>
    Promise.all(Array.from({ length: maxSequences }, () => ask(pod.port, completion(tokens))));
  await all(16);
  const start = performance.now();
  await all(64);
  return (64 * 1000) / (performance.now() - start);
}

/** Starts a stream and waits for its first parts. */
async function stream(pod: EngineProcess, tokens: number, signal: AbortSignal) {
  const connection = await Connection.open(pod.port);
  const response = await connection.start(completion(tokens, { stream: true }));
  await until("a stream that runs", 30, signal, async () => (response?.received() ?? 0) > 1);
  return { connection, response };
}

/** SIGTERM while streams run that end before the shutdown timeout, and what others see meanwhile. */
export async function draining(engine: Engine, folder: string, signal: AbortSignal) {
  const pod = await startPod(engine, signal, folder);
  try {
    await pod.ready();
    const tokens = Math.ceil((await pace(pod)) * shutdownTimeout * 0.5);
    const kept = await Connection.open(pod.port);
    await kept.request({ path: "/health" });
    const idle = await Connection.open(pod.port);
    await idle.request({ path: "/health" });
    const streams = await Promise.all(Array.from({ length: maxSequences }, () => stream(pod, tokens, signal)));
    const waiting = await Connection.open(pod.port);
    const queued = waiting.start(completion(3, { stream: true }));
    await until("a waiting request", 30, signal, async () => / 1\.0$/m.test((await gauges(pod.port)).join("\n")));

    const printed = pod.lines.length;
    pod.signal("SIGTERM");
    await pod.printed(/\[shutdown\] API server: stopping engine client/);
    const counts = await gauges(pod.port);
    const others: Record<string, Request> = {
      health: { path: "/health" },
      models: { path: "/v1/models", headers: authorized },
      "another model": completion(3, { model: "other" }),
      "request on a fresh connection": completion(3),
      "stream on a fresh connection": completion(3, { stream: true }),
    };
    const answers = Object.entries(others).map(async ([name, request]) => [name, await ask(pod.port, request)]);
    const meanwhile = {
      gauges: counts,
      ...Object.fromEntries(await Promise.all(answers)),
      "request on a kept-alive connection": await seen(kept, await kept.request(completion(3))),
      "the next on that connection": await seen(kept, await kept.request(completion(3))),
      "an idle connection": idle.closed ? "closed" : "open",
      "streams that have ended": streams.filter(({ response }) => response?.done()).length,
    };
    const ends = await Promise.all(
      streams.map(async ({ connection, response }) => seen(connection, await response?.rest())),
    );
    const last = await seen(waiting, await (await queued)?.rest());
    const exit = await pod.exit;
    return {
      meanwhile,
      streams: { ...same(ends), number: ends.length },
      "stream that waited": last,
      exit,
      afterwards: await health(pod.port),
      lines: shutdownLines(pod.lines.slice(printed)),
    };
  } finally {
    await pod.stop();
  }
}

/** SIGTERM while a stream runs that does not end before the shutdown timeout. */
export async function overlong(engine: Engine, folder: string, signal: AbortSignal) {
  const pod = await startPod(engine, signal, folder);
  try {
    await pod.ready();
    const tokens = Math.min(16000, Math.ceil((await pace(pod)) * shutdownTimeout * 10));
    const { connection, response } = await stream(pod, tokens, signal);
    const idle = await Connection.open(pod.port);
    await idle.request({ path: "/health" });
    const printed = pod.lines.length;
    pod.signal("SIGTERM");
    await sleep(shutdownTimeout * 500);
    const before = response?.received() ?? 0;
    await sleep(shutdownTimeout * 250);
    const during = {
      tokens: (response?.received() ?? 0) > before ? "come" : "do not come",
      health: await health(pod.port),
    };
    await pod.printed(/\[shutdown\] API server: signalling HTTP server shutdown/);
    await sleep(1000);
    const stopped = response?.received() ?? 0;
    // As long again as the timeout.
    await sleep(shutdownTimeout * 1000);
    const afterTimeout = {
      tokens: (response?.received() ?? 0) > stopped ? "come" : "do not come",
      stream: connection.closed ? "closed" : "open",
      "idle connection": idle.closed ? "closed" : "open",
      "a fresh connection": await health(pod.port),
      process: pod.ended() ?? "runs",
    };
    connection.drop();
    return {
      "before the timeout": during,
      "after the timeout": afterTimeout,
      "exit once the client has gone": await pod.exit,
      "the engine is killed": pod.lines.some((line) => line.includes("force killing remaining process EngineCore")),
      lines: shutdownLines(pod.lines.slice(printed)),
    };
  } finally {
    await pod.stop();
  }
}

/** One of several that must be the same. */
function same<T extends object | string>(all: T[]): object {
  const [first] = all;
  const differ = all.some((one) => JSON.stringify(one) !== JSON.stringify(first));
  return differ ? { differing: all } : { each: first };
}
