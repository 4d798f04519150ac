import assert from "node:assert/strict";
import { test } from "node:test";
import type { Tree } from "../../config/tree.ts";
import { least } from "../config/settings.ts";
import { deployPlatform } from "./platform.ts";

/** The objects that serve a model, exactly. */

const common = { "app.kubernetes.io/name": "vllm", "app.kubernetes.io/instance": "chat" };
const ofObjects = { ...common, "app.kubernetes.io/managed-by": "pulumi" };
const metadata = { name: "chat", namespace: "vllm", labels: ofObjects };
const patchForce = { "pulumi.com/patchForce": "true" };
/** The program verifies rollouts itself. */
const waitFor = { "pulumi.com/waitFor": "jsonpath={.metadata.uid}" };
const skipAwait = { "pulumi.com/skipAwait": "true" };
const v1 = { ...least, revision: "v1" };

const deploymentOf = async (own: Tree) =>
  (await deployPlatform({ own: { ...v1, ...own } })).one("kubernetes:apps/v1:Deployment");

test("the Service: all pods of the model, a canary's too, on port 80", async () => {
  const deployed = await deployPlatform({ own: v1 });
  assert.deepEqual(deployed.one("kubernetes:core/v1:Service").inputs, {
    apiVersion: "v1",
    kind: "Service",
    metadata: { ...metadata, annotations: skipAwait },
    spec: { type: "ClusterIP", selector: common, ports: [{ name: "http", port: 80, targetPort: "http" }] },
  });
});

test("the disruption budget: one at a time, and a pod that is not ready holds nothing up", async () => {
  const deployed = await deployPlatform({ own: v1 });
  assert.deepEqual(deployed.one("kubernetes:policy/v1:PodDisruptionBudget").inputs, {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata,
    spec: { maxUnavailable: 1, unhealthyPodEvictionPolicy: "AlwaysAllow", selector: { matchLabels: common } },
  });
});

test("the service account: no token of the Kubernetes API", async () => {
  const deployed = await deployPlatform({ own: v1 });
  assert.deepEqual(deployed.one("kubernetes:core/v1:ServiceAccount").inputs, {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata,
    automountServiceAccountToken: false,
  });
});

test("scaled: the scaler, on the Deployment's name, by waiting requests a pod", async () => {
  const own = { ...v1, autoscaling: { min: 2, max: 6, waitingRequests: 9 } };
  const deployed = await deployPlatform({ own });
  assert.deepEqual(deployed.one("kubernetes:autoscaling/v2:HorizontalPodAutoscaler").inputs, {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata,
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "chat" },
      minReplicas: 2,
      maxReplicas: 6,
      metrics: [
        {
          type: "Pods",
          pods: {
            metric: { name: "vllm:num_requests_waiting" },
            target: { type: "AverageValue", averageValue: "9" },
          },
        },
      ],
    },
  });
  assert.equal(deployed.one("kubernetes:apps/v1:Deployment").inputs.metadata.name, "chat");
});

test("scaled: replicas is the least and then ignored; fixed: it is the number and takes the field back", async () => {
  const scaled = await deploymentOf({ autoscaling: { min: 2, max: 6 } });
  assert.deepEqual(
    [scaled.inputs.spec.replicas, scaled.ignoreChanges, scaled.inputs.metadata],
    [2, ["spec.replicas"], { ...metadata, annotations: waitFor }],
  );
  const fixed = await deploymentOf({ replicas: 3 });
  assert.deepEqual(
    [fixed.inputs.spec.replicas, fixed.ignoreChanges, fixed.inputs.metadata],
    [3, [], { ...metadata, annotations: { ...waitFor, ...patchForce } }],
  );
});

test("only the Deployment ignores or forces anything", async () => {
  const { resources } = await deployPlatform({
    own: { ...v1, autoscaling: { min: 1, max: 2 }, namespace: { create: true } },
  });
  for (const { id, type, ignoreChanges, inputs } of resources) {
    if (type.endsWith(":Deployment")) continue;
    assert.deepEqual(ignoreChanges, [], id);
    assert.deepEqual(inputs.metadata?.annotations, type.endsWith(":Service") ? skipAwait : undefined, id);
  }
});

test("a revision changes the Deployment alone; a count too; a scaled count the scaler and the Deployment's waits", async () => {
  const changed = async (before: Tree, after: Tree) => {
    const [old, next] = [
      await deployPlatform({ own: { ...v1, ...before } }),
      await deployPlatform({ own: { ...v1, ...after } }),
    ];
    return next.resources
      .filter(
        ({ custom, type, name, inputs }) =>
          custom && JSON.stringify(old.one(type, name).inputs) !== JSON.stringify(inputs),
      )
      .map(({ id }) => id);
  };
  const [deployment, autoscaler] = [
    "kubernetes:apps/v1:Deployment::vllm-chat-main-deployment",
    "kubernetes:autoscaling/v2:HorizontalPodAutoscaler::vllm-chat-main-autoscaler",
  ];
  assert.deepEqual(await changed({}, { revision: "v2" }), [deployment]);
  assert.deepEqual(await changed({ replicas: 2 }, { replicas: 3 }), [deployment]);
  const bounds = { min: 2, max: 6 };
  assert.deepEqual(await changed({ autoscaling: bounds }, { autoscaling: { ...bounds, max: 9 } }), [autoscaler]);
});

test("Pulumi's own wait is for the end of the pods, as long as the plan says, and for nothing else", async () => {
  const { resources } = await deployPlatform({ own: { ...v1, autoscaling: { min: 2, max: 6 } } });
  const times = resources.filter(({ customTimeouts }) => Object.keys(customTimeouts).length > 0);
  assert.deepEqual(Object.fromEntries(times.map(({ id, customTimeouts }) => [id, customTimeouts])), {
    "kubernetes:apps/v1:Deployment::vllm-chat-main-deployment": { delete: "375s" },
  });
});

test("pods come after everything that gives them credentials", async () => {
  assert.deepEqual((await deploymentOf({})).dependencies, [
    "aws:eks/podIdentityAssociation:PodIdentityAssociation::vllm-chat-access-association",
    "aws:iam/role:Role::vllm-chat-access-role",
    "aws:iam/rolePolicy:RolePolicy::vllm-chat-access-policy",
    "aws:s3/bucket:Bucket::vllm-models-bucket",
    "kubernetes:core/v1:ConfigMap::vllm-chat-main-middleware",
    "kubernetes:core/v1:Secret::vllm-api-key",
    "kubernetes:core/v1:ServiceAccount::vllm-chat-access-service-account",
  ]);
});

for (const preview of [false, true])
  test(`of several models each waits for its own credentials alone${preview ? ", in a preview too" : ""}`, async () => {
    const models = { chat: {}, code: { autoscaling: { min: 1, max: 2 } } };
    const deployed = await deployPlatform({ own: { ...v1, model: null, models } }, { preview });
    for (const model of Object.keys(models)) {
      const { dependencies } = deployed.one("kubernetes:apps/v1:Deployment", `vllm-${model}-main-deployment`);
      assert.deepEqual(
        dependencies.filter((id) => /-(service-account|role|policy|association)$/.test(id)),
        [
          `aws:eks/podIdentityAssociation:PodIdentityAssociation::vllm-${model}-access-association`,
          `aws:iam/role:Role::vllm-${model}-access-role`,
          `aws:iam/rolePolicy:RolePolicy::vllm-${model}-access-policy`,
          `kubernetes:core/v1:ServiceAccount::vllm-${model}-access-service-account`,
        ],
      );
    }
  });

test("names are fixed and the model's own, but for what a change replaces, Secret and ConfigMap", async () => {
  const { resources } = await deployPlatform({ own: { ...v1, autoscaling: { min: 1, max: 2 } } });
  const names = resources
    .filter(({ type }) => type.startsWith("kubernetes:"))
    .map(({ type, inputs }) => [type.split(":").at(-1), inputs.metadata.name ?? "(auto)"]);
  assert.deepEqual(Object.fromEntries(names), {
    ServiceAccount: "chat",
    Deployment: "chat",
    Service: "chat",
    PodDisruptionBudget: "chat",
    HorizontalPodAutoscaler: "chat",
    Secret: "(auto)",
    ConfigMap: "(auto)",
  });
});

test("selectors match the pods; the Service's and the budget's would match a canary's, the Deployment's would not", async () => {
  const deployed = await deployPlatform({ own: v1 });
  const pods: Record<string, string> = deployed.one("kubernetes:apps/v1:Deployment").inputs.spec.template.metadata
    .labels;
  const canary = { ...pods, "app.kubernetes.io/component": "canary" };
  const matches = (selector: Record<string, string>, labels: Record<string, string>) =>
    Object.entries(selector).every(([key, value]) => labels[key] === value);
  const selectors = {
    deployment: deployed.one("kubernetes:apps/v1:Deployment").inputs.spec.selector.matchLabels,
    service: deployed.one("kubernetes:core/v1:Service").inputs.spec.selector,
    budget: deployed.one("kubernetes:policy/v1:PodDisruptionBudget").inputs.spec.selector.matchLabels,
  };
  const matched = Object.entries(selectors).map(([name, selector]) => [
    name,
    matches(selector, pods),
    matches(selector, canary),
  ]);
  assert.deepEqual(matched, [
    ["deployment", true, false],
    ["service", true, true],
    ["budget", true, true],
  ]);
  for (const selector of Object.values(selectors))
    assert.equal(matches(selector, { ...pods, "app.kubernetes.io/instance": "code" }), false);
});

test("the rollout of the plan is the Deployment's strategy", async () => {
  const strategy = async (own: Tree) => (await deploymentOf(own)).inputs.spec.strategy;
  const rolling = (maxSurge: number, maxUnavailable: number) => ({
    type: "RollingUpdate",
    rollingUpdate: { maxSurge, maxUnavailable },
  });
  assert.deepEqual(await strategy({ replicas: 2 }), rolling(0, 1));
  assert.deepEqual(await strategy({ gpu: { product: "L4", spare: 1 } }), rolling(1, 0));
  assert.deepEqual(await strategy({ replicas: 8, gpu: { product: "L4", spare: 2 } }), rolling(2, 0));
  assert.deepEqual(await strategy({ replicas: 8, gpu: { product: "L4", spare: 9 } }), rolling(7, 0));
  assert.deepEqual(await strategy({ replicas: 8, gpu: { count: 0 } }), rolling(2, 0));
});
