import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { put } from "../../../../config/tree.ts";
import { drawing, validStack } from "../../../config/generate.ts";
import { givenBy, plan, root, stacks } from "../../../config/settings.ts";

/** Command lines beside what the parser of a running vLLM 0.32.0 said: read here by themselves, not by the product. */

interface Argument {
  flags: string[];
  kind: "flag" | "value";
  type: string | null;
  nargs: string | number | null;
  choices: (string | number | null)[] | null;
  repeated?: true;
}
const { arguments: table }: { arguments: Argument[] } = JSON.parse(
  readFileSync(`${root}/tests/data/vllm-0.32.0-flags.json`, "utf8"),
);
const named = new Map(table.flatMap((argument) => argument.flags.map((flag) => [flag, argument] as const)));

const isType: Readonly<Record<string, (word: string) => boolean>> = {
  str: () => true,
  int: (word) => /^-?\d+$/.test(word),
  float: (word) => word.trim() !== "" && Number.isFinite(Number(word)),
  json: (word) => typeof JSON.parse(word) === "object",
  "json|str": (word) => !word.startsWith("{") || typeof JSON.parse(word) === "object",
  "int with k, m, g suffix": (word) => /^\d+(\.\d+)?[kmgKMG]?$/.test(word),
  "int with k, m, g suffix, or auto": (word) => /^(auto|\d+(\.\d+)?[kmgKMG]?)$/.test(word),
};

/** Every flag is known and given once, with as many values as it takes, each of its type and among its choices. */
function assertObeys(args: readonly string[]): void {
  const given = new Set<Argument>();
  for (let at = 0; at < args.length; ) {
    const [flag = "", attached] = (args[at++] as string).split(/=(.*)/s);
    const argument = named.get(flag);
    assert.ok(argument, `${flag} is no flag`);
    assert.ok(argument.repeated || !given.has(argument), `${flag} is given twice`);
    given.add(argument);
    const values = attached === undefined ? [] : [attached];
    while (attached === undefined && at < args.length && !/^--/.test(args[at] as string))
      values.push(args[at++] as string);
    if (argument.kind === "flag") assert.deepEqual(values, [], flag);
    else if (argument.nargs === null) assert.equal(values.length, 1, flag);
    else if (argument.nargs === "+") assert.ok(values.length >= 1, flag);
    else if (argument.nargs === "?") assert.ok(values.length <= 1, flag);
    for (const value of values) {
      const type = argument.type?.replace(/^optional /, "");
      if (type) assert.ok(isType[type]?.(value), `${flag} ${value} is no ${type}`);
      if (argument.choices) assert.ok(argument.choices.map(String).includes(value), `${flag} ${value}`);
    }
  }
}

test("the check sees what is wrong", () => {
  for (const wrong of [
    ["--max-logprob", "5"],
    ["--max-logprobs"],
    ["--max-logprobs", "5", "6"],
    ["--max-logprobs", "x"],
    ["--seed", "1", "--seed", "2"],
    ["--dtype", "int4"],
    ["--enforce-eager", "true"],
    ["--compilation-config", "{"],
  ])
    assert.throws(() => assertObeys(wrong), /./, `accepted: ${wrong.join(" ")}`);
  assertObeys([
    "--seed",
    "1",
    "--enforce-eager",
    "--dtype",
    "auto",
    "--lora-modules",
    "a=b",
    "c=d",
    "--max-model-len",
    "8k",
  ]);
});

for (const stack of stacks)
  test(`the command line of ${stack}`, () => {
    const [variant] = plan(givenBy(stack)).models[0]?.variants ?? [];
    assert.ok(variant && variant.pod.args.length >= 8);
    assertObeys(variant.pod.args);
  });

/** Flags that are the user's to give, with values of theirs. */
const extra: readonly [string, fc.Arbitrary<unknown>][] = [
  ["enable-prefix-caching", fc.boolean()],
  ["enforce-eager", fc.boolean()],
  ["disable-log-stats", fc.constant(true)],
  ["max-logprobs", fc.integer({ min: 0, max: 99 })],
  ["seed", fc.constantFrom<unknown>(0, "7")],
  ["swa-bounded-replay", fc.boolean()],
  ["max-num-batched-tokens", fc.constantFrom<unknown>(2048, "8k", "4K")],
  ["compilation-config", fc.constantFrom<unknown>({ mode: 3 }, '{"mode":0}')],
  [
    "lora-modules",
    fc.array(fc.constantFrom<unknown>("a=/opt/x", { name: "b", path: "/opt/y" }), { minLength: 1, maxLength: 2 }),
  ],
  ["middleware", fc.array(fc.constantFrom("a.B", "c.D"), { minLength: 1, maxLength: 3 })],
  ["moe-backend", fc.constantFrom("triton", "cutlass")],
  ["chat-template", fc.constantFrom("--{odd}", "/opt/t.jinja", "-{1}", "{a b}")],
  ["tool-call-parser", fc.constantFrom("hermes", "a=b")],
  ["kv-cache-dtype", fc.constantFrom("auto", "float16")],
  ["scheduling-policy", fc.constantFrom("fcfs", "priority")],
  ["cudagraph-capture-sizes", fc.constantFrom<unknown>([1, 2, 4], 8)],
  ["cpu-offload-gb", fc.constantFrom<unknown>(0, 1.5, "2")],
];
const withFlags = drawing((draw) => {
  const stack = structuredClone(draw(validStack));
  put(stack.own, ["models", stack.name, "engine", "version"], "0.32.0");
  // Room for what the flags keep in memory.
  put(stack.own, ["models", stack.name, "resources", "memory"], "0.25Ti");
  for (const [flag, values] of draw(fc.subarray([...extra])))
    if (flag !== "disable-log-stats" || !JSON.stringify(stack).includes("autoscaling"))
      put(stack.own, ["models", stack.name, "engine", "args", flag], draw(values));
  const args = ["models", stack.name, "engine", "args"];
  if (JSON.stringify(stack).includes("lora-modules")) put(stack.own, [...args, "enable-lora"], true);
  return stack;
});

test("1,000 generated command lines", () => {
  let words = 0;
  fc.assert(
    fc.property(withFlags, ({ base, own, name }) => {
      const [variant] = plan({ base, own }).models.find((one) => one.name === name)?.variants ?? [];
      assert.ok(variant);
      assertObeys(variant.pod.args);
      words += variant.pod.args.length;
    }),
    { numRuns: 1000 },
  );
  assert.ok(words > 15_000, String(words));
});
