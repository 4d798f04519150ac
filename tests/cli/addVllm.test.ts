import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { addVllm, type Dump, tableOf, tablesText } from "../../cli/addVllm.ts";
import { type ArgumentValue, flagWords } from "../../planning/engine/vllm/flags.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "add-vllm-"));
after(() => rmSync(folder, { recursive: true }));
const read = (file: string) => readFileSync(join(root, file), "utf8");
const committed = read("catalogue/vllm/flags.json");
const real: Dump = JSON.parse(read("tests/data/vllm-0.32.0-flags.json"));

/** A package that builds its parser as vLLM does: its names, its converters, real argparse. */
const fake: Record<string, string> = {
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
import argparse, enum, json
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

def human_readable_int(text): return int(text)
def human_readable_int_or_auto(text): return int(text)
def union_dict_and_str(text): return json.loads(text) if text.startswith("{") else text
def parse_dataclass(text): return json.loads(text)

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
    add("--maybe", type=optional_type(str), choices=["a", "None", None])
    add("--many", type=optional_type(int), nargs="+", choices=[1, 2])
    add("--size", type=human_readable_int)
    add("--length", type=human_readable_int_or_auto)
    add("--either", type=optional_type(union_dict_and_str))
    add("--dataclass", type=parse_dataclass, default={"a": 1})
    add("--json", type=parse_type(json.loads))
    add("--list", type=json.loads, default=["*"])
    add("--lambda", type=lambda text: text, choices=["a"])
    parser._deprecated.add(add("--old", type=str))
    return parser
`,
};
for (const [file, text] of Object.entries(fake)) {
  mkdirSync(dirname(join(folder, "vllm", file)), { recursive: true });
  writeFileSync(join(folder, "vllm", file), text);
}

/** Runs a script as `docker run … python3 -` would: from its text. */
function python(script: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync("python3", ["-", ...args], {
    input: script,
    encoding: "utf8",
    env: { ...process.env, PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: "1" },
  });
  assert.equal(status, 0, stderr);
  return stdout;
}

const dump: Dump = JSON.parse(python(read("cli/dumpFlags.py")));

test("the dump: the version, the arguments as argparse has them, and nothing of what vLLM logs", () => {
  assert.deepEqual(Object.keys(dump), ["vllm", "source", "arguments", "note"]);
  assert.equal(dump.vllm, "9.8.7");
  assert.equal(dump.source, "argument parser of vllm serve, cpu platform");
  const rest = { nargs: null, choices: null, default: null, deprecated: false };
  const flag = { kind: "flag", type: null, nargs: 0, choices: null, deprecated: false };
  const value = { kind: "value", ...rest };
  assert.deepEqual(dump.arguments, [
    { flags: ["-h", "--help"], dest: "help", ...flag, default: "==SUPPRESS==" },
    { flags: [], dest: "model_tag", ...value, type: "str", nargs: "?" },
    { flags: ["--flag"], dest: "flag", ...flag, default: false },
    { flags: ["--enable-x", "-x", "--no-enable-x", "--disable-x"], dest: "enable_x", ...flag, default: null },
    { flags: ["--int", "-i", "--integer"], dest: "int", ...value, type: "int", default: 4 },
    { flags: ["--float"], dest: "float", ...value, type: "float", default: "inf" },
    { flags: ["--text"], dest: "text", ...value, type: "str", default: "Mode.FAST" },
    { flags: ["--plain"], dest: "plain", ...value, type: null },
    { flags: ["--maybe"], dest: "maybe", ...value, type: "optional str", choices: ["a", "None", null] },
    { flags: ["--many"], dest: "many", ...value, type: "optional int", nargs: "+", choices: [1, 2] },
    { flags: ["--size"], dest: "size", ...value, type: "int with k, m, g suffix" },
    { flags: ["--length"], dest: "length", ...value, type: "int with k, m, g suffix, or auto" },
    { flags: ["--either"], dest: "either", ...value, type: "optional json|str" },
    { flags: ["--dataclass"], dest: "dataclass", ...value, type: "json", default: { a: 1 } },
    { flags: ["--json"], dest: "json", ...value, type: "json" },
    { flags: ["--list"], dest: "list", ...value, type: "json", default: ["*"] },
    { flags: ["--lambda"], dest: "lambda", ...value, type: null, choices: ["a"] },
    { flags: ["--old"], dest: "old", ...value, type: "str", deprecated: true },
  ]);
});

test("the table: what the checks need, by one name a flag", () => {
  assert.deepEqual(tableOf(dump), {
    source: "argument parser of vllm serve, cpu platform",
    flags: {
      dataclass: { type: "json" },
      either: { type: "optional json|str" },
      "enable-x": { type: "bool", no: true, aliases: ["disable-x", "x"] },
      flag: { type: "bool" },
      float: { type: "float" },
      int: { type: "int", aliases: ["i", "integer"] },
      json: { type: "json" },
      lambda: { type: null, choices: ["a"] },
      length: { type: "int with k, m, g suffix, or auto" },
      list: { type: "json list" },
      many: { type: "optional int", nargs: "+", choices: [1, 2] },
      maybe: { type: "optional str", choices: ["a", null] },
      old: { type: "str" },
      plain: { type: null },
      size: { type: "int with k, m, g suffix" },
      text: { type: "str" },
    },
  });
});

test("adding: into its place, the same when repeated, and what changed is said", () => {
  const file = join(folder, "flags.json");
  const other = { ...dump, vllm: "9.10.0", arguments: dump.arguments.filter(({ flags }) => !flags.includes("--old")) };
  other.arguments = other.arguments.map((one) => (one.flags[0] === "--size" ? { ...one, type: "int" } : one));
  other.arguments.push({ ...(other.arguments[2] as Dump["arguments"][number]), flags: ["--new"] });
  assert.deepEqual(addVllm(other, file), ["vLLM 9.10.0: 16 flags"]);
  assert.deepEqual(addVllm(dump, file), ["vLLM 9.8.7: 16 flags"]);
  const text = readFileSync(file, "utf8");
  assert.deepEqual(Object.keys(JSON.parse(text)), ["9.8.7", "9.10.0"]);
  assert.deepEqual(addVllm(other, file), [
    "vLLM 9.10.0: 16 flags; changed since 9.8.7",
    "added   new",
    "removed old",
    "changed size",
  ]);
  assert.deepEqual(addVllm({ ...dump, vllm: "9.8.8" }, file), ["vLLM 9.8.8: 16 flags; the same as 9.8.7"]);
  addVllm({ ...dump, vllm: "9.8.8" }, file);
  assert.deepEqual(Object.keys(JSON.parse(readFileSync(file, "utf8"))), ["9.8.7", "9.8.8", "9.10.0"]);
  assert.deepEqual(addVllm({ ...other, vllm: "9.10.1" }, file), ["vLLM 9.10.1: 16 flags; the same as 9.10.0"]);
  assert.match(text, /^ {6}"many": \{ "type": "optional int", "nargs": "\+", "choices": \[1, 2\] \},$/m);
});

test("the committed file is what the command writes, and its 0.32.0 is what that version's parser said", () => {
  const tables = JSON.parse(committed);
  assert.equal(tablesText(tables), committed);
  assert.deepEqual(tables["0.32.0"], JSON.parse(JSON.stringify(tableOf(real))));
  const file = join(folder, "again.json");
  writeFileSync(file, committed);
  assert.equal(addVllm(real, file)[0], "vLLM 0.32.0: 316 flags; changed since 0.31.0");
  assert.equal(readFileSync(file, "utf8"), committed);
});

test("what is no dump is refused, and nothing is written", () => {
  const file = join(folder, "none.json");
  const wrong: [unknown, RegExp][] = [
    [{}, /the file is not what cli\/dumpFlags.py prints/],
    [{ ...dump, vllm: "9.8.8.dev3" }, /'9.8.8.dev3' is no released version of vLLM, such as 0.33.0/],
    [
      { ...dump, arguments: [{ ...dump.arguments[4], type: "complex" }] },
      /--int has the type 'complex', which no check knows/,
    ],
  ];
  for (const [input, message] of wrong) assert.throws(() => addVllm(input as Dump, file), message);
  assert.throws(() => readFileSync(file));
});

test("argparse reads the words as they were meant", () => {
  const cases: [flag: string, value: ArgumentValue, meant: unknown][] = [
    ["flag", true, true],
    ["enable-x", true, true],
    ["enable-x", false, false],
    ["int", -3, -3],
    ["float", -0.5, -0.5],
    ["text", "--int", "--int"],
    ["text", "-i", "-i"],
    ["text", "a b=c", "a b=c"],
    ["text", "", ""],
    ["maybe", "None", null],
    ["many", [1, 2], [1, 2]],
    ["many", 1, [1]],
    ["dataclass", { a: [1, "b"] }, { a: [1, "b"] }],
    ["either", "-name", "-name"],
  ];
  const script = `
import json, sys
from vllm import platforms
platforms.current_platform.device_type = "cpu"
from vllm.entrypoints.cli.serve import FlexibleArgumentParser, make_arg_parser
for flag, words in json.loads(sys.argv[1]):
    read = make_arg_parser(FlexibleArgumentParser()).parse_args(["model", *words, "--plain", "last"])
    print(json.dumps([getattr(read, flag.replace("-", "_")), read.model_tag, read.plain]))
`;
  const words = cases.map(([flag, value]) => [flag, flagWords(flag, value)]);
  const lines = python(script, JSON.stringify(words)).trimEnd().split("\n").slice(1);
  assert.deepEqual(
    lines.map((line) => JSON.parse(line)),
    cases.map(([, , meant]) => [meant, "model", "last"]),
  );
});
