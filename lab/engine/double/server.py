"""Start, service and end, in the order of the real one and with its lines."""

import asyncio
import contextlib
import os
import signal
import socket
import time
from collections.abc import Iterator

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route

from double import VERSION
from double.app import Application
from double.arguments import Arguments
from double.engine import Engine
from double.knobs import Knobs
from double.log import api_server, engine_core, worker
from double.model import check_weights, read_config
from double.request import Limits


class _Server(uvicorn.Server):
    """One that leaves signals alone."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def run(arguments: Arguments, knobs: Knobs) -> None:
    api_server.info("")
    api_server.info(" vLLM (double)  version %s", VERSION)
    api_server.info(" model   %s", arguments.model)
    api_server.info("non-default args: %s", arguments.given)
    signal.signal(signal.SIGTERM, _interrupt)
    listener = _bind(arguments)
    max_length = _configure(arguments)
    time.sleep(knobs.startup_seconds / 4)
    signal.signal(signal.SIGTERM, _lose)
    try:
        ballast = _load(arguments, knobs)
    except Exception:
        engine_core.exception("EngineCore failed to start.")
        failure = "Engine core initialization failed. See root cause above. Failed core proc(s): {}"
        raise RuntimeError(failure) from None
    # The loop drops a signal that came meanwhile, before it has a handler for it.
    await asyncio.sleep(0.05)
    engine = Engine(arguments.max_sequences, knobs.token_seconds)
    limits = Limits(arguments.served_names, max_length, knobs.answer_tokens)
    app = Application(arguments, engine, limits).build()
    await _serve(app, engine, listener, arguments, knobs)
    del ballast


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt("terminated")


def _lose(*_: object) -> None:
    """What the real one does with a SIGTERM while it waits for its engine's processes."""


def _bind(arguments: Arguments) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in (arguments.host or "") else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((arguments.host or "", arguments.port))
    return listener


def _configure(arguments: Arguments) -> int:
    """Reads the model's config.json, and returns the longest sequence."""
    config = read_config(arguments.model)
    longest = config.get("max_position_embeddings", 2048)
    length = arguments.max_length if arguments.max_length > 0 else longest
    api_server.info("Resolved architecture: %s", config["architectures"][0])
    api_server.info("Using max model len %d", length)
    return length


def _load(arguments: Arguments, knobs: Knobs) -> bytearray:
    engine_core.info("Initializing a V1 LLM engine (v%s) with config: model=%r", VERSION, arguments.model)
    worker.info("Starting to load model %s...", arguments.model)
    check_weights(arguments.model)
    ballast = bytearray(b"\1") * int(knobs.memory_bytes)
    time.sleep(knobs.startup_seconds * 3 / 4)
    if knobs.crash:
        raise RuntimeError(knobs.crash)
    worker.info("Loading weights took %.2f seconds", knobs.startup_seconds)
    return ballast


async def _serve(app: Starlette, engine: Engine, listener: socket.socket, arguments: Arguments, knobs: Knobs) -> None:
    api_server.info("Supported tasks: ['generate']")
    api_server.info("Starting vLLM server on http://%s:%d", arguments.host or "0.0.0.0", arguments.port)
    api_server.info("Available routes are:")
    for route in app.routes:
        assert isinstance(route, Route)
        api_server.info("Route: %s, Methods: %s", route.path, ", ".join(sorted(route.methods or ())))
    keep_alive = int(os.environ.get("VLLM_HTTP_TIMEOUT_KEEP_ALIVE", "5"))
    quiet = arguments.given.get("disable_uvicorn_access_log", False)
    server = _Server(uvicorn.Config(app, timeout_keep_alive=keep_alive, access_log=not quiet))
    told = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    await told.wait()
    await _stop(engine, arguments.shutdown_timeout, knobs.teardown_seconds)
    serving.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await serving
    api_server.info("[shutdown] API server: shutting down FastAPI HTTP server")
    await server.shutdown()


async def _stop(engine: Engine, timeout: int, teardown: float) -> None:
    """Ends the engine. Until then the server answers as ever, but that it takes no more requests."""
    engine.refuse()
    say = "[shutdown] API server: %s"
    api_server.info(say, "shutdown triggered")
    mode = "drain" if timeout > 0 else "abort"
    api_server.info(say, f"stopping engine client mode={mode} timeout={timeout}s")
    api_server.info("[shutdown] MPClient: start timeout=%ds", timeout)
    api_server.info("[shutdown] MPClient: stopping engine manager")
    api_server.info("[shutdown] Process manager: send sigterm to process EngineCore")
    if await engine.drain(timeout):
        await asyncio.sleep(teardown)
    else:
        api_server.warning("[shutdown] Process manager: force killing remaining process EngineCore pid 0")
    api_server.info("[shutdown] MPClient: engine manager stopped")
    api_server.info("[shutdown] MPClient: cleaning up background resources")
    api_server.info("[shutdown] MPClient: complete")
    api_server.info(say, "engine client stopped")
    api_server.info(say, "signalling HTTP server shutdown")
