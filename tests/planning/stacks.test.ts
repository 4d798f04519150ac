import assert from "node:assert/strict";
import { test } from "node:test";
import { placeToSet } from "../../config/layers/origin.ts";
import type { ModelPlan } from "../../planning/model.ts";
import type { StackPlan } from "../../planning/plan.ts";
import type { PodPlan, VariantPlan } from "../../planning/variant.ts";
import { givenBy, plan, resolved, stacks } from "../config/settings.ts";

/**
 * The plans of the repository's own four stacks: what a change of a stack file or a default changes. Of the fit, whose
 * figures have tests of their own, what it comes to; the cost is in `cost.test.ts`.
 */

type Facts = Omit<VariantPlan["facts"], "fit"> & { fit: { fits: boolean; context: number; fullSequences: number } };
type Variant = Omit<VariantPlan, "facts"> & { facts: Facts };
type Stack = Omit<StackPlan, "models" | "cost"> & { models: (Omit<ModelPlan, "variants"> & { variants: Variant[] })[] };

const env = {
  HOME: "/cache",
  USER: "vllm",
  HF_HUB_OFFLINE: "1",
  VLLM_NO_USAGE_STATS: "1",
  PYTHONPATH: "/middleware",
};
const gib = 2 ** 30;
const unreckoned = [
  {
    setting: "engine.args.mm-processor-cache-gb",
    reason: "a multimodal model keeps up to 4 GiB of its inputs in memory; it is counted where this is set",
  },
];
const onGpu: PodPlan = {
  image: { repository: "vllm/vllm-openai", tag: "v0.32.0" },
  pullSecrets: [],
  gpu: { count: 1, product: "L4", nodeSelector: { "karpenter.k8s.aws/instance-gpu-name": "l4" } },
  scheduling: { nodeSelector: {}, tolerations: [] },
  server: {
    port: 8000,
    healthPath: "/health",
    waitingMetric: "vllm:num_requests_waiting",
    keyVariable: "VLLM_API_KEY",
  },
  cpu: "3",
  memory: {
    ...{ limit: "12Gi", shm: "2Gi", streamerBytes: 2.5 * gib },
    parts: [
      { part: "engine", bytes: gib },
      { part: "workers", bytes: 4 * gib },
      { part: "/dev/shm", bytes: 2 * gib },
      { part: "streamer", bytes: 2.5 * gib },
      { part: "rest", bytes: 2.5 * gib },
    ],
    shared: [{ part: "rest", bytes: 2 * gib }],
    unreckoned: [],
  },
  streamed: true,
  copierImage: "amazon/aws-cli:2.37.4",
  args: [
    ...["--served-model-name", "qwen3-8b"],
    ...["--load-format", "runai_streamer"],
    ...["--max-model-len", "8192"],
    ...["--gpu-memory-utilization", "0.9"],
    ...["--shutdown-timeout", "45"],
    ...["--port", "8000"],
    ...["--middleware", "pulumi_vllm_drain.Drain"],
  ],
  tensorParallelSize: 1,
  env: { ...env, RUNAI_STREAMER_MEMORY_LIMIT: "2684354560" },
  regionVariables: ["AWS_REGION", "AWS_DEFAULT_REGION"],
  secretEnv: {},
};
const onCpu: PodPlan = {
  ...onGpu,
  image: { repository: "vllm/vllm-openai-cpu", tag: "v0.32.0" },
  gpu: { count: 0, nodeSelector: {} },
  cpu: "2",
  memory: {
    ...{ limit: "9Gi", shm: "2Gi", kvCacheGib: 1 },
    // 752 million parameters in 2 bytes are 1.4 GiB: 1.9 times in memory, and once in the page cache.
    parts: [
      { part: "engine", bytes: 1.75 * gib },
      { part: "libraries", bytes: Math.ceil(1.45 * gib) },
      { part: "weights", bytes: 2_857_600_000 },
      { part: "page cache", bytes: 1_504_000_000 },
      { part: "KV cache", bytes: gib },
      { part: "rest", bytes: 792_360_755 },
    ],
    shared: [{ part: "rest", bytes: 2 * gib }],
    unreckoned,
  },
  streamed: false,
  disk: "4Gi",
  args: [
    ...["--served-model-name", "qwen3-0.6b"],
    ...["--max-model-len", "2048"],
    ...["--shutdown-timeout", "45"],
    ...["--port", "8000"],
    ...["--middleware", "pulumi_vllm_drain.Drain"],
  ],
  env: { ...env, VLLM_CPU_KVCACHE_SPACE: "1" },
};
const gpuTimes = {
  provisioning: 780,
  startup: 670,
  drain: { total: 75, preStop: 15, shutdownTimeout: 45 },
  turns: 0,
  progressDeadline: 1585,
  deletion: 375,
};
const gpuFacts: Facts = { fit: { fits: true, context: 8192, fullSequences: 2 }, unchecked: [] };

/** A stack with one variant of one model, on a GPU unless it says otherwise: its GPUs are the stack's. */
const stack = (
  name: string,
  variant: Omit<Variant, "name" | "pod" | "facts"> & Partial<Variant>,
  spare: number,
  more: Partial<Stack> = {},
  servedModelName = "qwen3-8b",
): Stack => ({
  stack: name,
  region: "eu-west-1",
  cluster: { eks: name, ipFamily: "ipv4" },
  namespace: { name: "inference", create: false },
  modelStore: { onDestroy: "keep" },
  apiKey: {},
  models: [
    {
      name: "chat",
      servedModelName,
      labels: {},
      access: { kind: "podIdentity" },
      variants: [{ name: "main", pod: onGpu, facts: gpuFacts, ...variant }],
    },
  ],
  gpus: { ...variant.gpus, products: { L4: { ...variant.gpus, spare } } },
  ...more,
});

const expected: readonly Stack[] = [
  stack(
    "dev",
    {
      pod: onCpu,
      scaling: { kind: "fixed", min: 1, max: 1 },
      budgets: { ...gpuTimes, provisioning: 480, startup: 288, progressDeadline: 903, rollout: 963 },
      rollout: { strategy: "RollingUpdate", surge: 1, unavailable: 0, waves: 1, downtime: false },
      gpus: { steady: 0, rolling: 0, max: 0 },
      facts: { ...gpuFacts, fit: { fits: true, context: 2048, fullSequences: 4 } },
    },
    0,
    {
      namespace: { name: "inference", create: true },
      modelStore: { onDestroy: "delete" },
      gpus: { steady: 0, rolling: 0, max: 0, products: {} },
    },
    "qwen3-0.6b",
  ),
  stack(
    "test",
    {
      scaling: { kind: "fixed", min: 1, max: 1 },
      budgets: { ...gpuTimes, rollout: 1645 },
      rollout: { strategy: "Recreate", surge: 0, unavailable: 1, waves: 1, downtime: true },
      gpus: { steady: 1, rolling: 1, max: 1 },
    },
    0,
    { modelStore: { onDestroy: "delete" } },
  ),
  stack(
    "staging",
    {
      scaling: { kind: "fixed", min: 2, max: 2 },
      budgets: { ...gpuTimes, rollout: 3170 },
      rollout: { strategy: "RollingUpdate", surge: 1, unavailable: 0, waves: 2, downtime: false },
      gpus: { steady: 2, rolling: 3, max: 3 },
    },
    1,
  ),
  stack(
    "prod",
    {
      pod: {
        ...onGpu,
        args: [
          ...["--served-model-name", "qwen3-8b"],
          ...["--load-format", "runai_streamer"],
          ...["--max-model-len", "8192"],
          ...["--max-num-seqs", "256"],
          ...["--gpu-memory-utilization", "0.9"],
          ...["--shutdown-timeout", "45"],
          ...["--port", "8000"],
          ...["--middleware", "pulumi_vllm_drain.Drain"],
        ],
      },
      scaling: { kind: "hpa", min: 4, max: 20, waitingRequests: 5 },
      budgets: { ...gpuTimes, rollout: 15_370 },
      rollout: { strategy: "RollingUpdate", surge: 2, unavailable: 0, waves: 10, downtime: false },
      gpus: { steady: 4, rolling: 6, max: 22 },
    },
    2,
  ),
];

/** A plan with what its fits come to. */
const told = ({ models, cost: _, ...rest }: StackPlan): Stack => ({
  ...rest,
  models: models.map(({ variants, ...model }) => ({
    ...model,
    variants: variants.map(({ facts: { fit, unchecked }, ...variant }) => {
      assert.ok(fit.checked);
      const { fits, context, fullSequences } = fit;
      return { ...variant, facts: { fit: { fits, context, fullSequences }, unchecked } };
    }),
  })),
});

for (const whole of expected)
  test(`the plan of ${whole.stack}`, () => assert.deepEqual(told(plan(givenBy(whole.stack))), whole));

test("a plan is plain data: it survives JSON", () => {
  for (const { stack } of expected) {
    const made = plan(givenBy(stack));
    assert.deepEqual(JSON.parse(JSON.stringify(made)), made);
  }
});

test("the revision is written below its model", () => {
  for (const name of stacks)
    assert.equal(placeToSet(resolved(givenBy(name)).origin, "revision", "chat").key, "vllm:models.chat.revision");
});
