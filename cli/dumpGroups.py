"""What the classes behind the groups of `vllm serve` take: read for cli/dumpFlags.py.

They are pydantic's, which knows their fields. What their validators make of a value it does not know: that is found by
giving values to the class itself, so some of it may stay unknown.
"""

import dataclasses
import enum
import json
import re
import types

from dumpRules import JUNK, Rules, base

BOUNDS = {"ge": "min", "gt": "above", "le": "max", "lt": "below"}


def words_of(thing, depth=2):
    """What a function may compare a value with: its constants, and the names in what it looks things up in."""
    found = []
    if isinstance(thing, (str, int)):
        found.append(thing)
    elif isinstance(thing, type) and issubclass(thing, enum.Enum):
        found += [word for member in thing for word in (member.name, member.value)]
    elif isinstance(thing, (dict, set, frozenset, list, tuple)):
        found += thing
    code = thing if isinstance(thing, types.CodeType) else getattr(thing, "__code__", None)
    if isinstance(code, types.CodeType) and depth:
        known = getattr(thing, "__globals__", {})
        for inner in (*code.co_consts, *(known[name] for name in code.co_names if name in known)):
            found += words_of(inner, depth - 1)
    return list(dict.fromkeys(filter(is_word, found)))


def is_word(value):
    return type(value) is int or (isinstance(value, str) and len(value) < 60)


def optional(field):
    return field if field["type"].startswith(("optional ", "any")) else {**field, "type": f"optional {field['type']}"}


def one_of(kinds):
    """Several types as one: none beside it where any text will do, choices together."""
    none = any(kind["type"].startswith("optional ") for kind in kinds)
    kinds = [inner for kind in kinds for inner in (kind["kinds"] if base(kind) == "one" else [kind])]
    kinds = [{**kind, "type": base(kind)} for kind in kinds]
    if any(kind["type"] == "any" for kind in kinds):
        return {"type": "any"}
    if any(kind["type"] == "str" for kind in kinds):
        kinds = [kind for kind in kinds if kind["type"] not in ("choice", "str")] + [{"type": "str"}]
    if len(kinds) > 1 and all(kind["type"] == "choice" for kind in kinds):
        kinds = [{"type": "choice", "choices": list(dict.fromkeys(word for kind in kinds for word in kind["choices"]))}]
    field = kinds[0] if len(kinds) == 1 else {"type": "one", "kinds": kinds}
    return optional(field) if none else field


def distinct(choices, forms):
    """Choices without those that are another's form."""

    def key(word):
        word = word.lower() if "caseless" in forms and isinstance(word, str) else word
        return word.replace("-", "_") if "dashes" in forms and isinstance(word, str) else word

    return list({key(word): word for word in reversed(choices)}.values())[::-1]


def forms_of(choices, reads):
    """Other forms in which a choice is read as well: in another case, with a dash for an underscore."""
    forms = {"caseless": lambda word: word.swapcase(), "dashes": lambda word: word.replace("_", "-")}
    words = {name: [(word, form(word)) for word in choices if isinstance(word, str)] for name, form in forms.items()}
    others = {name: [other for word, other in pairs if other != word] for name, pairs in words.items()}
    return {name: True for name, found in others.items() if found and all(map(reads, found))}


class Group:
    """What a class takes, and by which rules. `late`: it asks for more than a group says, so only its fields are read."""

    def __init__(self, cls, late=False):
        from pydantic import TypeAdapter
        from pydantic_core import SchemaValidator

        self.adapter = TypeAdapter(cls)
        self.known = {}
        self.validators = [cls.__post_init__] if hasattr(cls, "__post_init__") else []
        schema = self.adapter.core_schema
        self.defs = {inner["ref"]: inner for inner in schema.get("definitions", ())}
        while schema["type"] != "dataclass-args":
            if schema["type"].startswith("function-"):
                self.validators.append(schema["function"]["function"])
            schema = self.defs[schema["schema_ref"]] if schema["type"] == "definition-ref" else schema["schema"]
        if late:
            self.validators = []
            self.adapter = SchemaValidator({"type": "definitions", "schema": schema, "definitions": [*self.defs.values()]})
        self.words = [word for validator in self.validators for word in words_of(validator)]
        self.fields = {}
        for field in schema["fields"]:
            name = field["name"]
            if field.get("init", True):
                self.fields[name] = self.describe(field["schema"], lambda value, name=name: self.refusal(name, value))
                if field["schema"]["type"] != "default":
                    self.fields[name]["required"] = True
        for name, field in getattr(cls, "__pydantic_fields__", {}).items() if late else ():
            if any(type(said).__name__ == "SkipValidation" for said in field.metadata):
                self.fields[name]["internal"] = True

    def errors(self, value):
        """What the class says of a group: the path that each error is at, its kind, its words."""
        from pydantic import ValidationError

        key = json.dumps(value, sort_keys=True)
        if key not in self.known:
            try:
                self.adapter.validate_json(key)
                self.known[key] = []
            except ValidationError as error:
                self.known[key] = [(one["loc"], one["type"], one["msg"]) for one in error.errors()]
            except Exception as error:  # Such as the KeyError of an unknown name.
                self.known[key] = [((), "", str(error))]
        return self.known[key]

    def refusal(self, name, value):
        """Why a field does not take a value, whatever else it would want beside it."""
        return " ".join(words for path, kind, words in self.errors({name: value}) if path[:1] == (name,) or not kind)

    def describe(self, schema, refusal, words=()):
        """A value's type. `words`: what the validators around it may compare it with, where there are any."""
        kind = schema["type"]
        if kind == "definition-ref":
            return self.describe(self.defs[schema["schema_ref"]], refusal, words)
        if kind == "nullable":
            return optional(self.describe(schema["schema"], refusal, words))
        if kind.startswith("function-"):
            words = [*words, *words_of(schema["function"]["function"]), JUNK]
            inner = self.describe(schema["schema"], refusal, words) if "schema" in schema else {"type": "any"}
            return self.tried(inner, refusal, words)
        if kind in ("default", "lax-or-strict", "json-or-python"):
            inner = next(schema[key] for key in ("lax_schema", "json_schema", "schema") if key in schema)
            return self.describe(inner, refusal, words)
        if kind == "union":
            kinds = [self.describe(choice, refusal, words) for choice in schema["choices"]]
            return one_of([inner for inner in kinds if inner["type"] != "never"])
        if kind == "dataclass":
            return {"type": "group", **Group(schema["cls"]).described()}
        if kind == "literal" and not words:
            return {"type": "choice", "choices": schema["expected"]}
        if kind in ("literal", "enum"):
            names = [word for member in schema.get("members", ()) for word in (member.name, member.value)]
            return self.tried({"type": "choice"}, refusal, [*schema.get("expected", ()), *names, *words])
        if kind in ("int", "float"):
            return {"type": kind, **{BOUNDS[key]: value for key, value in schema.items() if key in BOUNDS}}
        least = {"least": schema["min_length"]} if schema.get("min_length") else {}
        if kind in ("list", "set", "frozenset", "tuple"):
            items = schema["items_schema"]
            if kind == "tuple" and "variadic_item_index" not in schema:
                least = {"least": len(items), "most": len(items)}
            items = items if isinstance(items, dict) else items[0]
            return {"type": "list", "of": self.describe(items, lambda value: refusal([value]), words), **least}
        if kind == "dict":
            return {"type": "map", **self.entries(schema["values_schema"], refusal, words), **least}
        if kind == "str":
            return self.tried({"type": "str"}, refusal, words) if words else {"type": "str"}
        return {"type": {"bool": "bool", "is-instance": "never"}.get(kind, "any")}

    def entries(self, schema, refusal, words):
        """Keys and values of a map: where a validator knows the keys, the error for a wrong one names them."""
        if not words:
            return {"of": self.describe(schema, lambda value: refusal({JUNK: value}))}
        words = [*words, *(name for member in schema.get("members", ()) for name in (member.name,))]
        words += re.findall(r"[\w.+-]+", refusal({JUNK: JUNK}))
        pairs = [(key, value) for key in words for value in words if not refusal({key: value})]
        if not pairs:
            return {"of": {"type": "any"}, "partly": True}
        (key, value), *_ = pairs
        keys = {} if not refusal({JUNK: value}) else {"keys": sorted({key for key, _ in pairs})}
        return {**keys, "of": self.describe(schema, lambda inner: refusal({key: inner}), words)}

    def tried(self, inner, refusal, words):
        """A type as it is behind validators: what of it they take, and what else."""
        kinds = []
        kind = base(inner)
        if kind in ("bool", "int", "float", "list", "map", "group", "one"):
            kinds.append({**inner, "type": kind})
        said = refusal(JUNK)
        if not said:
            kinds.append({"type": "str"})
        elif kind not in ("bool", "int", "float"):
            words = dict.fromkeys([*inner.get("choices", ()), *words, *re.findall(r"[\w.+-]+", said)])
            taken = [word for word in words if is_word(word) and not refusal(word)]
            if taken:
                # A form of another is no choice by itself.
                forms = forms_of(taken, lambda word: not refusal(word))
                kinds.append({"type": "choice", "choices": distinct(taken, forms), **forms})
        field = one_of(kinds) if kinds else {"type": "any", "partly": True}
        return field if refusal(None) else optional(field)

    def described(self):
        fields = dict(self.fields)
        removed = {}
        for word in dict.fromkeys(filter(str.isidentifier, (word for word in self.words if isinstance(word, str)))):
            errors = [] if word in fields else self.errors({word: 1})
            if errors and all(path == () and kind for path, kind, _ in errors):
                removed[word] = next((name for name in fields if re.search(rf"\b{name}\b", errors[0][2])), None)
        rules = Rules(fields, self.words, self.errors).found() if self.validators else []
        return {"fields": fields, **({"removed": removed} if removed else {}), **({"rules": rules} if rules else {})}


def class_fields(cls):
    """The fields of a class that checks none of their values."""
    missing = dataclasses.MISSING
    wanted = {field.name: field.default is missing and field.default_factory is missing for field in dataclasses.fields(cls)}
    return {name: {"type": "any", **({"required": True} if must else {})} for name, must in wanted.items()}
