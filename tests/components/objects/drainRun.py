"""Runs the middleware (argv[1]) around an application that answers as it is told, and prints what a client would see.

No server: what ASGI hands over is written here, so that each case is exact. One case a line of stdin, as JSON:
`headers` and `body` of the request, `answer` as ASGI messages (`wait`: never answers on), `sigterm`: before which
message, or with -1 before the request, the process gets the signal; `chunks`: in how many parts the body comes.
"""

import asyncio
import importlib.util
import json
import os
import signal
import sys

path = sys.argv[1]
sys.argv = ["vllm", "serve", "/model", "--shutdown-timeout", "1", "--port", "8000"]
spec = importlib.util.spec_from_file_location("drain", path)
drain = importlib.util.module_from_spec(spec)
spec.loader.exec_module(drain)
drain.LINGER = 0.2


async def terminated(heard):
    before = len(heard)
    os.kill(os.getpid(), signal.SIGTERM)
    while len(heard) == before:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.01)


async def run(case):
    heard = []
    # As in vLLM: made first, then the signals are listened to, then the server comes up.
    app = drain.Drain(lambda *given: application(*given))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, lambda: heard.append("loop"))
    signal.signal(signal.SIGTERM, lambda *_: heard.append("handler"))
    sent, asked = [], 0
    chunks = case.get("chunks", 1)
    cancelled = False

    async def application(scope, receive, send):
        nonlocal cancelled
        if scope["type"] != "http":
            await send({"type": scope["type"] + ".seen"})
            return
        if case.get("reads", True):
            while (await receive()).get("more_body"):
                pass
        for index, message in enumerate(case["answer"]):
            if case.get("sigterm") == index:
                await terminated(heard)
            if message == "wait":
                try:
                    await asyncio.Event().wait()
                except asyncio.CancelledError:
                    cancelled = True
                    raise
            if message == "raise":
                raise RuntimeError("the application's own")
            body = {"body": message["body"].encode()} if "body" in message else {}
            headers = {"headers": [(k.encode(), v.encode()) for k, v in message["headers"]]} if "headers" in message else {}
            await send({**message, **body, **headers})

    async def receive():
        nonlocal asked
        asked += 1
        if case.get("stalls") and asked > 1:
            await asyncio.Event().wait()
        if asked > chunks:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": b"x", "more_body": asked < chunks}

    async def send(message):
        shown = dict(message)
        if "headers" in shown:
            shown["headers"] = [[k.decode(), v.decode()] for k, v in shown["headers"]]
        if "body" in shown:
            shown["body"] = shown["body"].decode()
        sent.append({**shown, "asked": asked} if case.get("chunks") else shown)

    if case.get("type") != "lifespan":
        await app({"type": "lifespan"}, receive, send)
        sent.clear()
    if case.get("sigterm") == -1:
        await terminated(heard)
    headers = [(k.encode(), v.encode()) for k, v in case.get("headers", [["content-length", "9"]])]
    scope = {"type": case.get("type", "http"), "method": case.get("method", "POST"), "headers": headers}
    error = None
    try:
        await app(scope, receive, send)
    except Exception as raised:
        error = repr(raised)
    return {"sent": sent, "error": error, "heard": sorted(set(heard)), "cancelled": cancelled, "left": len(app.under_way)}


for line in sys.stdin:
    print(json.dumps(asyncio.run(run(json.loads(line)))), flush=True)
