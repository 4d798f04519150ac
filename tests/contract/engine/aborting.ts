import { writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { until } from "../../../lab/until.ts";
import { Connection } from "./connection.ts";
import type { Engine } from "./engineProcess.ts";
import { shutdownLines } from "./normal.ts";
import { startPod } from "./pod.ts";
import { ask, completion } from "./serving.ts";

/**
 * Settings that the product does not make by itself: a key by flag, a middleware of one's own, and no shutdown timeout,
 * the engine's default, with which SIGTERM leaves what runs no time.
 */
export async function aborting(engine: Engine, folder: string, signal: AbortSignal) {
  await writeFile(`${dirname(folder)}/ownmiddleware.py`, middleware);
  const args = ["--shutdown-timeout", "0", "--api-key", "sk-flag"];
  for (const name of ["first", "Second"]) args.push("--middleware", `ownmiddleware.${name}`);
  const path = [dirname(folder), ...(engine.env.PYTHONPATH ? [engine.env.PYTHONPATH] : [])].join(":");
  const pod = await startPod(engine, signal, folder, { args, env: { PYTHONPATH: path } });
  const byFlag = { authorization: "Bearer sk-flag" };
  try {
    await pod.ready();
    const answers = {
      "the variable's key": await ask(pod.port, completion(3)),
      "the flag's key": await ask(pod.port, { ...completion(3), headers: byFlag }),
      "what a middleware answers": await ask(pod.port, { path: "/v1/models", headers: { "x-answer": "yes" } }),
      "no such route": await ask(pod.port, { path: "/nothing" }),
    };
    const connection = await Connection.open(pod.port);
    const response = await connection.start({ ...completion(16000, { stream: true }), headers: byFlag });
    await until("a stream that runs", 30, signal, async () => (response?.received() ?? 0) > 1);
    const printed = pod.lines.length;
    pod.signal("SIGTERM");
    await pod.printed(/\[shutdown\] API server: signalling HTTP server shutdown/);
    const stopped = response?.received() ?? 0;
    await sleep(2000);
    const stream = {
      tokens: (response?.received() ?? 0) > stopped + 1 ? "come" : "do not come",
      connection: connection.closed ? "closed" : "open",
      process: pod.ended() ?? "runs",
    };
    connection.drop();
    return {
      answers,
      stream,
      "exit once the client has gone": await pod.exit,
      lines: shutdownLines(pod.lines.slice(printed)),
    };
  } finally {
    await pod.stop();
  }
}

/** Two of one's own: a function and a class. Each marks what it has let through, the function answers some itself. */
const middleware = `
from starlette.responses import PlainTextResponse


async def first(request, call_next):
    if "x-answer" in request.headers:
        return PlainTextResponse("answered", status_code=418)
    response = await call_next(request)
    response.headers["x-first"] = "yes"
    return response


class Second:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        async def marked(message):
            if message["type"] == "http.response.start":
                message["headers"].append((b"x-second", b"yes"))
            await send(message)

        await self.app(scope, receive, marked if scope["type"] == "http" else send)
`;
