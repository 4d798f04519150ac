import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import flagTables from "../../catalogue/vllm/flags.json" with { type: "json" };
import names from "../../catalogue/vllm/names.json" with { type: "json" };
import { explanationText } from "../../cli/explain/text.ts";
import { problemText, SettingsError } from "../../config/problems.ts";
import { put, type Tree } from "../../config/tree.ts";
import { planStack } from "../../planning/plan.ts";
import { warnings } from "../../planning/warnings.ts";
import { explainStack } from "../../render/explanation.ts";
import { least, resolved } from "../config/settings.ts";
import { file, wrong } from "./given.ts";

/** Numbers that nobody means, wherever one can be written: a preview speaks of them plainly. */

const version = "0.33.0";
const flags: Readonly<Record<string, { type: string | null }>> = flagTables[version].flags;
const variables = names.variables as Readonly<Record<string, readonly { type?: string }[]>>;
const numeric = (type: string | null | undefined) => /int|float/.test(type ?? "");

const places: readonly (readonly string[])[] = [
  ...Object.keys(flags).flatMap((name) => (numeric(flags[name]?.type) ? [["engine", "args", name]] : [])),
  ...Object.keys(variables).flatMap((name) =>
    variables[name]?.some(({ type }) => numeric(type)) ? [["engine", "env", name]] : [],
  ),
  ["engine", "env", "MAX_JOBS"],
  ...[
    ...["gpu.count", "gpu.spare", "replicas", "autoscaling.min", "autoscaling.max", "autoscaling.waitingRequests"],
    ...["startup.seconds", "provisioning.seconds", "drain.seconds", "resources.cpu", "resources.memory"],
    ...["resources.shm", "engine.maxModelLen", "engine.maxNumSeqs", "engine.gpuMemoryUtilization"],
    ...["engine.tensorParallelSize", "engine.pipelineParallelSize", "shape.layers", "shape.hiddenSize"],
    ...["shape.attentionHeads", "shape.keyValueHeads", "shape.headSize", "shape.contextLength", "shape.parameters"],
    ...["shape.vocabularySize", "shape.weightBytes", "shape.latentSize", "shape.slidingWindow.size"],
    "shape.slidingWindow.layers",
    "engine.args.speculative-config.num_speculative_tokens",
    "engine.args.compilation-config.cudagraph_num_of_warmups",
    ...["max_position_embeddings", "rope_parameters.factor"].map((field) => `engine.args.hf-overrides.${field}`),
    "engine.args.limit-mm-per-prompt.image",
    "engine.args.eplb-config.num_redundant_experts",
    "engine.args.kv-transfer-config.kv_connector_extra_config.cpu_bytes_to_use",
  ].map((path) => path.split(".")),
];

const shape = {
  ...{ layers: 32, hiddenSize: 4096, attentionHeads: 32, keyValueHeads: 8, parameters: "8B" },
  ...{ contextLength: 8192, vocabularySize: 128_000 },
};
const hosts: readonly Tree[] = [
  { gpu: { product: "L4" } },
  { gpu: { product: "B200" }, shape },
  { gpu: { count: 0 }, shape, resources: { memory: "64Gi" } },
];

const power = fc.tuple(
  fc.constantFrom(1, -1),
  fc.double({ min: 1, max: 9.9, noNaN: true }),
  fc.integer({ min: 15, max: 307 }),
);
const number = fc.oneof(
  power.map(([sign, digit, exponent]) => sign * Number(`${digit}e${exponent}`)),
  fc.constantFrom(2 ** 53, 2 ** 53 + 2, 1e20, 1e21, 1.7e308, -1, Number.NaN, Infinity, -Infinity, 5e-324),
);
const written = fc.oneof(
  number,
  power.map(([, digit, exponent]) => `${digit}e${exponent}`),
  fc.integer({ min: 1, max: 400 }).map((digits) => "9".repeat(digits)),
  fc.constantFrom("1e400", "-1e400", "999999999999t", "99999999T", ".inf", "inf", "nan"),
);

/** All that a preview says in words: what is wrong, or what stands in its tables beside the settings, command line and variables themselves. */
function said(own: Tree): string {
  const all = resolved({ own });
  try {
    const plan = planStack(all);
    const notes = plan.models.flatMap(({ variants }) => variants.flatMap(({ facts }) => warnings(facts)));
    const sections = explanationText(explainStack(all)).split("\n\n");
    return [...notes, ...sections.filter((section) => !/^(Settings|Command|Environment)/.test(section))].join("\n");
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return problemText(error.problems);
  }
}

test("no message of a preview has Infinity, NaN, undefined or an exponent with a plus, whatever the numbers", () => {
  let refused = 0;
  fc.assert(
    fc.property(fc.constantFrom(...places), written, fc.constantFrom(...hosts), (path, value, host) => {
      const own: Tree = structuredClone({ ...least, ...host });
      put(own, ["engine", "version"], version);
      put(own, ["engine", "maxModelLen"], 4096);
      if (path.includes("speculative-config")) put(own, path.slice(0, -1), { method: "ngram" });
      if (path.includes("kv-transfer-config"))
        put(own, path.slice(0, 3), { kv_connector: "OffloadingConnector", kv_role: "kv_both" });
      put(own, path, value);
      const text = said(own);
      // In quotes is text, as Pulumi writes such a number.
      assert.doesNotMatch(text.replace(/"[^"\n]*"/g, ""), /Infinity|NaN|undefined|e\+/);
      if (text.startsWith("the settings")) refused++;
    }),
    { numRuns: 3000, seed: 33 },
  );
  assert.ok(refused > 2000, String(refused));
});

test("a size that no machine has is refused for itself, and nothing that follows from it is told", () => {
  const most = "but must be at most 32768: no machine has more memory";
  for (const flag of ["cpu-offload-gb", "kv-offloading-size", "mm-processor-cache-gb", "mm-ipc-gpu-memory-gb"])
    for (const [size, found] of [
      [1e300, "1e300"],
      ["1e300", "1e300"],
      [32_769, "32769"],
    ] as const)
      assert.deepEqual(wrong({ engine: { args: { [flag]: size } } }), [
        `vllm:engine.args.${flag} ${file}: is ${found}, ${most}`,
      ]);
  const told = (flag: string, value: unknown) => wrong({ engine: { args: { [flag]: value } } });
  const line = (flag: string, text: string) => [`vllm:engine.args.${flag} ${file}: ${text}`];
  assert.deepEqual(told("cpu-offload-gb", Infinity), line("cpu-offload-gb", "is .inf, but must be a number"));
  assert.deepEqual(
    told("cpu-offload-gb", "1e400"),
    line("cpu-offload-gb", 'is "1e400", but must be a number that 64 bits hold'),
  );
  assert.deepEqual(
    told("max-num-batched-tokens", "9".repeat(20)),
    line("max-num-batched-tokens", `is "${"9".repeat(20)}", but must be a whole number of at most 19 digits`),
  );
  assert.deepEqual(wrong({ gpu: { count: 0 }, engine: { env: { VLLM_CPU_KVCACHE_SPACE: "99999" } } }), [
    `vllm:engine.env.VLLM_CPU_KVCACHE_SPACE ${file}: is 99999, ${most}`,
  ]);
  const connector = {
    ...{ kv_connector: "OffloadingConnector", kv_role: "kv_both" },
    kv_connector_extra_config: { cpu_bytes_to_use: 9e15 },
  };
  assert.deepEqual(
    told("kv-transfer-config", connector),
    line("kv-transfer-config", "offloads more than any machine has memory (35184372088832 bytes)"),
  );
  // What some machine has is told where it is missing.
  assert.match(told("cpu-offload-gb", 32_768).join("\n"), /^vllm:resources\.memory [^\n]*$/);
});

test("a number that JSON has not is refused in a group, and one that was rounded is no text", () => {
  const told = (overrides: unknown) => wrong({ engine: { args: { "hf-overrides": overrides } } });
  const at = `vllm:engine.args.hf-overrides ${file}`;
  assert.deepEqual(told({ a: Infinity }), [`${at}: is .inf, but must be a number that JSON has`]);
  assert.deepEqual(told({ a: 1e21 }), [
    `${at}: is 1e21, but must be between -9007199254740991 and 9007199254740991 in this form, which rounds others: write the whole group as JSON text, in quotes`,
  ]);
  assert.deepEqual(told('{"a": 1e21, "b": 1000000000000000000001}'), []);
  const variable = (value: unknown) => wrong({ engine: { env: { A: value } } });
  for (const value of [2 ** 53, Infinity])
    assert.deepEqual(variable(value), [`vllm:engine.env.A ${file}: must be text: put the number in quotes`]);
  for (const value of [2 ** 53 - 1, 0.5, 1e21]) assert.deepEqual(variable(value), []);
});
