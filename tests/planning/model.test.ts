import assert from "node:assert/strict";
import { test } from "node:test";
import type { Tree } from "../../config/tree.ts";
import { least, plan, problemsOf } from "../config/settings.ts";

const file = "(Pulumi.prod.yaml)";
const one = (own: Tree, base: Tree = {}) => {
  const [model, ...others] = plan({ base, own: { ...least, ...own } }).models;
  assert.ok(model);
  assert.deepEqual(others, []);
  return model;
};
const wrong = (own: Tree, base: Tree = {}) => problemsOf(() => one(own, base));
const products = "T4, A10G, L4, L40S, RTX-PRO-6000, A100-40GB, A100-80GB, H100, H200, B200";

test("the GPU: none named, misspelt, unknown, too many of it", () => {
  assert.deepEqual(wrong({ gpu: {} }), [
    `vllm:gpu.product ${file}: is not set; one of ${products}, or gpu.count: 0 for a CPU`,
  ]);
  assert.deepEqual(wrong({ gpu: { product: "H10" } }), [
    `vllm:gpu.product ${file}: is 'H10', which the catalogue does not have; did you mean 'H100'?`,
  ]);
  assert.deepEqual(wrong({ gpu: null }, { gpu: { product: "RTX" } }), [
    `vllm:gpu.product ${file}: is not set; one of ${products}, or gpu.count: 0 for a CPU`,
  ]);
  assert.deepEqual(wrong({ gpu: {} }, { gpu: { product: "RTX5090" } }), [
    `vllm:base.gpu.product (Pulumi.yaml): is 'RTX5090', which the catalogue does not have; known here: ${products.split(", ").sort().join(", ")}`,
  ]);
  assert.deepEqual(wrong({ gpu: { product: "constructor" } }).length, 1);
  assert.equal(one({ gpu: { count: 0 } }).gpuCount, 0);
  assert.equal(one({ gpu: { product: "L4", count: 8 } }).gpuCount, 8);
});

test("tensor times pipeline parallel is the number of GPUs, and what is not given is worked out", () => {
  const flags = (count: number, engine: Tree) => {
    const { args } = one({ gpu: { product: "L4", count }, engine });
    return args.filter((_, at) => /-parallel-size$/.test(args[at] ?? "") || /-parallel-size$/.test(args[at - 1] ?? ""));
  };
  assert.deepEqual(flags(1, {}), []);
  assert.deepEqual(flags(4, {}), ["--tensor-parallel-size", "4"]);
  assert.deepEqual(flags(4, { pipelineParallelSize: 2 }), [
    "--tensor-parallel-size",
    "2",
    "--pipeline-parallel-size",
    "2",
  ]);
  assert.deepEqual(flags(4, { pipelineParallelSize: 4 }), ["--pipeline-parallel-size", "4"]);
  const refused = (count: number, engine: Tree, key: string, sizes: string) =>
    assert.deepEqual(wrong({ gpu: { product: "L4", count }, engine }), [
      `vllm:engine.${key} ${file}: tensor × pipeline parallel size is ${sizes}, but a pod has gpu.count: ${count}`,
    ]);
  refused(4, { tensorParallelSize: 2 }, "tensorParallelSize", "2 × 1");
  refused(4, { tensorParallelSize: 8 }, "tensorParallelSize", "8 × 1");
  refused(1, { pipelineParallelSize: 2 }, "pipelineParallelSize", "1 × 2");
  refused(0, { tensorParallelSize: 2 }, "tensorParallelSize", "2 × 1");
  // 4 / 3 × 3 is 4, but there is no third of a GPU
  assert.deepEqual(wrong({ gpu: { product: "L4", count: 4 }, engine: { pipelineParallelSize: 3 } }), [
    `vllm:engine.pipelineParallelSize ${file}: is 3, and the pod's gpu.count: 4 cannot be parted into 3 equal stages`,
  ]);
});

test("host memory: the least is taken, less is refused and says how much it takes", () => {
  const message = (written: string, least: string) =>
    `vllm:resources.memory ${file}: is ${written}, too little for vLLM and its shared memory; at least ${least}`;
  assert.deepEqual(wrong({ resources: { memory: "5Gi" } }), [message("5Gi", "6Gi")]);
  assert.deepEqual(wrong({ gpu: { product: "L4", count: 8 }, resources: { memory: "11Gi" } }), [
    message("11Gi", "12Gi"),
  ]);
  assert.equal(one({ resources: { memory: "6Gi" } }).memory.limit, "6Gi");
  assert.equal(one({ gpu: { product: "L4", count: 8 }, resources: { memory: "12Gi" } }).memory.limit, "12Gi");
});

test("CPU and memory: three quarters of the smallest host's share, or the user's own", () => {
  const { cpu, memory } = one({});
  assert.deepEqual([cpu, memory.limit], ["3", "12Gi"]);
  const four = one({ gpu: { product: "H100", count: 4 } });
  assert.deepEqual([four.cpu, four.memory.limit], ["72", "768Gi"]);
  const onCpu = one({ gpu: { count: 0 } });
  assert.deepEqual([onCpu.cpu, onCpu.memory.limit], ["3", "12Gi"]);
  const own = one({ resources: { cpu: "500m", memory: "1.5Ti" } });
  assert.deepEqual([own.cpu, own.memory.limit], ["500m", "1.5Ti"]);
});

test("spare GPUs are room for whole pods", () => {
  const rollout = (count: number, spare: number, replicas: number) =>
    one({ gpu: { product: "L4", count, spare }, replicas }).rollout;
  assert.equal(rollout(4, 3, 1).strategy, "Recreate");
  assert.deepEqual(rollout(4, 4, 1), {
    strategy: "RollingUpdate",
    surge: 1,
    unavailable: 0,
    waves: 1,
    downtime: false,
  });
  assert.equal(rollout(4, 7, 8).surge, 1);
  assert.equal(rollout(4, 8, 8).surge, 2);
  assert.equal(one({ gpu: { count: 0 }, replicas: 8 }).rollout.surge, 2, "a CPU takes nothing scarce");
});

test("what several GPUs load is written by their number; one GPU and a CPU take the user's own", () => {
  const flag = "model-loader-extra-config";
  const own = '{"concurrency":16}';
  const written = (gpu: Tree, engine: Tree = { args: { [flag]: own } }) => {
    const { args } = one({ gpu, engine });
    return args.flatMap((word, at) => (word === `--${flag}` ? [args[at + 1]] : []));
  };
  assert.deepEqual(written({ product: "L4" }), [own]);
  assert.deepEqual(written({ count: 0 }), [own]);
  assert.deepEqual(written({ product: "L4" }, {}), []);
  assert.deepEqual(written({ count: 0 }, {}), []);
  assert.deepEqual(written({ product: "L4", count: 2 }, {}), ['{"distributed":true}']);
  const refused = (place: string) => [
    `vllm:${place}.${flag} ${file}: is written by gpu.count, so that the GPUs share what is streamed`,
  ];
  for (const count of [2, 8])
    for (const value of [own, false, 0])
      assert.deepEqual(
        wrong({ gpu: { product: "L4", count }, engine: { args: { [flag]: value } } }),
        refused("engine.args"),
      );
  const models = { chat: { engine: { args: { [flag]: own } } } };
  assert.deepEqual(
    wrong({ model: null, models, gpu: { product: "L4", count: 2 } }),
    refused("models.chat.engine.args"),
  );
});

test("the user's own times", () => {
  const { budgets, args } = one({ provisioning: { seconds: 100 }, startup: { seconds: 200 }, drain: { seconds: 300 } });
  assert.deepEqual(
    [budgets.provisioning, budgets.startup, budgets.drain],
    [100, 200, { total: 300, preStop: 15, shutdownTimeout: 270 }],
  );
  assert.equal(args[args.indexOf("--shutdown-timeout") + 1], "270");
});

test("the least drain leaves the engine some seconds", () => {
  assert.deepEqual(one({ drain: { seconds: 35 } }).budgets.drain, { total: 35, preStop: 15, shutdownTimeout: 5 });
});

test("images: by hardware and version, or the user's own", () => {
  const image = (image: Tree, more: Tree = {}) => one({ image, ...more }).image;
  const digest = `sha256:${"0".repeat(64)}`;
  assert.equal(image({}), "vllm/vllm-openai:v0.32.0");
  assert.equal(image({}, { gpu: { count: 0 } }), "vllm/vllm-openai-cpu:v0.32.0");
  assert.equal(image({}, { engine: { version: "0.33.1" } }), "vllm/vllm-openai:v0.33.1");
  assert.equal(image({ tag: "mine" }), "vllm/vllm-openai:mine");
  assert.equal(image({ repository: "localhost:5000/a/b", digest }), `localhost:5000/a/b:v0.32.0@${digest}`);
  assert.deepEqual(one({ image: { pullSecrets: ["a", "b"] } }).pullSecrets, ["a", "b"]);
});

test("the served name: the model's, or the user's own, in the plan and on the command line alike", () => {
  for (const [own, name] of [
    [{}, "chat"],
    [{ servedModelName: "team/qwen3" }, "team/qwen3"],
  ] as [Tree, string][]) {
    const { servedModelName, args } = one(own);
    assert.equal(servedModelName, name);
    assert.equal(args[args.indexOf("--served-model-name") + 1], name);
  }
});

test("scaling: the user's bounds, five waiting requests by default, and a start at the smallest", () => {
  const { replicas, autoscaling, rollout } = one({ autoscaling: { min: 2, max: 6 } });
  assert.equal(replicas, 2);
  assert.deepEqual(autoscaling, { min: 2, max: 6, waitingRequests: 5 });
  assert.equal(rollout.waves, 6);
  assert.equal(one({ autoscaling: { min: 2, max: 6, waitingRequests: 9 } }).autoscaling?.waitingRequests, 9);
  const fixed = one({ replicas: 3 });
  assert.equal(fixed.replicas, 3);
  assert.equal("autoscaling" in fixed, false);
});

test("without a revision the plan has none", () => {
  assert.equal("revision" in one({}), false);
  assert.equal(one({ revision: "v1" }).revision, "v1");
});

test("environment: the user's is taken, the API key's variable is refused", () => {
  assert.deepEqual(one({ engine: { env: { A: 1, B: "x" } } }).env, { A: "1", B: "x" });
  assert.deepEqual(wrong({ engine: { env: { VLLM_API_KEY: "hunter2" } } }), [
    `vllm:engine.env.VLLM_API_KEY ${file}: is written by apiKey; remove it here`,
  ]);
});

test("all problems of all models at once, each at the place that decides", () => {
  const problems = problemsOf(() =>
    plan({
      base: { gpu: { product: "L4" }, models: { a: { gpu: { product: "X" } } } },
      own: {
        cluster: { eks: "lab" },
        models: { a: { engine: { args: { port: 1 } } }, b: { engine: { tensorParallelSize: 3 } }, c: {} },
      },
    }),
  );
  assert.deepEqual(
    problems.map((problem) => problem.split(": ")[0]),
    [
      "vllm:base.models.a.gpu.product (Pulumi.yaml)",
      `vllm:models.a.engine.args.port ${file}`,
      `vllm:models.b.engine.tensorParallelSize ${file}`,
    ],
  );
});

test("several models: each has its plan, in the order in which they are named", () => {
  const { models } = plan({
    base: { gpu: { product: "L4" }, models: { b: { gpu: { count: 0 } } } },
    own: { cluster: { eks: "lab" }, models: { a: { replicas: 3 } } },
  });
  assert.deepEqual(
    models.map(({ name, gpuCount, replicas, revisionKey }) => [name, gpuCount, replicas, revisionKey]),
    [
      ["b", 0, 1, "vllm:models.b.revision"],
      ["a", 1, 3, "vllm:models.a.revision"],
    ],
  );
});

test("the stack's part: what a destroy leaves, and the rotation only where there is one", () => {
  assert.equal(plan({}).keepModels, true);
  assert.equal(plan({ own: { ...least, modelStore: { onDestroy: "delete" } } }).keepModels, false);
  assert.deepEqual(plan({}).apiKey, {});
  assert.deepEqual(plan({ own: { ...least, apiKey: { rotation: 2 } } }).apiKey, { rotation: "2" });
});
