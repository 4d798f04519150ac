import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { addVllm, type Dump, groupsOf, tableOf, tableText } from "../../cli/addVllm.ts";
import { type ArgumentValue, flagWords } from "../../planning/engine/vllm/flags.ts";
import type { GroupTables } from "../../planning/engine/vllm/groups.ts";

import { fakeGroup, fakeLateGroup, fakeVllm } from "./fakeVllm.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "add-vllm-"));
after(() => rmSync(folder, { recursive: true }));
const read = (file: string) => readFileSync(join(root, file), "utf8");
const committed = { flags: read("catalogue/vllm/flags.json"), groups: read("catalogue/vllm/groups.json") };
/** Files of tables in the test's own folder. */
const files = (name: string) => ({
  flags: join(folder, `${name}-flags.json`),
  groups: join(folder, `${name}-groups.json`),
});
const real: Dump = JSON.parse(read("tests/data/vllm-0.32.0-flags.json"));

for (const [file, text] of Object.entries(fakeVllm)) {
  mkdirSync(dirname(join(folder, "vllm", file)), { recursive: true });
  writeFileSync(join(folder, "vllm", file), text);
}

/** Runs Python beside the package. */
function python(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync("python3", args, {
    encoding: "utf8",
    env: { ...process.env, PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: "1" },
  });
  assert.equal(status, 0, stderr);
  return stdout;
}

const dump: Dump = JSON.parse(python(join(root, "cli/dumpFlags.py")));

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
    { flags: ["--plain"], dest: "plain", ...value, type: "str" },
    { flags: ["--named"], dest: "named", ...value, type: "str" },
    { flags: ["--made"], dest: "made", ...value, type: null },
    { flags: ["--maybe"], dest: "maybe", ...value, type: "optional str", choices: ["a", "None", null] },
    { flags: ["--many"], dest: "many", ...value, type: "optional int", nargs: "+", choices: [1, 2] },
    { flags: ["--size"], dest: "size", ...value, type: "int with k, m, g suffix" },
    { flags: ["--length"], dest: "length", ...value, type: "int with k, m, g suffix, or auto" },
    { flags: ["--either"], dest: "either", ...value, type: "optional json|str" },
    { flags: ["--dataclass"], dest: "dataclass", ...value, type: "optional json", default: { a: 1 }, group: fakeGroup },
    { flags: ["--json"], dest: "json", ...value, type: "json" },
    {
      ...{ flags: ["--speculative-config"], dest: "speculative_config", ...value, type: "optional json" },
      group: fakeLateGroup,
    },
    { flags: ["--list"], dest: "list", ...value, type: "json", default: ["*"] },
    { flags: ["--lambda"], dest: "lambda", ...value, type: null, choices: ["a", "b_c"], caseless: true, dashes: true },
    { flags: ["--exact"], dest: "exact", ...value, type: "str", choices: ["A", "B_C"] },
    { flags: ["--device"], dest: "device", ...value, type: "str", choices: ["auto"], elsewhere: ["cuda"] },
    { flags: ["--middleware"], dest: "middleware", ...value, type: "str", default: [], repeated: true },
    {
      ...{ flags: ["--modules"], dest: "modules", ...value, type: "str", nargs: "+", items: "name=path or json" },
      group: { fields: { name: { type: "any", required: true }, note: { type: "any" } } },
    },
    { flags: ["--old"], dest: "old", ...value, type: "str", deprecated: true },
  ]);
});

test("the table: what the checks need, by one name a flag", () => {
  assert.deepEqual(tableOf(dump), {
    source: "argument parser of vllm serve, cpu platform",
    flags: {
      dataclass: { type: "optional json" },
      either: { type: "optional json|str" },
      "enable-x": { type: "bool", no: true, aliases: ["disable-x", "x"] },
      flag: { type: "bool" },
      float: { type: "float" },
      int: { type: "int", aliases: ["i", "integer"] },
      json: { type: "json" },
      device: { type: "str", choices: ["auto"], elsewhere: ["cuda"] },
      exact: { type: "str", choices: ["A", "B_C"] },
      lambda: { type: null, choices: ["a", "b_c"], caseless: true, dashes: true },
      length: { type: "int with k, m, g suffix, or auto" },
      list: { type: "json list" },
      made: { type: null },
      many: { type: "optional int", nargs: "+", choices: [1, 2] },
      maybe: { type: "optional str", choices: ["a", null] },
      middleware: { type: "str", repeated: true },
      modules: { type: "str", nargs: "+", items: "name=path or json" },
      named: { type: "str" },
      old: { type: "str" },
      plain: { type: "str" },
      size: { type: "int with k, m, g suffix" },
      "speculative-config": { type: "optional json" },
      text: { type: "str" },
    },
  });
});

test("adding: into its place, the same when repeated, and what changed is said", () => {
  const these = files("added");
  const other = { ...dump, vllm: "9.10.0", arguments: dump.arguments.filter(({ flags }) => !flags.includes("--old")) };
  other.arguments = other.arguments.map((one) => (one.flags[0] === "--size" ? { ...one, type: "int" } : one));
  other.arguments.push({ ...(other.arguments[2] as Dump["arguments"][number]), flags: ["--new"] });
  assert.deepEqual(addVllm(other, these), ["vLLM 9.10.0: 23 flags, 3 groups"]);
  assert.deepEqual(addVllm(dump, these), ["vLLM 9.8.7: 23 flags, 3 groups"]);
  const text = readFileSync(these.flags, "utf8");
  const versionsOf = () => Object.keys(JSON.parse(readFileSync(these.flags, "utf8")));
  assert.deepEqual(versionsOf(), ["9.8.7", "9.10.0"]);
  assert.deepEqual(addVllm(other, these), [
    "vLLM 9.10.0: 23 flags, 3 groups; changed since 9.8.7",
    "added   new",
    "removed old",
    "changed size",
  ]);
  assert.deepEqual(addVllm({ ...dump, vllm: "9.8.8" }, these), ["vLLM 9.8.8: 23 flags, 3 groups; the same as 9.8.7"]);
  addVllm({ ...dump, vllm: "9.8.8" }, these);
  assert.deepEqual(versionsOf(), ["9.8.7", "9.8.8", "9.10.0"]);
  const again = addVllm({ ...other, vllm: "9.10.1" }, these);
  assert.deepEqual(again, ["vLLM 9.10.1: 23 flags, 3 groups; the same as 9.10.0"]);
  assert.match(text, /^ {6}"many": \{ "type": "optional int", "nargs": "\+", "choices": \[1, 2\] \},$/m);
});

test("groups: once for the versions that share one, and what changed in them is said by its path", () => {
  const these = files("groups");
  const groupsNow = (): GroupTables => JSON.parse(readFileSync(these.groups, "utf8"));
  const said = (name: string) => groupsNow()[name]?.map(({ versions }) => versions);
  addVllm(dump, these);
  addVllm({ ...dump, vllm: "9.8.9" }, these);
  assert.deepEqual(said("dataclass"), [["9.8.7", "9.8.9"]]);
  const { must, words, ...fields } = fakeGroup.fields;
  const changed = { ...fakeGroup, fields: { ...fields, words: { type: "str" }, fresh: { type: "int" } } };
  const other = (vllm: string): Dump => ({
    ...dump,
    vllm,
    arguments: dump.arguments.map((one) => (one.flags[0] === "--dataclass" ? { ...one, group: changed } : one)),
  });
  const lines = ["added   dataclass.fresh", "removed dataclass.must", "changed dataclass.words"];
  assert.deepEqual(addVllm(other("9.8.8"), these), ["vLLM 9.8.8: 23 flags, 3 groups; changed since 9.8.7", ...lines]);
  assert.deepEqual(said("dataclass"), [["9.8.7", "9.8.9"], ["9.8.8"]]);
  assert.deepEqual(said("modules"), [["9.8.7", "9.8.8", "9.8.9"]]);
  addVllm(other("9.8.7"), these);
  addVllm(other("9.8.9"), these);
  assert.deepEqual(groupsNow().dataclass, [{ versions: ["9.8.7", "9.8.8", "9.8.9"], ...changed }]);
});

test("the committed files are what the command writes, and their 0.32.0 is what that version's parser said", () => {
  const [flags, groups] = [JSON.parse(committed.flags), JSON.parse(committed.groups)];
  assert.equal(tableText(flags), committed.flags);
  assert.equal(tableText(groups), committed.groups);
  assert.deepEqual(flags["0.32.0"], JSON.parse(JSON.stringify(tableOf(real))));
  const these = files("again");
  writeFileSync(these.flags, committed.flags);
  writeFileSync(these.groups, committed.groups);
  assert.equal(addVllm(real, these)[0], "vLLM 0.32.0: 316 flags, 23 groups; changed since 0.31.0");
  assert.equal(readFileSync(these.flags, "utf8"), committed.flags);
  assert.equal(readFileSync(these.groups, "utf8"), committed.groups);
  assert.equal(Object.keys(groupsOf(real)).length, 23);
});

test("what is no dump is refused, and nothing is written", () => {
  const these = files("none");
  const wrong: [unknown, RegExp][] = [
    [{}, /the file is not what cli\/dumpFlags.py prints/],
    [{ ...dump, vllm: "9.8.8.dev3" }, /'9.8.8.dev3' is no released version of vLLM, such as 0.33.0/],
    [
      { ...dump, arguments: [{ ...dump.arguments[4], type: "complex" }] },
      /--int has the type 'complex', which no check knows/,
    ],
  ];
  for (const [input, message] of wrong) assert.throws(() => addVllm(input as Dump, these), message);
  assert.throws(() => readFileSync(these.flags));
  assert.throws(() => readFileSync(these.groups));
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
    ["dataclass", { a: [1, "b", null], c: null }, { a: [1, "b", null], c: null }],
    ["middleware", ["a", "-b"], ["a", "-b"]],
    ["middleware", "a", ["a"]],
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
  const lines = python("-c", script, JSON.stringify(words)).trimEnd().split("\n").slice(1);
  assert.deepEqual(
    lines.map((line) => JSON.parse(line)),
    cases.map(([, , meant]) => [meant, "model", "last"]),
  );
});
