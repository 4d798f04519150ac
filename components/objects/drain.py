"""The middleware of `vllm serve` by which no request is lost when its pod goes.

A connection that is kept open leads to its pod also when that has left its Service, and what comes on it during the
drain is refused. So every answer says that its connection ends with it. And what vLLM has not answered when it ends
its engine, `--shutdown-timeout` seconds after SIGTERM, it leaves open without a word. So that is ended here.

It knows the command line, ASGI and the signal, and nothing of vLLM's inside.
"""

import asyncio
import json
import signal
import sys

# Seconds in which a client that has its answer may go on sending (nginx: lingering_timeout).
LINGER = 5

REFUSED = "The server is stopping and takes no new request: send it again."


def error(message):
    """An error in vLLM's own form; `type` is for Anthropic's clients."""
    inner = {"message": message, "type": "ServiceUnavailableError", "param": None, "code": 503}
    return json.dumps({"type": "error", "error": inner}).encode()


class Answer:
    """The answer to one request."""

    def __init__(self, scope, receive, send, is_draining):
        self.refused = False
        self._is_draining = is_draining
        self._is_post = scope["method"] == "POST"
        self._receive = receive
        self._send = send
        # Without either header a request has no body.
        self._received = not {b"content-length", b"transfer-encoding"} & {name for name, _ in scope["headers"]}
        self._content_type = None
        self._ended = False

    async def receive(self):
        message = await self._receive()
        self._received = not message.get("more_body", False)
        return message

    async def send(self, message):
        if self._ended:
            return
        if message["type"] == "http.response.start":
            if message["status"] == 500 and self._is_post and self._is_draining() and not self.refused:
                # It came before SIGTERM, and its body, or what it had to wait for, after: vLLM takes it no more.
                await self.refuse(REFUSED)
                return
            headers = [(name.lower(), value) for name, value in message.get("headers", [])]
            self._content_type = dict(headers).get(b"content-type", b"")
            others = [header for header in headers if header[0] != b"connection"]
            message = {**message, "headers": [*others, (b"connection", b"close")]}
        elif message["type"] == "http.response.body" and not message.get("more_body", False):
            self._ended = True
            if not self._received:
                # A connection that is closed with something unread in it is reset, and the client may lose the answer.
                await self._send({**message, "more_body": True})
                await self._linger()
                message = {**message, "body": b""}
        await self._send(message)

    async def _linger(self):
        async def rest():
            while not self._received:
                await self.receive()

        try:
            await asyncio.wait_for(rest(), LINGER)
        except asyncio.TimeoutError:
            pass

    async def refuse(self, message):
        """Ends it with an error. Where something was sent that has no place for one, nothing more is."""
        self.refused = True
        body = error(message)
        if self._content_type is None:
            headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
            # At once: the next connection leads to another pod.
            start = {"type": "http.response.start", "status": 503, "headers": [*headers, (b"retry-after", b"0")]}
            await self.send(start)
            await self.send({"type": "http.response.body", "body": body})
        elif self._content_type.startswith(b"text/event-stream"):
            await self.send({"type": "http.response.body", "body": b"event: error\ndata: %s\n\n" % body})


class Drain:
    """Given to `vllm serve` as the last `--middleware`, so that it is around all others."""

    def __init__(self, app):
        self.app = app
        self.timeout = int(sys.argv[sys.argv.index("--shutdown-timeout") + 1])
        self.draining = False
        self.under_way = {}
        self.endings = set()
        self.loop = None
        self.other_handler = None

    def listen(self):
        # vLLM hears of a signal by its event loop, which goes on as it was.
        self.loop = asyncio.get_running_loop()
        self.other_handler = signal.signal(signal.SIGTERM, self.on_sigterm)

    def on_sigterm(self, number, frame):
        self.loop.call_soon_threadsafe(self.begin)
        if callable(self.other_handler):
            self.other_handler(number, frame)

    def begin(self):
        if not self.draining:
            self.draining = True
            self.loop.call_later(self.timeout, self.end)

    def end(self):
        for answer, task in self.under_way.items():
            self.endings.add(self.loop.create_task(self.give_up(answer, task)))

    async def give_up(self, answer, task):
        message = f"The server is stopping, and had {self.timeout} more seconds for this request, which was too little."
        try:
            # Longer than what it may linger within: a client that does not read holds it no longer than this.
            await asyncio.wait_for(answer.refuse(message), 2 * LINGER)
        except asyncio.TimeoutError:
            pass
        finally:
            task.cancel()

    async def __call__(self, scope, receive, send):
        # The server comes up: later than this is made, and than vLLM sets its own handlers, which would replace this one.
        if scope["type"] == "lifespan":
            self.listen()
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        answer = Answer(scope, receive, send, lambda: self.draining)
        if self.draining and scope["method"] == "POST":
            await answer.refuse(REFUSED)
            return
        self.under_way[answer] = asyncio.current_task()
        try:
            await self.app(scope, answer.receive, answer.send)
        except asyncio.CancelledError:
            if not answer.refused:
                raise
        finally:
            del self.under_way[answer]
