"""The command line of `vllm serve`: every flag of the real one is taken, by the table of its own parser."""

import argparse
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from double import VERSION

_TABLE = "flags.json"
"""Beside the package, where an image holds it; else the catalogue of the repository that the package lies in."""


@dataclass(frozen=True)
class Arguments:
    model: str
    served_names: list[str]
    host: str | None
    port: int
    keys: list[str]
    middleware: list[str]
    shutdown_timeout: int
    max_length: int
    """-1: what the model's config.json says."""
    max_sequences: int
    given: dict[str, Any]
    """What differs from the defaults, as the engine prints it."""


def _word(word: str) -> list[str]:
    """Underscores in a flag's name are dashes; a part of a JSON value by a dotted name is a value of that flag."""
    if not word.startswith("--"):
        return [word]
    name, equals, value = word.partition("=")
    flag, dot, _ = name.replace("_", "-").partition(".")
    if not dot:
        return [flag + equals + value]
    return [f"{flag}={{}}"] if equals else [flag]


def _flags() -> dict[str, dict[str, Any]]:
    here = Path(__file__).resolve().parent
    beside = here / _TABLE
    table = beside if beside.exists() else here.parents[2] / "catalogue/vllm" / _TABLE
    flags: dict[str, dict[str, Any]] = json.loads(table.read_text())[VERSION]["flags"]
    return flags


def _number(text: str) -> int:
    """A number as vLLM takes some: 32k, 2M, with a capital letter by 1024."""
    letters = "kmgt"
    letter = text[-1:]
    if letter and letter.lower() in letters:
        base = 1000 if letter.islower() else 1024
        return int(float(text[:-1]) * base ** (letters.index(letter.lower()) + 1))
    return int(text)


def _number_or_auto(text: str) -> int:
    return -1 if text in ("auto", "-1") else _number(text)


def _type(name: str) -> Callable[[str], Any]:
    if "suffix" in name:
        return _number_or_auto if "auto" in name else _number
    return {"int": int, "float": float}.get(name.removeprefix("optional "), str)


def _add(parser: argparse.ArgumentParser, name: str, flag: dict[str, Any]) -> None:
    names = [f"--{name}", *(f"{'--' if '-' in alias else '-'}{alias}" for alias in flag.get("aliases", []))]
    if flag.get("no"):
        parser.add_argument(*names, action=argparse.BooleanOptionalAction, default=None)
    elif flag["type"] == "bool":
        parser.add_argument(*names, action="store_true", default=None)
    elif flag.get("repeated"):
        parser.add_argument(*names, action="append")
    else:
        choices = None if flag.get("caseless") else flag.get("choices")
        parser.add_argument(*names, type=_type(flag["type"] or "str"), nargs=flag.get("nargs"), choices=choices)


@cache
def _parser() -> argparse.ArgumentParser:
    root = argparse.ArgumentParser(prog="vllm")
    root.add_argument("-v", "--version", action="version", version=VERSION)
    serve = root.add_subparsers(dest="subparser", required=True).add_parser(
        "serve", usage="vllm serve [model_tag] [options]"
    )
    serve.add_argument("model_tag", nargs="?")
    for name, flag in _flags().items():
        _add(serve, name, flag)
    return root


def parse(words: list[str]) -> Arguments:
    values = vars(_parser().parse_args([part for word in words for part in _word(word)]))
    given = {name: value for name, value in values.items() if value is not None and name != "subparser"}
    return _arguments(given)


def _arguments(given: dict[str, Any]) -> Arguments:
    model = given.get("model_tag") or given.get("model") or "Qwen/Qwen3-0.6B"
    variable = os.environ.get("VLLM_API_KEY")
    return Arguments(
        model=model,
        served_names=given.get("served_model_name") or [model],
        host=given.get("host"),
        port=given.get("port", 8000),
        keys=[key for key in given.get("api_key") or [variable] if key],
        middleware=given.get("middleware", []),
        shutdown_timeout=given.get("shutdown_timeout", 0),
        max_length=given.get("max_model_len", -1),
        max_sequences=given.get("max_num_seqs", 128),
        given=given,
    )
