"""Print the flags of `vllm serve` as JSON. Runs where vLLM is installed: docs/vllm-versions.md. Needs no GPU."""

import argparse
import importlib
import json
import os
import sys

sys.dont_write_bytecode = True
from dumpGroups import Group, class_fields, forms_of  # noqa: E402

NOTE = (
    "type: how the parser of vllm serve reads the value; 'optional T' also takes None; "
    "json: a JSON object, its fields under group; null: not known, check nothing but the choices"
)

# vLLM's own converters, by the names of its functions.
CONVERTERS = {
    "loads": "json",
    "parse_dataclass": "json",
    "union_dict_and_str": "json|str",
    "human_readable_int": "int with k, m, g suffix",
    "human_readable_int_or_auto": "int with k, m, g suffix, or auto",
    "parse_reasoning_parser": "str",
}

# vLLM's own actions, which read each word by themselves, and the class that they make of it.
ACTIONS = {"LoRAParserAction": ("name=path or json", "LoRAModulePath")}

# JSON objects that a class reads only when vLLM starts: create_…_config in vllm/engine/arg_utils.py, which makes the
# dashes in the names of one underscores.
LATE = {
    "diffusion_config": ("vllm.config.diffusion", "DiffusionConfig", {}),
    "speculative_config": ("vllm.config.speculative", "SpeculativeConfig", {"dashes": True}),
    "watermark_config": ("vllm.config.watermarking", "WatermarkConfig", {}),
}


def type_name(convert):
    """The name of how a value is read, or None where that is not known."""
    if convert in (int, float, str):
        return convert.__name__
    # argparse leaves a word as it is where it is told no type.
    if convert is None:
        return "str"
    name = getattr(convert, "__name__", None)
    if name in ("_optional_type", "_parse_type"):
        inner = type_name(convert.__closure__[0].cell_contents)
        return f"optional {inner}" if inner and name == "_optional_type" else inner
    return CONVERTERS.get(name)


def plain(value):
    """A default as JSON has it, or as Python would print it."""
    try:
        return json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError):
        return str(value)


def class_of(convert):
    """The class that a converter reads a JSON object into, or None."""
    name = getattr(convert, "__name__", None)
    if name in ("_optional_type", "_parse_type"):
        return class_of(convert.__closure__[0].cell_contents)
    return convert.__defaults__[0] if name == "parse_dataclass" else None


def more(action, other):
    """What there is to say of some arguments only. `other`: the same argument where the platform is another."""
    said = {}
    if elsewhere := [choice for choice in other.choices or [] if choice not in action.choices]:
        said["elsewhere"] = elsewhere
    if isinstance(action, argparse._AppendAction):
        said["repeated"] = True
    if action.type and action.choices and type_name(action.type) is None:
        said.update(forms_of(action.choices, lambda word: action.type(word) in action.choices))
    if group := class_of(action.type):
        said["group"] = Group(group).described()
    if action.dest in LATE:
        module, name, names = LATE[action.dest]
        group = getattr(importlib.import_module(module), name)
        said["group"] = {"late": True, **names, **Group(group, late=True).described()}
    if type(action).__name__ in ACTIONS:
        said["items"], made = ACTIONS[type(action).__name__]
        said["group"] = {"fields": class_fields(type(action).__call__.__globals__[made])}
    return said


def argument(parser, action, other):
    # From 0.33.0 on an action shows fewer names than the parser takes.
    names = list(action.option_strings)
    names += [name for name, its in parser._option_string_actions.items() if its is action and name not in names]
    # Python 3.13 marks the action itself; before it, vLLM's parser keeps a set.
    deprecated = action in getattr(parser, "_deprecated", set()) or getattr(action, "deprecated", False) is True
    return {
        "flags": names,
        "dest": action.dest,
        "kind": "flag" if action.nargs == 0 else "value",
        "type": None if action.nargs == 0 else type_name(action.type),
        "nargs": action.nargs,
        "choices": None if action.choices is None else [plain(choice) for choice in action.choices],
        "default": plain(action.default),
        "deprecated": deprecated,
        **more(action, other),
    }


def serve_parsers():
    """The parser of `vllm serve`, wherever this version builds it: of this platform, and of one with a GPU."""
    from vllm import platforms

    # Without a GPU a CUDA build knows no platform, and asks for one when it builds its defaults.
    unspecified = getattr(platforms.current_platform, "is_unspecified", None)
    if unspecified is not None and unspecified():
        from vllm.platforms.cpu import CpuPlatform

        platforms.current_platform = CpuPlatform()
    from vllm.entrypoints.cli import serve

    platform = platforms.current_platform
    device = platform.device_type
    parser = serve.make_arg_parser(serve.FlexibleArgumentParser())
    platform.device_type = "cuda"
    other = serve.make_arg_parser(serve.FlexibleArgumentParser())
    platform.device_type = device
    return parser, other, device


def main():
    # What vLLM logs to standard output is no part of the answer.
    answer = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    import vllm

    parser, other, device = serve_parsers()
    pairs = zip(parser._actions, other._actions, strict=True)
    table = {
        "vllm": vllm.__version__.split("+")[0],
        "source": f"argument parser of vllm serve, {device} platform",
        "arguments": [argument(parser, action, same) for action, same in pairs],
        "note": NOTE,
    }
    json.dump(table, answer, indent=1)
    answer.write("\n")
    answer.close()


if __name__ == "__main__":
    sys.exit(main())
