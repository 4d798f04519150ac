"""Add what a version of vLLM checks only when it starts to catalogue/vllm/names.json: docs/vllm-versions.md.

    python3 cli/dumpNames.py catalogue/vllm/names.json 0.34.0 site-packages/vllm

It reads the sources of the package and imports nothing, so an unpacked wheel will do. Versions are added in their order.
"""

import ast
import json
import pathlib
import sys

NOTE = (
    "What vLLM looks up or bounds when it starts, beside its parser. Each name has the versions in which it was there: "
    "from its first (none: the first of the list) to its last (none: the newest)."
)

# The lists of names, each with its file and its variable there; one is a folder of files.
LISTS = {
    "tool-call-parser": ("tool_parsers/__init__.py", "_TOOL_PARSERS_TO_REGISTER"),
    "reasoning-parser": ("reasoning/__init__.py", "_REASONING_PARSERS_TO_REGISTER"),
    "quantization": ("model_executor/layers/quantization/__init__.py", "QuantizationMethods"),
    "load-format": ("model_executor/model_loader/__init__.py", "_LOAD_FORMAT_TO_MODEL_LOADER"),
    "attention-backend": ("v1/attention/backends/registry.py", "AttentionBackendEnum"),
    "tokenizer-mode": ("tokenizers/registry.py", "_VLLM_TOKENIZERS"),
    "config-format": ("transformers_utils/config.py", "_CONFIG_FORMAT_TO_CONFIG_PARSER"),
    "kv-cache-dtype": ("config/cache.py", "CacheDType"),
    "attention-config.indexer_kv_dtype": ("config/attention.py", "IndexerKVDType"),
    "mamba-backend": ("config/mamba.py", "MambaBackendEnum"),
    "custom-histogram-buckets": ("v1/metrics/buckets.py", "BucketFamilyKey"),
    "chat-template": ("transformers_utils/chat_templates", "*.jinja"),
}

BOUNDS = ("ge", "gt", "le", "lt")


def tree(package, path):
    file = package / path
    return ast.parse(file.read_text()) if file.exists() else ast.Module([], [])


def name_of(node):
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else None


def texts(node):
    """The text constants of a Literal, the keys of a dict, or the members of an enum."""
    if isinstance(node, ast.Dict):
        node = ast.List(node.keys)
    if isinstance(node, ast.Subscript):
        node = node.slice if isinstance(node.slice, ast.Tuple) else ast.Tuple([node.slice])
    if isinstance(node, ast.ClassDef):
        return [target.id for one in node.body if isinstance(one, ast.Assign) for target in one.targets]
    return [one.value for one in node.elts if isinstance(one, ast.Constant) and isinstance(one.value, str)]


def listed(package, path, variable):
    if (package / path).is_dir():
        return [file.name for file in (package / path).glob(variable)]
    for node in tree(package, path).body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if variable in map(name_of, targets):
            return texts(node.value)
        if isinstance(node, ast.ClassDef) and node.name == variable:
            return texts(node)
    return []


def config_bounds(package):
    """The bounds of each field of each configuration, by class and field."""
    found = {}
    for file in sorted((package / "config").glob("*.py")):
        for node in ast.parse(file.read_text()).body:
            for field in node.body if isinstance(node, ast.ClassDef) else []:
                if not (isinstance(field, ast.AnnAssign) and isinstance(field.value, ast.Call)):
                    continue
                if name_of(field.value.func) != "Field":
                    continue
                limits = {k.arg: ast.literal_eval(k.value) for k in field.value.keywords if k.arg in BOUNDS}
                if limits:
                    found[node.name, field.target.id] = limits
    return found


def flag_bounds(package):
    """The bounds of the flags that are such a field, by `--flag, **x_kwargs["field"]` in EngineArgs."""
    limits, classes, found = config_bounds(package), {}, {}
    for node in ast.walk(tree(package, "engine/arg_utils.py")):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            if name_of(node.value.func) == "get_kwargs":
                classes[name_of(node.targets[0])] = name_of(node.value.args[0])
    for node in ast.walk(tree(package, "engine/arg_utils.py")):
        if not (isinstance(node, ast.Call) and name_of(node.func) == "add_argument"):
            continue
        for part in [part for keyword in node.keywords if keyword.arg is None for part in ast.walk(keyword.value)]:
            if isinstance(part, ast.Subscript):
                field = classes.get(name_of(part.value)), ast.literal_eval(part.slice)
                if field in limits:
                    found[node.args[0].value.removeprefix("--")] = limits[field]
    return found


def reads_variable(node, name):
    """os.getenv("NAME", …), os.environ.get("NAME", …) or os.environ["NAME"]."""
    part = node.args[0] if isinstance(node, ast.Call) and node.args else getattr(node, "slice", None)
    return isinstance(part, ast.Constant) and part.value == name


def variable_type(name, node):
    """How vLLM reads an environment variable, where a wrong value ends it; else None."""
    if name == "VLLM_PORT":
        return {"type": "int"}
    for call in [one for one in ast.walk(node) if isinstance(one, ast.Call)]:
        function = name_of(call.func)
        if function in ("env_with_choices", "env_list_with_choices", "env_set_with_choices"):
            given = dict(zip(("name", "default", "choices", "case_sensitive"), call.args))
            given.update({keyword.arg: keyword.value for keyword in call.keywords})
            if not isinstance(given["choices"], ast.List):
                return None
            exact = ast.literal_eval(given["case_sensitive"]) if "case_sensitive" in given else True
            return {
                "type": "list" if function != "env_with_choices" else "str",
                "choices": texts(given["choices"]),
                **({} if exact else {"anyCase": True}),
            }
        if function in ("maybe_convert_int", "maybe_convert_bool"):
            return {"type": "int"}
        inner = call.args[0] if call.args else None
        if function in ("int", "float") and isinstance(inner, (ast.Call, ast.Subscript)):
            if reads_variable(inner, name):
                return {"type": function}
    return None


def variables(package):
    module = tree(package, "envs.py")
    for node in module.body:
        if isinstance(node, ast.AnnAssign) and name_of(node.target) == "environment_variables":
            pairs = [(key.value, value) for key, value in zip(node.value.keys, node.value.values)]
            functions = {one.name: one for one in module.body if isinstance(one, ast.FunctionDef)}
            return {name: variable_type(name, functions.get(name_of(value), value)) or {} for name, value in pairs}
    return {}


def add(spans, version, before, facts):
    """Writes into the versions of one name that it is there, with these facts."""
    open_one = spans[-1] if spans and "to" not in spans[-1] else None
    if open_one is not None:
        if {key: value for key, value in open_one.items() if key != "from"} == facts:
            return
        open_one["to"] = before
    spans.append({**({"from": version} if before else {}), **facts})


def main():
    path, version, package = pathlib.Path(sys.argv[1]), sys.argv[2], pathlib.Path(sys.argv[3])
    table = json.loads(path.read_text()) if path.exists() else {"note": NOTE, "versions": []}
    if version in table["versions"]:
        sys.exit(f"{version} is there already")
    before = table["versions"][-1] if table["versions"] else None
    found = {flag: {name: {} for name in listed(package, *where)} for flag, where in LISTS.items()}
    found = {"names": found, "bounds": {"": flag_bounds(package)}, "variables": {"": variables(package)}}
    for part, lists in found.items():
        for key, names in lists.items():
            entries = table.setdefault(part, {})
            entries = entries.setdefault(key, {}) if key else entries
            for name, spans in entries.items():
                if name not in names and "to" not in spans[-1]:
                    spans[-1]["to"] = before
            for name, facts in names.items():
                add(entries.setdefault(name, []), version, before, facts)
    table["versions"].append(version)
    path.write_text(written(table))


def written(value, indent=""):
    """JSON with a name a line, its versions behind it."""
    if not isinstance(value, dict) or not value:
        return json.dumps(value)
    inner = indent + "  "
    lines = [f"{inner}{json.dumps(key)}: {written(value[key], inner)}" for key in sorted(value, key=order)]
    return "{\n" + ",\n".join(lines) + "\n" + indent + "}" + ("" if indent else "\n")


def order(key):
    return (key != "note", key != "versions", key)


if __name__ == "__main__":
    main()
