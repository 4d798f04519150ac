import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import flagTables from "../../../../catalogue/vllm/flags.json" with { type: "json" };
import { sentence } from "../../../../config/problems.ts";
import { type ArgumentValue, checkFlags, flagWords } from "../../../../planning/engine/vllm/flags.ts";
import type { Flag } from "../../../../planning/engine/vllm/flagValue.ts";
import { type Group, groupOf } from "../../../../planning/engine/vllm/groups.ts";
import { smallest } from "./groupValues.ts";

/** Versions between and beyond the tables, whole tables, and the words of the command line. */

const tables: Readonly<Record<string, { flags: Readonly<Record<string, Flag>> }>> = flagTables;
const every = Object.entries(tables).flatMap(([version, { flags }]) =>
  Object.entries(flags).map(([name, flag]) => ({ version, name, flag })),
);
const nothing = { problems: [], unchecked: [] };
const problem = (version: string, flag: string, value: ArgumentValue = true) =>
  checkFlags(version, { [flag]: value }).problems.map(sentence)[0];
const unchecked = (version: string, flag: string, value: ArgumentValue = true) => {
  const { problems, unchecked } = checkFlags(version, { [flag]: value });
  assert.deepEqual(problems, []);
  return unchecked[0]?.reason;
};

test("with its own table, a version has what it has: what came later or went says where it is", () => {
  assert.deepEqual(checkFlags("0.32.0", { "grpc-port": 1 }), nothing);
  assert.equal(problem("0.31.0", "grpc-port", 1), "is no flag of vLLM 0.31.0; 0.32.0 is the first to have it");
  assert.equal(
    problem("0.33.0", "enable-bf16x3-router-gemm"),
    "is no flag of vLLM 0.33.0; 0.29.0 was the last to have it",
  );
  assert.deepEqual(checkFlags("0.27.1", { "calculate-kv-scales": true }), nothing);
  assert.equal(
    problem("0.28.0", "calculate-kv-scales"),
    "was removed in vLLM 0.28.0; nothing took its place: leave it out",
  );
});

const beyond = "there is no flag table for vLLM 0.33.1";
const add = "docs/vllm-versions.md says how to add it";

test("a version after all tables: what the last has is there, a typo is none, the rest cannot be judged", () => {
  const version = "0.33.1";
  assert.equal(unchecked(version, "watchdog-config", {}), `${beyond}: 0.33.0 has it; see docs/vllm-versions.md`);
  assert.equal(unchecked(version, "max-loras", 4), `${beyond}: 0.33.0 has it; see docs/vllm-versions.md`);
  assert.equal(problem(version, "max-loras", "four"), 'is "four", but must be a whole number');
  assert.equal(problem(version, "tp", 2), "is another name of 'tensor-parallel-size'; write 'tensor-parallel-size'");
  assert.equal(problem(version, "max-lora", 4), `did you mean 'max-loras'? If not: ${beyond}, and ${add}`);
  assert.equal(problem(version, "max-lroas", 4), `did you mean 'max-loras'? If not: ${beyond}, and ${add}`);
  assert.equal(problem(version, "tensor-par", 4), `did you mean 'tensor-parallel-size'? If not: ${beyond}, and ${add}`);
  assert.equal(
    unchecked(version, "max-loruses", 4),
    `${beyond}, and no such flag in 0.33.0; see docs/vllm-versions.md`,
  );
  assert.equal(
    problem(version, "enable-bf16x3-router-gemm"),
    "is no flag of vLLM 0.33.1; 0.29.0 was the last to have it",
  );
  assert.equal(problem(version, "task", "x")?.split(";")[0], "was removed in vLLM 0.13.0");
  assert.equal(
    unchecked(version, "dtype", "fp3"),
    'is "fp3", but must be one of auto, bfloat16, float, float16, float32, half, unless 0.33.1 takes others',
  );
});

test("a version before all tables: what the first has is there, what comes later is not, removed counts from then", () => {
  const version = "0.26.0";
  assert.equal(
    unchecked(version, "max-loras", 4),
    "there is no flag table for vLLM 0.26.0: 0.27.0 has it; see docs/vllm-versions.md",
  );
  assert.equal(problem(version, "grpc-port", 1), "is no flag of vLLM 0.26.0; 0.32.0 is the first to have it");
  assert.equal(problem(version, "swap-space", 4), "was removed in vLLM 0.18.0; nothing took its place: leave it out");
  for (const flag of ["max-num-partial-prefills", "something-else"])
    assert.equal(
      unchecked(version, flag, 1),
      "there is no flag table for vLLM 0.26.0, and no such flag in 0.27.0; see docs/vllm-versions.md",
    );
});

test("a version between two tables: what both have is there, what one has may be, what is on one side only is not", () => {
  const version = "0.30.1";
  const gap = "there is no flag table for vLLM 0.30.1";
  assert.deepEqual(checkFlags(version, { "max-loras": 4 }), nothing);
  assert.equal(
    unchecked(version, "enable-mamba-fine-grained-prefix-cache"),
    `${gap}: of 0.30.0 and 0.31.0, only 0.30.0 has it; see docs/vllm-versions.md`,
  );
  assert.equal(
    unchecked(version, "log-level", "INFO"),
    `${gap}: of 0.30.0 and 0.31.0, only 0.31.0 has it; see docs/vllm-versions.md`,
  );
  assert.equal(problem(version, "grpc-port", 1), "is no flag of vLLM 0.30.1; 0.32.0 is the first to have it");
  assert.equal(
    unchecked(version, "new-in-between", 1),
    `${gap}, and no such flag in 0.30.0 and 0.31.0; see docs/vllm-versions.md`,
  );
});

const group = fc.dictionary(fc.string(), fc.integer());
const suffixed = fc.tuple(fc.nat(4096), fc.constantFrom("k", "m", "g", "t", "K", "M", "G", "T"));
const sized = fc.oneof(
  fc.nat(),
  suffixed.map((parts) => parts.join("")),
);
const word = fc.string().filter((text) => !/^\s*(-|\{)/.test(text));
const values: Readonly<Record<string, fc.Arbitrary<ArgumentValue>>> = {
  "json list": fc.array(fc.string()),
  json: group,
  "json|str": fc.oneof(group, word),
  str: word,
  int: fc.integer(),
  float: fc.double({ noNaN: true, noDefaultInfinity: true }),
  "int with k, m, g suffix": sized,
  "int with k, m, g suffix, or auto": fc.oneof(sized, fc.constant("auto")),
};
const notText = fc.oneof(fc.constant(false), group);
const notOne = fc.oneof(
  notText,
  word.map((text) => `?${text}`),
);

/** Values that a flag takes. */
function right({ type, no, nargs, choices, items }: Flag, known?: Group): fc.Arbitrary<ArgumentValue> {
  if (items) return fc.constantFrom<ArgumentValue>("a=/b", ["a=/b", { name: "c", path: "/d" }]);
  // Of groups with a class there are tests of their own.
  if (known) return fc.constantFrom<ArgumentValue>(smallest(known), JSON.stringify(smallest(known)));
  const kind = type?.replace(/^optional /, "") ?? "str";
  if (kind === "bool") return no ? fc.boolean() : fc.constant(true);
  if (!choices) return values[kind] as fc.Arbitrary<ArgumentValue>;
  const choice = fc.constantFrom(...choices.filter((choice) => choice !== null));
  return nargs === "+" ? fc.array(choice, { minLength: 1, maxLength: 3 }) : choice;
}

/** Values that it does not take. */
function wrong({ type, choices, items }: Flag): fc.Arbitrary<ArgumentValue> {
  const kind = type?.replace(/^optional /, "") ?? "str";
  if (items) return fc.constantFrom<ArgumentValue>(false, "a", "a=/b,c=/d", ["a=/b", "c"], [{ name: "c" }]);
  if (kind === "json")
    return fc.oneof(
      fc.boolean(),
      fc.integer(),
      word.map((text) => `?${text}`),
    );
  if (kind === "json|str")
    return fc.oneof(
      fc.boolean(),
      word.map((text) => `{${text}?}`),
    );
  if (kind === "json list") return notOne;
  if (kind === "bool") return fc.oneof(fc.string(), fc.integer(), group);
  return kind === "str" && !choices ? notText : notOne;
}

test("every flag of every table takes what it should, and refuses what it should not", () => {
  for (const { version, name, flag } of every)
    fc.assert(
      fc.property(right(flag, groupOf(version, name)), wrong(flag), (good, bad) => {
        assert.equal(problem(version, name, good), undefined, name);
        if (flag.type !== null || flag.choices) assert.notEqual(problem(version, name, bad), undefined, name);
      }),
      { numRuns: 3 },
    );
});

test("a flag misspelt by one edit is refused, and nearly always the right one is named", () => {
  const { flags = {} } = tables["0.33.0"] ?? {};
  const taken = new Set(Object.entries(flags).flatMap(([name, { aliases = [] }]) => [name, ...aliases]));
  let cases = 0;
  let named = 0;
  for (const name of Object.keys(flags).filter((known) => known.length >= 4))
    for (const at of [1, name.length - 2])
      for (const put of ["", "x"]) {
        const typo = name.slice(0, at) + put + name.slice(at + 1);
        if (taken.has(typo)) continue;
        const message = problem("0.33.0", typo) ?? "";
        assert.ok(message, typo);
        cases++;
        if (message.includes(`'${name}'`)) named++;
        if (cases % 16 === 0) assert.ok(problem("0.34.0", typo), `${typo}, of a version without a table`);
      }
  assert.ok(cases > 1200 && named / cases >= 0.95, `${named} of ${cases}`);
});

test("the words: a flag alone, a flag and its values, JSON, and what begins with a dash behind an equals sign", () => {
  assert.deepEqual(flagWords("enable-lora", true), ["--enable-lora"]);
  assert.deepEqual(flagWords("enable-lora", false), ["--no-enable-lora"]);
  assert.deepEqual(flagWords("max-loras", 4), ["--max-loras", "4"]);
  assert.deepEqual(flagWords("seed", -1), ["--seed=-1"]);
  assert.deepEqual(flagWords("tokenizer", "--a b=c"), ["--tokenizer=--a b=c"]);
  assert.deepEqual(flagWords("root-path", ""), ["--root-path", ""]);
  assert.deepEqual(flagWords("cudagraph-capture-sizes", [1, 2]), ["--cudagraph-capture-sizes", "1", "2"]);
  assert.deepEqual(flagWords("ignore-patterns", ["-a"]), ["--ignore-patterns=-a"]);
  assert.deepEqual(flagWords("allowed-origins", ["*"]), ["--allowed-origins", '["*"]']);
  assert.deepEqual(flagWords("eplb-config", { a: [1, "b"] }), ["--eplb-config", '{"a":[1,"b"]}']);
});
