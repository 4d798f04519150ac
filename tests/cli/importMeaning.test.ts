import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { gib } from "../../catalogue/units.ts";
import { importValues } from "../../cli/import/import.ts";
import { problemsOf } from "../../cli/import/judge.ts";
import { parseValues } from "../../cli/import/values.ts";
import { type Resolved, resolveSettings } from "../../config/settings.ts";
import { put, type Tree } from "../../config/tree.ts";
import { explain } from "../../planning/explain.ts";
import { planStack } from "../../planning/plan.ts";
import { importTrees, stackModelOf } from "./values.ts";

/** What values mean stays: nothing becomes something else on its way, and what is lost is said. */

type Models = Record<string, { gpu?: Tree } | undefined>;

const withStack = (base: Tree, own: Tree): Resolved =>
  resolveSettings({
    stack: "prod",
    region: "eu-west-1",
    sources: [
      { name: "base", file: "Pulumi.yaml", prefix: "vllm:base.", tree: base, shared: true },
      { name: "stack", file: "Pulumi.prod.yaml", prefix: "vllm:", tree: { cluster: { eks: "prod" }, ...own } },
    ],
  });

test("offloaded KV cache has the shared memory and the memory that it needs, whatever was requested", () => {
  const sizes = fc.record({
    gib: fc.integer({ min: 1, max: 200 }),
    gpus: fc.constantFrom(1, 2, 4, 8),
    request: fc.integer({ min: 4, max: 600 }),
  });
  fc.assert(
    fc.property(sizes, ({ gib: size, gpus, request }) => {
      const { imported } = stackModelOf({
        requestGPU: gpus,
        requestMemory: `${request}Gi`,
        vllmConfig: { tensorParallelSize: gpus },
        lmcacheConfig: { enabled: true, cpuOffloadingBufferSize: String(size) },
      });
      const resolved = withStack(imported.base, { gpu: { product: "H100" } });
      const { chat } = explain(resolved, planStack(resolved)).models;
      const { bytes = 0, shm = { bytes: 0 } } = chat?.memory ?? {};
      assert.ok(shm.bytes >= size * gpus * gib, `${shm.bytes}`);
      assert.ok(bytes >= shm.bytes && bytes >= request * gib, `${bytes}`);
      const [note] = imported.mapped.flatMap(({ to, note }) => (to.endsWith("resources.memory") ? [note] : []));
      const raised = `raised from ${request}Gi: it is the limit too, and less is too little for vLLM`;
      assert.equal(note, bytes > request * gib ? raised : "the limit too, where the values have none");
    }),
    { numRuns: 60 },
  );
});

test("a request without a limit is made what the engine needs, whatever it is for", () => {
  const { model } = stackModelOf({ requestMemory: "2Gi", vllmConfig: { enablePrefixCaching: true } });
  assert.deepEqual(model.resources, { memory: "8Gi" });
  const offloaded = stackModelOf({ requestMemory: "2Gi", vllmConfig: { extraArgs: ["--cpu-offload-gb", "10"] } });
  assert.deepEqual(offloaded.model.resources, { memory: "30Gi" });
  const alone = importTrees([
    {
      image: { repository: "vllm/vllm-openai", tag: "v0.32.0", command: ["vllm", "serve", "/data"] },
      extraInit: {},
      resources: { requests: { memory: "2Gi", "nvidia.com/gpu": 1 }, limits: { "nvidia.com/gpu": 1 } },
    },
  ]);
  assert.deepEqual(alone.base.resources, { memory: "8Gi" });
});

test("a limit of the values stays, and is refused in the import's own report where it is too little", () => {
  const lmcacheConfig = { enabled: true, cpuOffloadingBufferSize: 64 };
  const { model, imported } = stackModelOf({ requestMemory: "16Gi", limitMemory: "24Gi", lmcacheConfig });
  assert.deepEqual(model.resources, { memory: "24Gi" });
  const [first, second] = problemsOf(withStack(imported.base, {}));
  assert.match(first?.key ?? "", /gpu\.product$/);
  assert.deepEqual([second?.key, second?.kind], ["vllm:base.models.chat.resources.memory", "conflict"]);
});

for (const [what, spec] of [
  ["vLLM's CUDA image", { repository: "vllm/vllm-openai" }],
  ["LMCache's image", { repository: "lmcache/vllm-openai", tag: "v0.3.9post2" }],
  ["an image of one's own", { repository: "registry.example.com/llm", tag: "7" }],
  ["an image for CUDA, and a request of 0", { repository: "registry.example.com/llm", tag: "1-cu129", requestGPU: 0 }],
  ["GPUs picked by the node's numbers", { lmcacheConfig: { cudaVisibleDevices: "0" } }],
  ["a share of a GPU", { requestGPUMemPercentage: "50" }],
  ["half a GPU", { requestGPU: 0.5 }],
  ["resources without one", { resources: { requests: { cpu: 4 } } }],
] as const)
  test(`a model that asks for no GPU is none for the CPU: ${what}`, () => {
    const count = (more: Tree) => {
      const values = { requestGPU: undefined, ...spec, ...more } as Tree;
      const { base } = importTrees([
        { servingEngineSpec: { modelSpec: [{ name: "chat", tag: "v0.32.0", modelURL: "chat", ...values }] } },
      ]);
      return (base.models as Models).chat?.gpu?.count;
    };
    assert.equal(count({}), 1);
    assert.equal(count({ vllmConfig: { tensorParallelSize: 2, extraArgs: ["-pp", "2"] } }), 4);
  });

for (const [what, spec] of [
  ["its device", { vllmConfig: { extraArgs: ["--device", "cpu"] } }],
  ["a device that the chart does not read", { device: "cpu" }],
  ["its image", { repository: "registry.example.com/vllm-cpu" }],
  ["its tag", { tag: "v0.32.0-cpu" }],
  ["vLLM's variables for one", { env: [{ name: "VLLM_CPU_OMP_THREADS_BIND", value: "all" }] }],
] as const)
  test(`a server is one on the CPU by ${what}`, () => {
    const { imported } = stackModelOf({ requestGPU: 0, ...spec } as Tree);
    const { gpu, engine } = (imported.base.models as Record<string, Tree>).chat ?? {};
    assert.deepEqual(gpu, { count: 0 });
    assert.ok(!JSON.stringify(engine ?? {}).includes("device"));
  });

test("an engine for the CPU is none for the GPUs that its pod asks for", () => {
  for (const more of [{ requestGPU: 2 }, { resources: { limits: { "nvidia.com/gpu": 2 } } }] as Tree[]) {
    const { imported } = stackModelOf({ repository: "vllm/vllm-openai-cpu", ...more });
    assert.deepEqual((imported.base.models as Models).chat?.gpu, { count: 0 });
    assert.ok(
      imported.unmapped.some(({ reason }) => reason === "asks for GPUs that an engine for the CPU does not use"),
    );
  }
  const { imported } = stackModelOf({ repository: "vllm/vllm-openai-cpu", raySpec: { enabled: true } });
  assert.deepEqual((imported.base.models as Models).chat?.gpu, { count: 0 });
});

test("the version that the report asks for settles an image of vLLM's old CPU registry", () => {
  const { imported } = stackModelOf({
    repository: "public.ecr.aws/q9t5s3a7/vllm-cpu-release-repo",
    tag: "v0.8.5.post1",
    requestGPU: 0,
    requestMemory: "16Gi",
    vllmConfig: { enablePrefixCaching: true, extraArgs: ["--device=cpu"] },
  });
  const [ask, ...others] = imported.todo;
  assert.match(
    ask ?? "",
    /^say which vLLM public\.ecr\.aws\/\S+:v0\.8\.5\.post1 holds .*\n.*engine\.version' <version>$/,
  );
  assert.deepEqual(others, []);
  assert.deepEqual(problemsOf(withStack(imported.base, {})), []);
  const told = problemsOf(withStack(imported.base, { engine: { version: "0.26.0", acceptCves: [] } }));
  assert.ok(
    told.every(({ key }) => key.endsWith("engine.version")),
    JSON.stringify(told),
  );
});

test("a Ray cluster is one server: its workers are no replicas", () => {
  const head = { requestCPU: 1, requestMemory: "10Gi", requestGPU: 1 };
  const vllmConfig = { enablePrefixCaching: true, tensorParallelSize: 2, pipelineParallelSize: 2 };
  const ray = { replicaCount: 3, requestCPU: 2, requestMemory: "20Gi", vllmConfig };
  const { model, imported } = stackModelOf({ ...ray, raySpec: { enabled: true, headNode: head } });
  assert.deepEqual([model.replicas, model.resources], [1, { cpu: "7", memory: "70Gi" }]);
  assert.deepEqual((imported.base.models as Models).chat?.gpu, { count: 4 });
  // Switched off it is a Deployment of three.
  const off = stackModelOf({ ...ray, raySpec: { enabled: false, headNode: head } });
  assert.deepEqual([off.model.replicas, off.model.resources], [3, { cpu: "2", memory: "20Gi" }]);
});

test("the commands that bring adapters back are accepted as they stand", () => {
  const extraArgs = ["--enable-lora", "--lora-modules", "sql=/data/sql", "chat=/data/chat", "--max-lora-rank", "32"];
  const { model, imported } = stackModelOf({
    requestMemory: "32Gi",
    vllmConfig: { enablePrefixCaching: true, extraArgs },
  });
  assert.deepEqual(model.engine, { args: { "enable-prefix-caching": true } });
  const [ask = "", ...others] = imported.todo;
  assert.deepEqual(others, []);
  const own: Tree = { gpu: { product: "L40S" } };
  const modules: string[] = [];
  for (const [, path = "", quoted = ""] of ask.matchAll(/--path 'vllm:([^']+)' (\S+)/g)) {
    const value = quoted.replace(/^'|'$/g, "");
    if (/\[\d\]$/.test(path)) modules.push(value);
    else put(own, path.split("."), value === "true" ? true : value);
  }
  put(own, ["models", "chat", "engine", "args", "lora-modules"], modules);
  assert.deepEqual((own.models as Tree).chat, {
    delivery: { kind: "copy" },
    engine: {
      args: {
        "enable-lora": true,
        "max-lora-rank": "32",
        "lora-modules": ["sql=/model/adapters/sql", "chat=/model/adapters/chat"],
      },
    },
  });
  assert.deepEqual(problemsOf(withStack(imported.base, own)), []);
});

test("a key that stands twice is read as Helm reads it, and told with its lines", () => {
  const text = [
    "servingEngineSpec:",
    "  modelSpec:",
    "    - name: chat",
    "      repository: vllm/vllm-openai",
    "      tag: v0.30.0",
    "      modelURL: chat",
    "      requestGPU: 1",
    "      vllmConfig: {enablePrefixCaching: true, maxModelLen: 1024}",
    "      tag: v0.32.0",
    "      vllmConfig:",
    "        dtype: half",
    "        dtype: bfloat16",
    "      hf_token: sk-secret-of-the-first",
    "      hf_token: secret",
    "routerSpec: {enableRouter: false}",
    "routerSpec:",
  ].join("\n");
  const { base, unmapped, noops } = importValues([parseValues("values.yaml", text)], { stack: "prod" });
  // The last has the place of the first as a whole: nothing of both is merged.
  assert.deepEqual((base.models as Tree).chat, {
    engine: { version: "0.32.0", args: { dtype: "bfloat16", "enable-prefix-caching": false } },
    gpu: { count: 1 },
  });
  const model = "servingEngineSpec.modelSpec[0]";
  assert.deepEqual(
    unmapped.flatMap(({ from, reason }) => (/given again/.test(reason) ? [`${from} ${reason}`] : [])),
    [
      `${model}.tag of line 5 is given again in line 9: Helm takes the last`,
      `${model}.vllmConfig of line 8 is given again in line 10: Helm takes the last`,
      `${model}.vllmConfig.dtype of line 11 is given again in line 12: Helm takes the last`,
      `${model}.hf_token of line 13 is given again in line 14: Helm takes the last`,
      "routerSpec of line 15 is given again in line 16: Helm takes the last",
    ],
  );
  assert.doesNotMatch(JSON.stringify({ base, unmapped, noops }), /secret-of/);
  const [first] = importValues([parseValues("a.yaml", text), parseValues("b.yaml", "routerSpec: {}\n")], {
    stack: "prod",
  }).unmapped.filter(({ reason }) => /given again/.test(reason));
  assert.match(first?.reason ?? "", / \(a\.yaml\)$/);
  // A merge of an anchor is no key.
  const merged = parseValues("c.yaml", "a: &a {x: 1}\nb:\n  <<: *a\n  x: 2\n");
  assert.deepEqual(merged, { name: "c.yaml", tree: { a: { x: 1 }, b: { x: 2 } } });
});
