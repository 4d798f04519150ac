import assert from "node:assert/strict";
import { test } from "node:test";
import type { ModelPlan } from "../../planning/model.ts";
import type { StackPlan } from "../../planning/plan.ts";
import { givenBy, plan } from "../config/settings.ts";

/**
 * The plans of the repository's own four stacks: what a change of a stack file or a default changes. Of the fit, whose
 * figures have tests of their own, what it comes to.
 */

type Planned = Omit<ModelPlan, "fit"> & { fit: { fits: boolean; context: number; fullSequences: number } };
type Stack = Omit<StackPlan, "models"> & { models: Planned[] };

const onGpu: Omit<Planned, "replicas" | "budgets" | "rollout" | "gpus"> = {
  name: "chat",
  revisionKey: "vllm:models.chat.revision",
  servedModelName: "qwen3-8b",
  labels: {},
  image: "vllm/vllm-openai:v0.32.0",
  pullSecrets: [],
  gpuCount: 1,
  nodeSelector: { "karpenter.k8s.aws/instance-gpu-name": "l4" },
  tolerations: [],
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
  unchecked: [],
  env: {},
  secretEnv: {},
  fit: { fits: true, context: 8192, fullSequences: 2 },
};
const gpuTimes = {
  creation: 1706,
  provisioning: 780,
  startup: 731,
  drain: { total: 75, preStop: 15, shutdownTimeout: 45 },
  progressDeadline: 1646,
  deletion: 375,
};
const stack = (name: string): Omit<Stack, "models"> => ({
  stack: name,
  region: "eu-west-1",
  cluster: { eks: name },
  namespace: { name: "inference", create: false },
  keepModels: true,
  apiKey: {},
});

const expected: Record<string, Stack> = {
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
        memory: { limit: "8Gi", shm: "2Gi", kvCacheGib: 2 },
        replicas: 1,
        streamed: false,
        args: [
          ...["--served-model-name", "qwen3-0.6b"],
          ...["--max-model-len", "2048"],
          ...["--shutdown-timeout", "45"],
          ...["--port", "8000"],
        ],
        budgets: { ...gpuTimes, provisioning: 480, startup: 258, progressDeadline: 873, creation: 933, rollout: 933 },
        rollout: { strategy: "RollingUpdate", surge: 1, unavailable: 0, waves: 1, downtime: false },
        fit: { fits: true, context: 2048, fullSequences: 9 },
        gpus: { steady: 0, rolling: 0, max: 0 },
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
        budgets: { ...gpuTimes, rollout: 1706 },
        rollout: { strategy: "Recreate", surge: 0, unavailable: 1, waves: 1, downtime: true },
        gpus: { steady: 1, rolling: 1, max: 1 },
      },
    ],
  },
  staging: {
    ...stack("staging"),
    models: [
      {
        ...onGpu,
        replicas: 2,
        budgets: { ...gpuTimes, rollout: 3292 },
        rollout: { strategy: "RollingUpdate", surge: 1, unavailable: 0, waves: 2, downtime: false },
        gpus: { steady: 2, rolling: 3, max: 3 },
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
        budgets: { ...gpuTimes, rollout: 15_980 },
        rollout: { strategy: "RollingUpdate", surge: 2, unavailable: 0, waves: 10, downtime: false },
        gpus: { steady: 4, rolling: 6, max: 22 },
      },
    ],
  },
};

/** A plan with what its fits come to. */
const told = ({ models, ...rest }: StackPlan): Stack => ({
  ...rest,
  models: models.map(({ fit, ...model }) => {
    assert.ok(fit.checked);
    return { ...model, fit: { fits: fit.fits, context: fit.context, fullSequences: fit.fullSequences } };
  }),
});

for (const [name, whole] of Object.entries(expected))
  test(`the plan of ${name}`, () => assert.deepEqual(told(plan(givenBy(name))), whole));

test("a plan is plain data: it survives JSON", () => {
  for (const name of Object.keys(expected)) {
    const made = plan(givenBy(name));
    assert.deepEqual(JSON.parse(JSON.stringify(made)), made);
  }
});
