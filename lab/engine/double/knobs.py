"""What makes the double start, answer and fail as a test wants it: environment variables, all optional."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Knobs:
    """Each field is the variable `DOUBLE_<NAME>`."""

    startup_seconds: float = 2.0
    """From the first line of the engine to the moment when it listens."""
    token_seconds: float = 0.02
    """Between two tokens of a request."""
    answer_tokens: int = 16
    """Length of an answer to a request without `ignore_eos`, if its limit is not below."""
    teardown_seconds: float = 1.0
    """From the last token to the end of the engine after SIGTERM."""
    memory_bytes: float = 0
    """Memory that is taken while the model is loaded, beside the double's own of about 40 MiB."""
    crash: str = ""
    """If set, the start fails in the engine with this message."""

    @classmethod
    def of_environment(cls) -> "Knobs":
        given = {name: os.environ.get(f"DOUBLE_{name.upper()}") for name in cls.__annotations__}
        types: dict[str, Callable[[str], Any]] = cls.__annotations__
        return cls(**{name: types[name](text) for name, text in given.items() if text is not None})
