import assert from "node:assert/strict";
import { test } from "node:test";
import flagTables from "../../../../catalogue/vllm/flags.json" with { type: "json" };
import { removals } from "../../../../catalogue/vllm/removals.ts";
import { sentence } from "../../../../config/problems.ts";
import { type ArgumentValue, checkFlags, flagWords, readArguments } from "../../../../planning/engine/vllm/flags.ts";
import { type Flag, isKnownType } from "../../../../planning/engine/vllm/flagValue.ts";
import { compareVersions } from "../../../../planning/engine/vllm/version.ts";

const tables: Readonly<Record<string, { flags: Readonly<Record<string, Flag>> }>> = flagTables;
const versions = Object.keys(tables);
const flagsOf = (version: string) => tables[version]?.flags ?? {};
const message = (flag: string, value: ArgumentValue, version = "0.32.0") => {
  const { problems, unchecked } = checkFlags(version, { [flag]: value });
  assert.ok(problems.length + unchecked.length <= 1);
  return problems.map(sentence)[0];
};

test("the tables: versions in their order, names in theirs, and types that are checked", () => {
  assert.deepEqual(versions, [...versions].sort(compareVersions));
  assert.ok(versions.includes("0.32.0") && versions.includes("0.33.0"));
  for (const version of versions) {
    const flags = Object.entries(flagsOf(version));
    assert.ok(flags.length > 250, version);
    assert.deepEqual(
      flags,
      [...flags].sort(([a], [b]) => (a < b ? -1 : 1)),
    );
    for (const [name, { type, no, nargs }] of flags) {
      assert.match(name, /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/);
      assert.ok(type === null || type === "bool" || isKnownType(type), `${name}: ${type}`);
      assert.ok(type === "bool" || !no, name);
      assert.ok([undefined, "?", "+"].includes(nargs as string | undefined), `${name}: ${nargs}`);
    }
  }
});

test("what is right says nothing", () => {
  const args = {
    "async-scheduling": false,
    "enable-prefix-caching": true,
    "disable-log-stats": true,
    "max-loras": 4,
    "max-lora-rank": 64,
    "kv-cache-dtype": "fp8",
    "kv-offloading-size": 1.5,
    "allowed-media-domains": ["a.example", "b.example"],
    "allowed-origins": ["https://a.example"],
    middleware: ["a.B", "c.D"],
    "lora-modules": ["sql=/a", { name: "chat", path: "/b" }, '{"name":"c","path":"/c"}', ""],
    "log-level": "DEBUG",
    "moe-backend": "Deep-Gemm",
    "cudagraph-capture-sizes": [1, 2, 4],
    "speculative-config": { method: "ngram", num_speculative_tokens: 3 },
    "hf-token": true,
  };
  assert.deepEqual(checkFlags("0.32.0", args), { problems: [], unchecked: [] });
});

const sizes = "a whole number, or one with a suffix (1k is 1000, 1K is 1024, 25.6k is 25600)";
/** A flag of each type, values on the good side of its bounds, and on the bad side. */
const sides: [flag: string, what: string, good: ArgumentValue[], bad: ArgumentValue[]][] = [
  [
    "max-loras",
    "a whole number",
    [0, -1, "4", " 4 ", "+4", "1_000"],
    [1.5, "", "4.0", "four", "1k", "1__0", "0x4", true],
  ],
  ["max-cpu-loras", "a whole number", [4, "4", "", "None"], [0.5, "none", "null", {}]],
  ["watermark", "a number", [1, 0.01, "0.01", ".5", "5.", "1e-3", "-2"], ["", "half", "nan", "inf", "1k", false, {}]],
  ["kv-offloading-size", "a number", [1.5, "None"], ["none", "1 GiB"]],
  [
    "max-num-batched-tokens",
    sizes,
    [8192, "8192", "8k", "8K", "2.5k", "1g", "1T"],
    ["", "8.5K", "8 k", "8kb", "k", 2.5, "auto", "None"],
  ],
  ["kv-cache-memory-bytes", sizes, ["16g", "None", ""], ["16gb", "auto"]],
  ["max-model-len", `auto, ${sizes}`, [8192, -1, "auto", "Auto", "32k", "1M"], ["automatic", "None", "1.5M", 0.5]],
  ["tokenizer", "text", ["a", "", "-a", "--max-loras", 7], [true, {}]],
  ["fingerprint-value", "text", ["None", ""], [false]],
  [
    "eplb-config",
    "a group (a JSON object)",
    [{}, { window_size: 80 }, '{"window_size": 80m}'],
    ["", "a", "{a: 1}", "[1]", "5", '{"a": x}', 5],
  ],
  [
    "speculative-config",
    "a group (a JSON object)",
    [{ method: "ngram" }, "", "None", "{}", '{"suffix_decoding_max_spec_factor": NaN}'],
    ["none", "[]", '{"max_model_len": 80k}'],
  ],
  [
    "hf-overrides",
    "text or a group (a JSON object)",
    [{ a: 1 }, "name", '{"a": 1}', 7],
    ["{a}", '{"a": 80m}', ' {"a" ', true].filter((text) => text !== ' {"a" '),
  ],
  ["allowed-origins", "a list", [["*"], [], '["*"]'], ["*", "{}", 5, true]],
];

for (const [flag, what, good, bad] of sides)
  test(`${flag}: ${what}, and nothing else`, () => {
    for (const value of good) assert.equal(message(flag, value), undefined, JSON.stringify(value));
    for (const value of bad) {
      const group = typeof value === "object" ? ", not a group" : "";
      assert.equal(message(flag, value), `is ${JSON.stringify(value)}, but must be ${what}${group}`);
    }
  });

test("a number that was rounded when it was read is refused where that makes another of it", () => {
  const rounded = 9007199254740993n;
  const most =
    "between -9007199254740991 and 9007199254740991 in this form, which rounds others: put the number in quotes";
  for (const flag of ["seed", "max-num-batched-tokens", "device-ids"])
    assert.equal(message(flag, Number(rounded)), `is 9007199254740992, but must be ${most}`, flag);
  assert.equal(message("seed", String(rounded)), undefined);
  assert.deepEqual(flagWords("seed", String(rounded)), ["--seed", "9007199254740993"]);
  assert.equal(message("watermark", 1e20), undefined, "a number with decimals is as exact as vLLM's own");
  const inGroup = "in this form, which rounds others: write the whole group as JSON text, in quotes";
  for (const value of [{ a: { b: [1, Number(rounded)] } }, { seed: Number(rounded) }])
    assert.equal(
      message("hf-overrides", value),
      `is 9007199254740992, but must be between -9007199254740991 and 9007199254740991 ${inGroup}`,
    );
  assert.equal(message("hf-overrides", `{"a":${rounded}}`), undefined);
});

test("lists of pairs and of groups; a flag that is given once for each value", () => {
  const pairs =
    "must be NAME=PATH without a comma, each an entry of its own in a list, or a group such as {name: …, path: …}";
  assert.equal(message("lora-modules", ["sql", "/adapters/sql"]), `is "sql", but ${pairs}`);
  assert.equal(message("lora-modules", "sql=/a,chat=/b"), `is "sql=/a,chat=/b", but ${pairs}`);
  assert.equal(message("lora-modules", [{ name: "sql" }]), "lacks 'path', without which vLLM does not start");
  assert.equal(
    message("lora-modules", { name: "sql", pth: "/a" }),
    "is no field of vLLM 0.32.0; did you mean 'path'?",
    "and not that path lacks",
  );
  assert.equal(message("middleware", []), "is [], but must be at least one value");
  assert.equal(message("middleware", [{}]), "is {}, but must be text, not a group");
  assert.deepEqual(flagWords("middleware", ["a.B", "-c"]), ["--middleware", "a.B", "--middleware=-c"]);
  assert.deepEqual(flagWords("lora-modules", ["a=/b", { name: "c", path: "/d" }]), [
    ...["--lora-modules", "a=/b"],
    '{"name":"c","path":"/d"}',
  ]);
});

test("numbers that YAML has changed are no text", () => {
  for (const [number, written] of [
    [1.1, "1.1"],
    [1e21, "1e21"],
  ] as const)
    assert.equal(message("revision", number), `is ${written}, but must be text: put the number in quotes`);
});

/** The flags that `--no-…` does not turn off, in every version that has them. */
const onlyOn = [
  ...["aggregate-engine-logging", "data-parallel-multi-port-external-lb", "disable-log-stats", "grpc", "headless"],
];

test("a flag without a value: on, and off, which is left out where vLLM has no word for it, as in its own config file", () => {
  for (const version of versions) {
    const switches = Object.entries(flagsOf(version)).filter(([, { type }]) => type === "bool");
    assert.ok(switches.length > 50);
    for (const [flag, { no }] of switches) {
      const said = (value: ArgumentValue) => checkFlags(version, { [flag]: value }).problems.map(sentence);
      assert.deepEqual([said(true), said(false)], [[], []], flag);
      for (const value of ["on", 1, ["true"]])
        assert.deepEqual(said(value), [`is ${JSON.stringify(value)}, but must be true or false`]);
      assert.deepEqual(flagWords(flag, true), [`--${flag}`]);
      assert.deepEqual(flagWords(flag, false), no ? [`--no-${flag}`] : [], flag);
      assert.equal(onlyOn.includes(flag), !no, flag);
    }
  }
  assert.deepEqual(readArguments("0.32.0", { "disable-log-stats": "false" }), { "disable-log-stats": false });
  assert.equal(
    message("no-disable-log-stats", true),
    "is 'disable-log-stats' turned off; write 'disable-log-stats: false'",
  );
});

test("how many values, and what each may be", () => {
  assert.equal(message("max-loras", [1]), "is [1], but must be a whole number, not a list");
  assert.equal(message("hf-token", ["a"]), 'is ["a"], but must be text, not a list');
  assert.equal(message("hf-token", false), "is false, but must be text");
  assert.equal(message("numa-bind-nodes", []), "is [], but must be at least one value");
  assert.equal(message("numa-bind-nodes", [0, -1]), undefined);
  assert.equal(message("numa-bind-nodes", 0), undefined);
  assert.equal(message("numa-bind-nodes", [0, "one"]), 'is "one", but must be a whole number');
  assert.equal(message("ignore-patterns", ["-a"]), undefined);
  const dashed = "must be a word that does not begin with a dash: vLLM would take it for a flag";
  assert.equal(message("ignore-patterns", ["a", "-b"]), `is "-b", but ${dashed}`);
  assert.equal(message("ignore-patterns", ["a", "-1.5"]), `is "-1.5", but ${dashed}`);
});

test("choices: the version's own, in the type that they have", () => {
  assert.equal(
    message("dtype", "fp8"),
    'is "fp8", but must be one of auto, bfloat16, float16, float, float32, half'.replace(
      "float16, float,",
      "float, float16,",
    ),
  );
  assert.equal(message("max-lora-rank", 65), "is 65, but must be one of 1, 8, 16, 32, 64, 128, 256, 320, 512");
  assert.equal(message("max-lora-rank", "64"), undefined);
  const levels = "must be one of CRITICAL, ERROR, WARNING, INFO, DEBUG, NOTSET";
  assert.equal(message("log-level", "debug"), `is "debug", but ${levels}; did you mean 'DEBUG'?`);
  assert.equal(message("log-level", "verbose"), `is "verbose", but ${levels}`);
  assert.match(message("moe-backend", "flashinfer") ?? "", /^is "flashinfer", but must be one of aiter, /);
  assert.equal(message("gdn-prefill-backend", "Triton")?.startsWith('is "Triton", but must be one of '), true);
  assert.equal(message("moe-backend", {})?.startsWith("is {}, but must be one value, not a group"), true);
  assert.equal(message("safetensors-load-strategy", "None"), undefined);
  assert.equal(message("collect-detailed-traces", ["all", "none"]), 'is "none", but must be one of all, model, worker');
  assert.equal(message("mamba-cache-mode", "all", "0.31.0"), undefined);
  assert.equal(message("mamba-cache-mode", "all", "0.32.0"), 'is "all", but must be one of align, none');
});

test("what the table does not know passes, and is named", () => {
  const reason = "how vLLM reads its value is not known here";
  const { problems, unchecked } = checkFlags("0.32.0", { "device-ids": "0,1" });
  assert.deepEqual(problems, []);
  assert.deepEqual(unchecked, [{ flag: "device-ids", reason, byType: true }]);
  assert.equal(message("device-ids", true), "is true, but must be one value");
});

test("a choice of another platform passes, and is named", () => {
  const { problems, unchecked } = checkFlags("0.32.0", { "mm-processor-device": "cuda" });
  assert.deepEqual(problems, []);
  const reason = "vLLM takes cuda on some platforms only";
  assert.deepEqual(unchecked, [{ flag: "mm-processor-device", reason, byType: true }]);
  assert.equal(
    message("mm-processor-device", "gpu"),
    `is "gpu", but must be one of auto, cpu, cuda; did you mean 'cpu'?`,
  );
});

test("an unknown flag: the nearest, the only one that begins so, or where to look", () => {
  assert.equal(message("max-num-sequences", 1), "is no flag of vLLM 0.32.0; did you mean 'max-num-seqs'?");
  assert.equal(message("tensor-par", 2), "is no flag of vLLM 0.32.0; did you mean 'tensor-parallel-size'?");
  assert.equal(
    message("constructor", 1),
    "is no flag of vLLM 0.32.0; 'vllm serve --help=all' of that version lists them",
  );
});

test("removed flags say since when, and what to do", () => {
  assert.equal(message("swap-space", 4), "was removed in vLLM 0.18.0; nothing took its place: leave it out");
  assert.equal(
    message("guided-decoding-backend", "xgrammar"),
    "was removed in vLLM 0.12.0; write it into the group 'structured-outputs-config': structured-outputs-config: {backend: …}",
  );
  assert.equal(
    message("disable-log-requests", true),
    "was removed in vLLM 0.17.0; leave it out: requests are logged with 'enable-log-requests' only",
  );
  for (const { flag, removedIn, instead } of removals.filter((one) => !one.flag.includes("."))) {
    for (const version of versions) {
      const gone = compareVersions(removedIn, version) <= 0;
      assert.ok(!gone || !Object.hasOwn(flagsOf(version), flag), `${flag} in ${version}`);
      if (gone && !(version === "0.33.0" && flag === "disable-log-requests"))
        assert.ok(message(flag, "x", version)?.startsWith(`was removed in vLLM ${removedIn}; `), flag);
    }
    const last = versions.findLast((version) => compareVersions(version, removedIn) < 0);
    assert.ok(last === undefined || Object.hasOwn(flagsOf(last), flag), `${flag} in ${last}`);
    for (const named of instead?.match(/(?<=')[a-z-]+/g) ?? [])
      for (const version of versions) assert.ok(Object.hasOwn(flagsOf(version), named), `${flag}: ${named}`);
  }
});

test("the flag that is meant is told apart from the words, where one is clear", () => {
  const meant = (flag: string, version = "0.32.0") => checkFlags(version, { [flag]: 1 }).problems[0]?.meant;
  for (const [flag, one] of [
    ["max_num_seqs", "max-num-seqs"],
    ["tp", "tensor-parallel-size"],
    ["no-enable-lora", "enable-lora"],
    ["compilation-config.mode", "compilation-config"],
    ["max-num-sequences", "max-num-seqs"],
    ["swap-space", undefined],
    ["constructor", undefined],
    ["max-loras", undefined],
  ] as const)
    assert.equal(meant(flag), one, flag);
  assert.equal(meant("max-lroas", "0.33.1"), "max-loras", "of a version without a table too");
});
