import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import flagTables from "../../../../catalogue/vllm/flags.json" with { type: "json" };
import { type EngineSettings, engineArguments, typedFlags } from "../../../../planning/engine/vllm/arguments.ts";
import { plan, problemsOf, root } from "../../../config/settings.ts";

const least: EngineSettings = {
  servedModelName: "chat",
  streamed: true,
  tensorParallelSize: 1,
  pipelineParallelSize: 1,
  shutdownTimeout: 45,
  ipv6: false,
  port: 8000,
  extra: {},
};

test("the least: no flag that says a default", () => {
  const rest = ["--shutdown-timeout", "45", "--port", "8000", "--middleware", "pulumi_vllm_drain.Drain"];
  assert.deepEqual(engineArguments(least), ["--served-model-name", "chat", "--load-format", "runai_streamer", ...rest]);
  assert.deepEqual(engineArguments({ ...least, streamed: false }), ["--served-model-name", "chat", ...rest]);
});

test("everything, in its order: the typed ones, then the others by name, then the middleware", () => {
  const all = engineArguments({
    servedModelName: "team/qwen3",
    streamed: true,
    tensorParallelSize: 4,
    pipelineParallelSize: 2,
    maxModelLen: 8192,
    maxNumSeqs: 256,
    gpuMemoryUtilization: 0.9,
    shutdownTimeout: 45,
    ipv6: true,
    port: 8000,
    extra: {
      "max-logprobs": 5,
      "enable-prefix-caching": true,
      "async-scheduling": false,
      seed: 0,
      dtype: "auto",
      "compilation-config": { mode: 3 },
      "lora-modules": ["a=/a", "b=/b"],
    },
  });
  assert.deepEqual(all, [
    ...["--served-model-name", "team/qwen3"],
    ...["--load-format", "runai_streamer"],
    ...["--model-loader-extra-config", '{"distributed":true}'],
    ...["--tensor-parallel-size", "4"],
    ...["--pipeline-parallel-size", "2"],
    ...["--max-model-len", "8192"],
    ...["--max-num-seqs", "256"],
    ...["--gpu-memory-utilization", "0.9"],
    ...["--shutdown-timeout", "45"],
    ...["--host", "::"],
    ...["--port", "8000"],
    "--no-async-scheduling",
    ...["--compilation-config", '{"mode":3}'],
    ...["--dtype", "auto"],
    "--enable-prefix-caching",
    ...["--lora-modules", "a=/a", "b=/b"],
    ...["--max-logprobs", "5"],
    ...["--seed", "0"],
    ...["--middleware", "pulumi_vllm_drain.Drain"],
  ]);
});

test("the user's own middleware comes before the program's, which is around it by that", () =>
  assert.deepEqual(engineArguments({ ...least, extra: { middleware: ["mine.Own", "mine.log"] } }).slice(-6), [
    ...["--middleware", "mine.Own"],
    ...["--middleware", "mine.log"],
    ...["--middleware", "pulumi_vllm_drain.Drain"],
  ]));

test("every version that is known takes a middleware", () => {
  for (const [version, { flags }] of Object.entries(flagTables))
    assert.deepEqual(flags.middleware, { type: "str", repeated: true }, version);
});

test("several GPUs share what one reads, by either parallel size; one GPU and a CPU have nothing to share", () => {
  const shared = (engine: Partial<EngineSettings>) =>
    engineArguments({ ...least, ...engine }).includes("--model-loader-extra-config");
  assert.equal(shared({}), false);
  assert.equal(shared({ tensorParallelSize: 2 }), true);
  assert.equal(shared({ pipelineParallelSize: 2 }), true);
  assert.equal(shared({ tensorParallelSize: 2, streamed: false }), false);
});

test("the order of the settings is not the order of the arguments", () => {
  const value = fc.oneof(fc.boolean(), fc.integer(), fc.string());
  fc.assert(
    fc.property(fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9-]{0,9}$/), value), (extra) => {
      const turned = Object.fromEntries(Object.entries(extra).reverse());
      assert.deepEqual(engineArguments({ ...least, extra }), engineArguments({ ...least, extra: turned }));
    }),
  );
});

test("a flag that a typed setting writes is refused, in its negated form too, and says which setting", () => {
  const onePod = "replicas, each of which serves alone in one pod";
  const written: Record<string, string> = {
    "served-model-name": "servedModelName",
    "max-model-len": "engine.maxModelLen",
    "max-num-seqs": "engine.maxNumSeqs",
    "gpu-memory-utilization": "engine.gpuMemoryUtilization",
    "tensor-parallel-size": "engine.tensorParallelSize",
    "pipeline-parallel-size": "engine.pipelineParallelSize",
    "shutdown-timeout": "drain.seconds",
    host: "cluster.ipFamily",
    port: "the Service and the probes",
    uds: "the Service and the probes",
    "ssl-certfile": "the Service and the probes",
    "ssl-keyfile": "the Service and the probes",
    headless: "the Service and the probes",
    grpc: "the Service and the probes",
    "grpc-port": "the Service and the probes",
    "data-parallel-size": onePod,
    "data-parallel-size-local": onePod,
    "data-parallel-rank": onePod,
    "data-parallel-start-rank": onePod,
    "data-parallel-address": onePod,
    "data-parallel-rpc-port": onePod,
    "data-parallel-backend": onePod,
    "data-parallel-hybrid-lb": onePod,
    "data-parallel-external-lb": onePod,
    "data-parallel-multi-port-external-lb": onePod,
    "data-parallel-supervisor-port": onePod,
    "enable-fault-tolerance": onePod,
    "prefill-context-parallel-size": onePod,
    nnodes: onePod,
    "node-rank": onePod,
    "master-addr": onePod,
    "master-port": onePod,
    config: "the settings, which are what the plan is made of",
    "api-key": "apiKey",
    "hf-token": "the model bucket, which needs no token",
    model: "revision",
  };
  assert.deepEqual(typedFlags, written);
  for (const [flag, setting] of Object.entries(written))
    for (const name of [flag, `no-${flag}`]) {
      const own = { cluster: { eks: "lab" }, gpu: { product: "L4" }, model: "chat", engine: { args: { [name]: "x" } } };
      assert.deepEqual(
        problemsOf(() => plan({ own })),
        [`vllm:engine.args.${name} (Pulumi.prod.yaml): belongs to ${setting}; remove it here`],
      );
    }
});

interface FlagTable {
  vllm: string;
  arguments: { flags: string[]; kind: string; choices: string[] | null }[];
}

/** What a running vLLM takes; it lies beside the checkout. */
const table: FlagTable = JSON.parse(readFileSync(`${root}/tests/data/vllm-0.32.0-flags.json`, "utf8"));
const flagNamed = (flag: string) => table.arguments.find(({ flags }) => flags.includes(`--${flag}`));

const switches = /^(headless|grpc|enable-fault-tolerance|data-parallel-.*-lb)$/;

test("every flag that the plan writes or forbids is one of vLLM's, and takes a value", () => {
  assert.equal(table.vllm, "0.32.0");
  const own = {
    cluster: { eks: "lab", ipFamily: "ipv6" },
    model: "chat",
    gpu: { product: "L4", count: 8 },
    engine: {
      maxModelLen: 1,
      maxNumSeqs: 1,
      gpuMemoryUtilization: 0.5,
      tensorParallelSize: 4,
      pipelineParallelSize: 2,
    },
  };
  const [variant] = plan({ own }).models[0]?.variants ?? [];
  const written = variant?.pod.args.filter((word) => word.startsWith("--")) ?? [];
  assert.equal(written.length, 12);
  for (const flag of [...written.map((word) => word.slice(2)), ...Object.keys(typedFlags)])
    assert.equal(flagNamed(flag)?.kind, switches.test(flag) ? "flag" : "value", `--${flag}`);
});

test("the whole family of data parallelism belongs to replicas", () => {
  const family = table.arguments.flatMap(({ flags }) => flags.filter((flag) => flag.startsWith("--data-parallel-")));
  assert.ok(family.length >= 10);
  assert.deepEqual(
    family.filter((flag) => !Object.hasOwn(typedFlags, flag.slice(2))),
    [],
  );
});

test("the streamer is a load format that the engine's table leaves open", () => {
  const { choices } = flagNamed("load-format") as FlagTable["arguments"][number];
  assert.ok(choices === null || choices.includes("runai_streamer"));
});
