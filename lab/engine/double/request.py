"""What the two routes that answer with text are asked for, and what they refuse."""

from dataclasses import dataclass
from typing import Any

_CHAT_FRAME = 1 + len("assistant: ")
"""What the tiny model's chat template adds to the messages: a token that begins the text, and the answer's role."""


class Refused(Exception):
    """A request that vLLM answers with an error of its own."""

    def __init__(self, status: int, message: str, param: str | None = None, kind: str = "BadRequestError") -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": {"message": message, "type": kind, "param": param, "code": status}}


def invalid(param: str | None, error: str) -> Refused:
    return Refused(400, f"1 validation error:\n  {error}", param, "Bad Request")


@dataclass(frozen=True)
class Limits:
    served_names: list[str]
    max_length: int
    answer_tokens: int


@dataclass(frozen=True)
class Work:
    chat: bool
    model: str
    prompt_tokens: int
    tokens: int
    finish: str
    choices: int
    stream: bool
    usage: bool
    """A stream ends with its usage."""
    running_usage: bool
    """Each event of it tells its usage."""


def work(body: dict[str, Any], chat: bool, limits: Limits) -> Work:
    """Reads a request, checked in the order in which vLLM checks it."""
    field = "messages" if chat else "prompt"
    if chat and field not in body:
        missing = {"type": "missing", "loc": f"body.{field}", "msg": "Field required"}
        raise invalid(f"body.{field}", str({**missing, "input": f"<dict of {len(body)} items>"}))
    model = body.get("model") or limits.served_names[0]
    if model not in limits.served_names:
        aliases = ", ".join(limits.served_names)
        message = f"The model `{model}` does not exist. Valid aliases: {aliases}."
        raise Refused(404, message, "model", "NotFoundError")
    prompts = [_chat_tokens(body[field])] if chat else _prompts(body.get(field))
    limit = _limit(body, chat, max(prompts), limits.max_length)
    short = not body.get("ignore_eos") and limit > limits.answer_tokens
    options = body.get("stream_options") or {}
    return Work(
        chat=chat,
        model=model,
        prompt_tokens=sum(prompts),
        tokens=limits.answer_tokens if short else limit,
        finish="stop" if short else "length",
        choices=len(prompts) * (body.get("n") or 1),
        stream=bool(body.get("stream")),
        usage=bool(options.get("include_usage")),
        running_usage=bool(options.get("continuous_usage_stats")),
    )


def _prompts(given: Any) -> list[int]:
    """The tokens of each prompt: a byte is one, as to the tiny model. A list holds prompts, or the tokens of one."""
    if not given:
        raise Refused(
            400, "Either prompt or prompt_embeds must be provided and non-empty. (parameter=prompt)", "prompt"
        )
    if isinstance(given, str):
        return [len(given.encode())]
    if isinstance(given[0], int):
        return [len(given)]
    return [tokens for one in given for tokens in _prompts(one)]


def _chat_tokens(messages: list[dict[str, Any]]) -> int:
    return _CHAT_FRAME + sum(len(f"{one['role']}: {_text(one)}\n".encode()) for one in messages)


def _text(message: dict[str, Any]) -> str:
    content = message.get("content") or ""
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


def _limit(body: dict[str, Any], chat: bool, prompt: int, max_length: int) -> int:
    asked = body.get("max_completion_tokens") or body.get("max_tokens") if chat else body.get("max_tokens", 16)
    if asked is not None and asked < 1:
        raise _value(f"max_tokens must be at least 1, got {asked}.", "max_tokens", asked)
    if asked is not None and asked > max_length:
        message = f"max_tokens={asked} cannot be greater than max_model_len={max_length}."
        raise _value(f"{message} Please request fewer output tokens.", "max_tokens", asked)
    if prompt >= max_length:
        least = max_length + 1
        message = (
            f"This model's maximum context length is {max_length} tokens. However, your prompt contains "
            f"at least {least} input tokens, which exceeds this limit even without any output tokens. "
            "Please reduce the length of the input prompt."
        )
        raise _value(message, "input_tokens", least)
    room = max_length - prompt
    return room if asked is None else min(asked, room)


def _value(message: str, param: str, value: int) -> Refused:
    return Refused(400, f"{message} (parameter={param}, value={value})", param)
