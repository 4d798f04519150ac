import assert from "node:assert/strict";
import { test } from "node:test";
import type { ModelPlan } from "../../planning/model.ts";
import type { StackPlan } from "../../planning/plan.ts";
import { givenBy, plan } from "../config/settings.ts";

/** The plans of the repository's own four stacks, in full: what a change of a stack file or a default changes. */

const onGpu: Omit<ModelPlan, "replicas" | "budgets" | "rollout"> = {
  name: "chat",
  revisionKey: "vllm:models.chat.revision",
  servedModelName: "qwen3-8b",
  image: "vllm/vllm-openai:v0.32.0",
  pullSecrets: [],
  gpuCount: 1,
  nodeSelector: { "karpenter.k8s.aws/instance-gpu-name": "l4" },
  cpu: "3",
  memory: { limit: "12Gi", shm: "2Gi", streamerBytes: 3758096384 },
  streamed: true,
  args: [
    ...["--served-model-name", "qwen3-8b"],
    ...["--load-format", "runai_streamer"],
    ...["--max-model-len", "8192"],
    ...["--gpu-memory-utilization", "0.9"],
    ...["--shutdown-timeout", "45"],
    ...["--port", "8000"],
  ],
  env: {},
};
const gpuTimes = {
  creation: 1755,
  provisioning: 780,
  startup: 780,
  drain: { total: 75, preStop: 15, shutdownTimeout: 45 },
  progressDeadline: 1695,
  deletion: 375,
};
const stack = (name: string): Omit<StackPlan, "models"> => ({
  stack: name,
  region: "eu-west-1",
  cluster: { eks: name },
  namespace: { name: "inference", create: false },
  keepModels: true,
});

const expected: Record<string, StackPlan> = {
  dev: {
    ...stack("dev"),
    namespace: { name: "inference", create: true },
    keepModels: false,
    models: [
      {
        ...onGpu,
        image: "vllm/vllm-openai-cpu:v0.32.0",
        gpuCount: 0,
        nodeSelector: {},
        servedModelName: "qwen3-0.6b",
        cpu: "2",
        memory: { limit: "8Gi", shm: "2Gi", streamerBytes: 1610612736 },
        replicas: 1,
        streamed: false,
        args: [
          ...["--served-model-name", "qwen3-0.6b"],
          ...["--max-model-len", "2048"],
          ...["--shutdown-timeout", "45"],
          ...["--port", "8000"],
        ],
        budgets: { ...gpuTimes, provisioning: 480, startup: 282, progressDeadline: 897, creation: 957, rollout: 957 },
        rollout: { strategy: "RollingUpdate", surge: 1, unavailable: 0, waves: 1, downtime: false },
      },
    ],
  },
  test: {
    ...stack("test"),
    keepModels: false,
    models: [
      {
        ...onGpu,
        replicas: 1,
        budgets: { ...gpuTimes, rollout: 1755 },
        rollout: { strategy: "Recreate", surge: 0, unavailable: 1, waves: 1, downtime: true },
      },
    ],
  },
  staging: {
    ...stack("staging"),
    models: [
      {
        ...onGpu,
        replicas: 2,
        budgets: { ...gpuTimes, rollout: 3390 },
        rollout: { strategy: "RollingUpdate", surge: 1, unavailable: 0, waves: 2, downtime: false },
      },
    ],
  },
  prod: {
    ...stack("prod"),
    models: [
      {
        ...onGpu,
        replicas: 4,
        autoscaling: { min: 4, max: 20, waitingRequests: 5 },
        args: [
          ...["--served-model-name", "qwen3-8b"],
          ...["--load-format", "runai_streamer"],
          ...["--max-model-len", "8192"],
          ...["--max-num-seqs", "256"],
          ...["--gpu-memory-utilization", "0.9"],
          ...["--shutdown-timeout", "45"],
          ...["--port", "8000"],
        ],
        budgets: { ...gpuTimes, rollout: 16_470 },
        rollout: { strategy: "RollingUpdate", surge: 2, unavailable: 0, waves: 10, downtime: false },
      },
    ],
  },
};

for (const [name, whole] of Object.entries(expected))
  test(`the plan of ${name}`, () => assert.deepEqual(plan(givenBy(name)), whole));

test("a plan is plain data: it survives JSON", () => {
  for (const whole of Object.values(expected)) assert.deepEqual(JSON.parse(JSON.stringify(whole)), whole);
  const made = plan(givenBy("prod"));
  assert.deepEqual(JSON.parse(JSON.stringify(made)), made);
});
