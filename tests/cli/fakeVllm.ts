import type { Group } from "../../planning/engine/vllm/groups.ts";

/** A package that builds its parser as vLLM does: its names, its converters, real argparse; pydantic's part is played. */
export const fakeVllm: Record<string, string> = {
  "../pydantic/__init__.py": `
import json

class ValidationError(ValueError):
    def __init__(self, errors):
        self.said = errors
    def errors(self):
        return self.said

class TypeAdapter:
    def __init__(self, cls):
        self.cls = cls
        self.core_schema = cls.schema
    def validate_json(self, text):
        if errors := self.cls.check(json.loads(text)):
            raise ValidationError([{"loc": path, "type": kind, "msg": words} for path, kind, words in errors])
`,
  "../pydantic_core/__init__.py": `
from pydantic import TypeAdapter

class SchemaValidator(TypeAdapter):
    def __init__(self, schema):
        self.cls = schema["schema"]["fields_of"]
`,
  "config/__init__.py": "",
  "config/speculative.py": `
class SkipValidation:
    pass

class Field:
    def __init__(self, *metadata):
        self.metadata = metadata

class Fields:
    """What the fields say by themselves."""
    @staticmethod
    def check(value):
        return [(("method",), "literal_error", "no") for name in value if name == "method" and value[name] != "ngram"]

class SpeculativeConfig:
    """It asks for a model that no group brings."""
    def __post_init__(self):
        return self.target.name == "never_a_field"
    __pydantic_fields__ = {"method": Field(), "target": Field(SkipValidation())}
    schema = {"type": "dataclass", "cls": None, "schema": {"type": "dataclass-args", "fields_of": Fields, "fields": [
        {"name": name, "schema": {"type": "default", "schema": inner}}
        for name, inner in {
            "method": {"type": "function-before", "function": {"function": str.lower}, "schema": {"type": "literal", "expected": ["ngram"]}},
            "steps": {"type": "list", "items_schema": {"type": "tuple", "items_schema": [{"type": "int"}] * 3}},
            "loader": {"type": "union", "choices": [{"type": "str"}, {"type": "any"}]},
            "target": {"type": "any"},
        }.items()
    ]}}
    @staticmethod
    def check(value):
        raise AttributeError("no target")
`,
  "__init__.py": `__version__ = "9.8.7+cu130"\nprint("a log line")\n`,
  "platforms/__init__.py": `
class Unspecified:
    device_type = ""
    def is_unspecified(self):
        return True
current_platform = Unspecified()
`,
  "platforms/cpu.py": `
class CpuPlatform:
    device_type = "cpu"
`,
  "entrypoints/__init__.py": "",
  "entrypoints/cli/__init__.py": "",
  "entrypoints/cli/serve.py": `
import argparse, dataclasses, enum, json
from vllm import platforms
assert platforms.current_platform.device_type, "no platform"

class Mode(enum.Enum):
    FAST = 1

class FlexibleArgumentParser(argparse.ArgumentParser):
    _deprecated = set()

def parse_type(kind):
    def _parse_type(text):
        return kind(text)
    return _parse_type

def optional_type(kind):
    def _optional_type(text):
        return None if text in ("", "None") else kind(text)
    return _optional_type

KNOWN = {"alpha_one": 1, "beta": 2}

def mode_of(value):
    return KNOWN[value.lower().replace("-", "_")] if isinstance(value, str) else value

class Inner:
    schema = {"type": "dataclass", "cls": None, "schema": {"type": "dataclass-args", "fields": [
        {"name": "on", "schema": {"type": "default", "schema": {"type": "nullable", "schema": {"type": "bool"}}}},
    ]}}
    @staticmethod
    def check(value):
        return [((name,), "unexpected_keyword_argument", "no") for name in value if name != "on"]
Inner.schema["cls"] = Inner

class Outer:
    """What a validator after all fields asks, and one before them; another before one field."""
    def __post_init__(self):
        return "old"
    schema = {"type": "dataclass", "cls": None, "schema": {"type": "dataclass-args", "fields": [
        {"name": name, "schema": inner if name == "must" else {"type": "default", "schema": inner}}
        for name, inner in {
            "must": {"type": "int", "ge": 1},
            "mode": {"type": "function-before", "function": {"function": mode_of}, "schema": {"type": "literal", "expected": []}},
            "kind": {"type": "nullable", "schema": {"type": "literal", "expected": ["a", "b"]}},
            "words": {"type": "union", "choices": [{"type": "list", "items_schema": {"type": "str"}}, {"type": "str"}]},
            "sizes": {"type": "list", "items_schema": {"type": "int"}, "min_length": 1},
            "free": {"type": "dict", "keys_schema": {"type": "str"}, "values_schema": {"type": "any"}},
            "inner": Inner.schema,
            "on": {"type": "bool"},
            "deep": {"type": "bool"},
            "folder": {"type": "str"},
        }.items()
    ] + [{"name": "own", "init": False, "schema": {"type": "str"}}]}}
    @staticmethod
    def check(value):
        if "old" in value:
            return [((), "value_error", "old is now kind")]
        if "mode" in value and isinstance(value["mode"], str):
            mode_of(value["mode"])
        elif "mode" in value:
            return [(("mode",), "literal_error", "one of alpha_one, beta")]
        if any(size < 1 for size in value.get("sizes", [])):
            return [((), "value_error", "sizes must be positive")]
        if value.get("deep") and not value.get("on"):
            return [((), "value_error", "deep goes with on only")]
        if value.get("on") and value.get("kind") != "a":
            return [((), "value_error", "on goes with kinds a only")]
        if value.get("kind") == "b" and not value.get("folder"):
            return [((), "value_error", "folder must be set")]
Outer.schema["cls"] = Outer

@dataclasses.dataclass
class LoRAModulePath:
    name: str
    note: str = ""

class LoRAParserAction(argparse.Action):
    def __call__(self, parser, namespace, values, option_string=None):
        setattr(namespace, self.dest, [LoRAModulePath(word) for word in values])

def converter(cls):
    def parse_dataclass(text, cls=cls):
        return json.loads(text)
    return parse_dataclass

def human_readable_int(text): return int(text)
def human_readable_int_or_auto(text): return int(text)
def parse_reasoning_parser(text): return "" if text == "none" else text
def union_dict_and_str(text): return json.loads(text) if text.startswith("{") else text

class EnableDisableAction(argparse.BooleanOptionalAction):
    def __call__(self, parser, namespace, values, option_string=None):
        setattr(namespace, self.dest, option_string in ("--enable-x", "-x"))

def make_arg_parser(parser):
    add = parser.add_argument
    add("model_tag", type=str, nargs="?")
    add("--flag", action="store_true")
    pair = add("--enable-x", "-x", action=EnableDisableAction)
    # What 0.33.0 does: a name is shown, another is taken too.
    parser._option_string_actions["--disable-x"] = pair
    pair.option_strings = ["--enable-x", "-x"]
    add("--int", "-i", "--integer", type=int, default=4)
    add("--float", type=float, default=float("inf"))
    add("--text", type=str, default=Mode.FAST)
    add("--plain")
    add("--named", type=parse_reasoning_parser)
    add("--made", type=lambda text: text.split(","))
    add("--maybe", type=optional_type(str), choices=["a", "None", None])
    add("--many", type=optional_type(int), nargs="+", choices=[1, 2])
    add("--size", type=human_readable_int)
    add("--length", type=human_readable_int_or_auto)
    add("--either", type=optional_type(union_dict_and_str))
    add("--dataclass", type=optional_type(converter(Outer)), default={"a": 1})
    add("--json", type=parse_type(json.loads))
    add("--speculative-config", type=optional_type(json.loads))
    add("--list", type=json.loads, default=["*"])
    add("--lambda", type=lambda text: text.lower().replace("-", "_"), choices=["a", "b_c"])
    add("--exact", choices=["A", "B_C"])
    add("--device", choices=["auto"] + [device for device in [platforms.current_platform.device_type] if device != "cpu"])
    add("--middleware", type=str, action="append", default=[])
    add("--modules", type=str, nargs="+", action=LoRAParserAction)
    parser._deprecated.add(add("--old", type=str))
    return parser
`,
};

/** What the class behind `--speculative-config` has, by its fields alone. */
export const fakeLateGroup: Group = {
  late: true,
  dashes: true,
  fields: {
    method: { type: "choice", choices: ["ngram"] },
    steps: { type: "list", of: { type: "list", of: { type: "int" }, least: 3, most: 3 } },
    loader: { type: "any" },
    target: { type: "any", internal: true },
  },
};

/** What the class behind `--dataclass` has, by its schema, and by what it says of values. */
export const fakeGroup: Group = {
  fields: {
    must: { type: "int", min: 1, required: true },
    mode: { type: "choice", choices: ["alpha_one", "beta"], caseless: true, dashes: true },
    kind: { type: "optional choice", choices: ["a", "b"] },
    words: { type: "one", kinds: [{ type: "list", of: { type: "str" } }, { type: "str" }] },
    sizes: { type: "list", of: { type: "int", min: 1 }, least: 1 },
    free: { type: "map", of: { type: "any" } },
    inner: { type: "group", fields: { on: { type: "optional bool" } } },
    on: { type: "bool" },
    deep: { type: "bool" },
    folder: { type: "str" },
  },
  removed: { old: "kind" },
  rules: [
    { where: { kind: { in: ["b"] } }, must: { folder: { not: [""] } }, given: true },
    { where: { on: { in: [true] } }, must: { kind: { in: ["a"] } }, given: true },
    // And not that it needs kind, which follows.
    { where: { deep: { in: [true] } }, must: { on: { in: [true] } }, given: true },
  ],
};
