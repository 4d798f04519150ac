"""The model that is served: a folder, or a place in S3 as the real one's streamer reads it.

S3 is asked at `AWS_ENDPOINT_URL` by a signature that the lab's AWS takes, and no other does.
"""

import json
import os
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import quote
from urllib.request import Request, urlopen


def read_config(model: str) -> dict[str, Any]:
    """Its config.json."""
    if model.startswith("s3://"):
        return json.loads(_ask(f"/{_key(model)}config.json"))
    path = Path(model) / "config.json"
    if not path.is_file():
        raise ValueError(f"Invalid repository ID or local directory specified: {model!r}.")
    return json.loads(path.read_text())


def check_weights(model: str) -> None:
    """Fails where it has none."""
    if model.startswith("s3://"):
        bucket, _, prefix = _key(model).partition("/")
        found = b".safetensors<" in _ask(f"/{bucket}?list-type=2&prefix={quote(prefix, safe='')}")
    else:
        found = any(Path(model).glob("*.safetensors"))
    if not found:
        raise RuntimeError(f"Cannot find any model weights with `{model}`")


def _key(model: str) -> str:
    return f"{model.removeprefix('s3://').rstrip('/')}/"


def _ask(path: str) -> bytes:
    endpoint = os.environ.get("AWS_ENDPOINT_URL", "https://s3.amazonaws.com")
    try:
        with urlopen(Request(f"{endpoint}{path}", headers={"Authorization": "AWS lab:lab"}), timeout=10) as answer:
            return answer.read()
    except URLError as error:
        raise RuntimeError(f"Failed to read {endpoint}{path}: {error}") from error
