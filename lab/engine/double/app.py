"""The routes, in the stack of middlewares that vLLM builds."""

import asyncio
import hashlib
import importlib
import inspect
import json
import secrets
import time
import uuid
from collections.abc import Awaitable
from typing import Any, cast

import prometheus_client
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from double import VERSION, answers
from double.arguments import Arguments
from double.engine import Engine
from double.request import Limits, Refused, invalid, work

_GUARDED = ("/v1", "/v2", "/inference", "/cohere")


class _Authentication:
    def __init__(self, app: ASGIApp, keys: list[str]) -> None:
        self._app = app
        self._keys = [_digest(key) for key in keys]

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] != "http" or scope["method"] == "OPTIONS" or not scope["path"].startswith(_GUARDED):
            return self._app(scope, receive, send)
        scheme, _, key = Request(scope).headers.get("authorization", "").partition(" ")
        known = [secrets.compare_digest(_digest(key), one) for one in self._keys]
        if scheme.lower() == "bearer" and any(known):
            return self._app(scope, receive, send)
        return JSONResponse({"error": "Unauthorized"}, 401)(scope, receive, send)


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


def _own_middleware(name: str) -> Middleware:
    """One of `--middleware`: the last one that is given is the outermost, all are outside of the key's."""
    module, _, attribute = name.rpartition(".")
    found: Any = getattr(importlib.import_module(module), attribute)
    if inspect.isclass(found):
        return Middleware(cast(Any, found))
    if inspect.iscoroutinefunction(found):
        return Middleware(BaseHTTPMiddleware, dispatch=found)
    raise ValueError(f"Invalid middleware {name}. Must be a function or a class.")


async def _detail(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"detail": error.detail}, error.status_code, error.headers)


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return JSONResponse(error.body, error.status)


async def _failed(_: Request, error: Exception) -> Response:
    body = {"message": str(error), "type": "InternalServerError", "param": None, "code": 500}
    return JSONResponse({"error": body}, 500)


async def _body(request: Request) -> dict[str, Any]:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise invalid(None, "Unsupported Media Type: Only 'application/json' is allowed")
    try:
        body: dict[str, Any] = json.loads(await request.body())
        return body
    except json.JSONDecodeError as error:
        place = f"body.{error.pos}"
        found = {"type": "json_invalid", "loc": place, "msg": "JSON decode error"}
        raise invalid(place, str({**found, "input": "<dict of 0 items>", "ctx": {"error": error.msg}})) from error


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


class Application:
    """Answers from an engine that runs."""

    def __init__(self, arguments: Arguments, engine: Engine, limits: Limits) -> None:
        self._arguments = arguments
        self._engine = engine
        self._limits = limits
        self._started = int(time.time())
        self._registry = prometheus_client.CollectorRegistry()
        self._gauge("vllm:num_requests_running", "Number of requests in model execution batches.", "running")
        self._gauge("vllm:num_requests_waiting", "Number of requests waiting to be processed.", "waiting")

    def _gauge(self, name: str, text: str, attribute: str) -> None:
        gauge = prometheus_client.Gauge(name, text, ["model_name", "engine"], registry=self._registry)
        gauge.labels(self._limits.served_names[0], "0").set_function(lambda: getattr(self._engine, attribute))

    def build(self) -> Starlette:
        keys = self._arguments.keys
        own = [_own_middleware(name) for name in reversed(self._arguments.middleware)]
        guard = [Middleware(_Authentication, keys=keys)] if keys else []
        cors = Middleware(CORSMiddleware, allow_origins=[], allow_methods=["*"], allow_headers=["*"])
        handlers = {HTTPException: _detail, Refused: _refused, Exception: _failed}
        app = Starlette(routes=self._routes(), middleware=[*own, *guard, cors], exception_handlers=handlers)
        # As the real one does, before it listens to signals.
        app.middleware_stack = app.build_middleware_stack()
        return app

    def _routes(self) -> list[Route]:
        routes = [
            Route("/load", self._load, methods=["GET"]),
            Route("/version", self._version, methods=["GET"]),
            Route("/health", self._healthy, methods=["GET"]),
            Route("/metrics", self._metrics, methods=["GET"]),
            Route("/v1/models", self._models, methods=["GET"]),
            Route("/ping", self._healthy, methods=["GET", "POST"]),
            Route("/v1/chat/completions", self._chat, methods=["POST"]),
            Route("/v1/completions", self._completion, methods=["POST"]),
        ]
        for route in routes:
            assert route.methods
            route.methods.discard("HEAD")
        return routes

    async def _load(self, _: Request) -> Response:
        return JSONResponse({"server_load": 0})

    async def _version(self, _: Request) -> Response:
        return JSONResponse({"version": VERSION})

    async def _healthy(self, _: Request) -> Response:
        """While the engine drains it is well."""
        return Response()

    async def _metrics(self, _: Request) -> Response:
        text = prometheus_client.generate_latest(self._registry)
        return Response(text, media_type=prometheus_client.CONTENT_TYPE_LATEST)

    async def _models(self, _: Request) -> Response:
        cards = [self._card(name) for name in self._limits.served_names]
        return JSONResponse({"object": "list", "data": cards})

    def _card(self, name: str) -> dict[str, Any]:
        may = {"sampling": True, "logprobs": True, "search_indices": False, "view": True, "fine_tuning": False}
        permission = {
            "id": f"modelperm-{uuid.uuid4().hex}",
            "object": "model_permission",
            "created": self._started,
            "allow_create_engine": False,
            **{f"allow_{what}": allowed for what, allowed in may.items()},
            "organization": "*",
            "group": None,
            "is_blocking": False,
        }
        return {
            "id": name,
            "object": "model",
            "created": self._started,
            "owned_by": "vllm",
            "root": self._arguments.model,
            "parent": None,
            "max_model_len": self._limits.max_length,
            "permission": [permission],
        }

    async def _chat(self, request: Request) -> Response:
        return await self._answer(request, chat=True)

    async def _completion(self, request: Request) -> Response:
        return await self._answer(request, chat=False)

    async def _answer(self, request: Request, chat: bool) -> Response:
        todo = work(await _body(request), chat, self._limits)
        self._engine.admit()
        if todo.stream:
            return StreamingResponse(answers.events(self._engine, todo), media_type="text/event-stream")
        answer = asyncio.create_task(answers.whole(self._engine, todo))
        gone = asyncio.create_task(_gone(request))
        await asyncio.wait([answer, gone], return_when=asyncio.FIRST_COMPLETED)
        for task in (answer, gone):
            task.cancel()
        return JSONResponse(await answer) if answer.done() and not answer.cancelled() else Response()
