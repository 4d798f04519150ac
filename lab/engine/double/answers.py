"""How an answer is written, as a whole and as events; its text is the same word for every token."""

import json
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from double.engine import Engine
from double.request import Work

_WORD = " word"
_FINGERPRINT = {"system_fingerprint": "vllm-double"}


def _head(work: Work) -> dict[str, Any]:
    name, kind = ("chatcmpl", "chat.completion") if work.chat else ("cmpl", "text_completion")
    return {
        "id": f"{name}-{uuid.uuid4().hex}",
        "object": kind + (".chunk" if work.chat and work.stream else ""),
        "created": int(time.time()),
        "model": work.model,
    }


def _usage(work: Work, tokens: int) -> dict[str, Any]:
    return {
        "prompt_tokens": work.prompt_tokens,
        "total_tokens": work.prompt_tokens + tokens,
        "completion_tokens": tokens,
    }


async def whole(engine: Engine, work: Work) -> dict[str, Any]:
    async for _ in engine.tokens(work.tokens):
        pass
    text = _WORD * work.tokens
    details = {"prompt_tokens_details": None, "completion_tokens_details": None}
    prompt = {"prompt_logprobs": None, "prompt_token_ids": None, "prompt_text": None} if work.chat else {}
    return {
        **_head(work),
        "choices": [_choice(work, index, text) for index in range(work.choices)],
        "service_tier": None,
        **_FINGERPRINT,
        "usage": {**_usage(work, work.tokens * work.choices), **details},
        **prompt,
        "kv_transfer_params": None,
        "ec_transfer_params": None,
        "metrics": None,
    }


def _choice(work: Work, index: int, text: str) -> dict[str, Any]:
    end = {"logprobs": None, "finish_reason": work.finish, "stop_reason": None, "token_ids": None}
    if not work.chat:
        rest = {"prompt_logprobs": None, "prompt_token_ids": None, "routed_experts": None}
        return {"index": index, "text": text, **end, **rest}
    absent = dict.fromkeys(["refusal", "annotations", "audio", "function_call", "reasoning"])
    message = {"role": "assistant", "content": text, **absent}
    return {"index": index, "message": message, **end, "routed_experts": None}


async def events(engine: Engine, work: Work) -> AsyncIterator[str]:
    head = _head(work)

    def event(choices: list[dict[str, Any]], tokens: int, more: dict[str, Any]) -> str:
        details = {"completion_tokens_details": None}
        usage = {"usage": {**_usage(work, tokens), **details}} if work.running_usage else {}
        return _event({**head, "choices": choices, **usage, **more})

    async with aclosing(engine.tokens(work.tokens)) as numbers:
        async for number in numbers:
            if work.chat and number == 1:
                for index in range(work.choices):
                    role = {"index": index, "delta": {"role": "assistant", "content": ""}, "logprobs": None}
                    no_prompt = {"prompt_token_ids": None, "prompt_text": None}
                    yield event([{**role, "finish_reason": None}], 0, no_prompt)
            last = number == work.tokens
            for index in range(work.choices):
                fingerprint = _FINGERPRINT if last and not work.usage else {}
                yield event([_part(work, index, last)], number * work.choices, fingerprint)
    if work.usage:
        yield _event({**head, "choices": [], "usage": _usage(work, work.tokens * work.choices), **_FINGERPRINT})
    yield "data: [DONE]\n\n"


def _part(work: Work, index: int, last: bool) -> dict[str, Any]:
    finish = {"finish_reason": work.finish if last else None}
    if not work.chat:
        rest = {"stop_reason": None, "prompt_token_ids": None, "token_ids": None}
        return {"index": index, "text": _WORD, "logprobs": None, **finish, **rest}
    stop = {"stop_reason": None} if last else {}
    return {"index": index, "delta": {"content": _WORD}, "logprobs": None, **finish, **stop, "token_ids": None}


def _event(data: dict[str, Any]) -> str:
    return f"data: {json.dumps(data, separators=(',', ':'))}\n\n"
