import assert from "node:assert/strict";
import { test } from "node:test";
import type { Tree } from "../../config/tree.ts";
import { least } from "../config/settings.ts";
import { apiKeyValue, type Deployed, type Registration } from "./mocks.ts";
import { deployPlatform } from "./platform.ts";

/** Which resources there are, under which names and parents, and what every one of them has in common. */

const v1 = { ...least, revision: "v1" };
const root = "urn:pulumi:prod::pulumi-vllm::";
const platform = "vllm:index:InferencePlatform";

/** What a stack has before its first model has a revision, as type chains and names. */
const shared = [
  "pulumi:providers:kubernetes::cluster",
  `${platform}::vllm`,
  `${platform}$random:index/randomPassword:RandomPassword::vllm-api-key`,
  `${platform}$kubernetes:core/v1:Secret::vllm-api-key`,
  `${platform}$vllm:index:ModelStore::vllm-models`,
  ...[
    "bucket:Bucket::vllm-models-bucket",
    "bucketVersioning:BucketVersioning::vllm-models-versioning",
    "bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration::vllm-models-encryption",
    "bucketPublicAccessBlock:BucketPublicAccessBlock::vllm-models-public-access-block",
    "bucketOwnershipControls:BucketOwnershipControls::vllm-models-ownership",
    "bucketPolicy:BucketPolicy::vllm-models-policy",
  ].map((resource) => `${platform}$vllm:index:ModelStore$aws:s3/${resource}`),
];
const server = `${platform}$vllm:index:ModelServer`;
const access = `${server}$vllm:index:ModelAccess`;
const workload = `${server}$vllm:index:Workload`;
const identity = (model: string) => [
  `${server}::vllm-${model}`,
  `${access}::vllm-${model}-access`,
  `${access}$kubernetes:core/v1:ServiceAccount::vllm-${model}-access-service-account`,
  `${access}$aws:iam/role:Role::vllm-${model}-access-role`,
  `${access}$aws:iam/rolePolicy:RolePolicy::vllm-${model}-access-policy`,
  `${access}$aws:eks/podIdentityAssociation:PodIdentityAssociation::vllm-${model}-access-association`,
];
const serving = (model: string) => [
  `${workload}::vllm-${model}-main`,
  `${workload}$kubernetes:core/v1:ConfigMap::vllm-${model}-main-middleware`,
  `${workload}$kubernetes:apps/v1:Deployment::vllm-${model}-main-deployment`,
  `${server}$kubernetes:core/v1:Service::vllm-${model}-service`,
  `${server}$kubernetes:policy/v1:PodDisruptionBudget::vllm-${model}-disruption-budget`,
];
const autoscaler = (model: string) =>
  `${workload}$kubernetes:autoscaling/v2:HorizontalPodAutoscaler::vllm-${model}-main-autoscaler`;
const environment = (model: string) => `${workload}$kubernetes:core/v1:Secret::vllm-${model}-main-environment`;
const namespace = `${platform}$kubernetes:core/v1:Namespace::vllm-namespace`;

const urns = ({ resources }: Deployed<unknown>) => resources.map(({ urn }) => urn).sort();
const whole = (...parts: string[][]) =>
  parts
    .flat()
    .map((part) => root + part)
    .sort();

test("without a revision: store, key and identity, and nothing that serves", async () => {
  const deployed = await deployPlatform({ own: least });
  assert.deepEqual(urns(deployed), whole(shared, identity("chat")));
  assert.equal(deployed.resources.length, 17);
  for (const type of ["apps/v1:Deployment", "core/v1:Service", "policy/v1:PodDisruptionBudget"])
    assert.equal(deployed.all(`kubernetes:${type}`).length, 0);
  assert.equal(deployed.all("kubernetes:autoscaling/v2:HorizontalPodAutoscaler").length, 0);
  const { access: _, ...servers } = deployed.result.nodes.servers.chat?.nodes ?? {};
  assert.deepEqual(servers, { workloads: [], service: undefined, disruptionBudget: undefined });
});

test("without a revision, scaled: still no scaler", async () => {
  const deployed = await deployPlatform({ own: { ...least, autoscaling: { min: 1, max: 4 } } });
  assert.deepEqual(urns(deployed), whole(shared, identity("chat")));
});

for (const [hardware, gpu] of [
  ["a GPU", { product: "L4" }],
  ["a CPU", { count: 0 }],
] as const)
  test(`with a revision, on ${hardware}: Deployment, Service and disruption budget`, async () => {
    const deployed = await deployPlatform({ own: { ...v1, gpu } });
    assert.deepEqual(urns(deployed), whole(shared, identity("chat"), serving("chat")));
    assert.equal(deployed.resources.length, 22);
  });

test("scaled: one scaler more", async () => {
  const deployed = await deployPlatform({ own: { ...v1, autoscaling: { min: 1, max: 4 } } });
  assert.deepEqual(urns(deployed), whole(shared, identity("chat"), serving("chat"), [autoscaler("chat")]));
});

test("secret variables: one Secret more, with the pods that it is for", async () => {
  const engine = { secretEnv: { TRACE_TOKEN: "the-token-that-must-stay-secret" } };
  const deployed = await deployPlatform({ own: { ...v1, engine } });
  assert.deepEqual(urns(deployed), whole(shared, identity("chat"), serving("chat"), [environment("chat")]));
});

test("a namespace only where it is asked for, and everything in it waits for it", async () => {
  const deployed = await deployPlatform({ own: { ...v1, namespace: { name: "models", create: true } } });
  assert.deepEqual(urns(deployed), whole(shared, identity("chat"), serving("chat"), [namespace]));
  assert.deepEqual(deployed.one("kubernetes:core/v1:Namespace").inputs, {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: "models", labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
  });
  for (const resource of deployed.resources.filter(({ inputs }) => inputs.metadata?.namespace)) {
    assert.equal(resource.inputs.metadata.namespace, "models");
    assert.ok(resource.dependencies.includes("kubernetes:core/v1:Namespace::vllm-namespace"), resource.id);
  }
});

const two = (models: Tree) => ({ ...least, model: null, models, revision: "v1" });

test("two models: each with its own server, identity and role; the rest is shared", async () => {
  const deployed = await deployPlatform({ own: two({ chat: {}, code: { autoscaling: { min: 1, max: 2 } } }) });
  assert.deepEqual(
    urns(deployed),
    whole(shared, identity("chat"), serving("chat"), identity("code"), serving("code"), [autoscaler("code")]),
  );
  const roles = deployed.all("aws:eks/podIdentityAssociation:PodIdentityAssociation").map(({ inputs }) => inputs);
  assert.deepEqual(
    roles.map(({ serviceAccount, roleArn }) => [serviceAccount, roleArn]),
    [
      ["chat", "arn:aws:iam::123456789012:role/vllm-chat-access-role-1234567"],
      ["code", "arn:aws:iam::123456789012:role/vllm-code-access-role-1234567"],
    ],
  );
});

test("no resource of a model changes when another model comes, whichever form named it first", async () => {
  const one = await deployPlatform({ own: v1 });
  const both = await deployPlatform({ own: two({ chat: {}, code: {} }) });
  for (const resource of one.resources) {
    const { outputs: _, ...before } = resource;
    const { outputs: __, ...after } = both.one(resource.type, resource.name);
    assert.deepEqual(after, before);
  }
});

test("the order of the models changes nothing", async () => {
  const [ab, ba] = [
    await deployPlatform({ own: two({ a: {}, b: {} }) }),
    await deployPlatform({ own: two({ b: {}, a: {} }) }),
  ];
  assert.deepEqual(urns(ab), urns(ba));
});

test("models of which one may be another's name and a suffix, or a part of the stack, do not collide", async () => {
  const names = ["a", "a-role", "a-service", "models", "api-key", "namespace"];
  const models = Object.fromEntries(names.map((name) => [name, {}]));
  const deployed = await deployPlatform({ own: { ...two(models), namespace: { create: true } } });
  assert.equal(new Set(urns(deployed)).size, deployed.resources.length);
  assert.equal(deployed.resources.length, shared.length + 1 + 6 * (6 + 5));
});

test("every Kubernetes object goes to the given cluster; every AWS resource to the stack's own account", async () => {
  const { resources } = await deployPlatform({
    own: { ...v1, autoscaling: { min: 1, max: 2 }, namespace: { create: true } },
  });
  const objects = resources.filter(({ type }) => type.startsWith("kubernetes:"));
  assert.equal(objects.length, 8);
  for (const { id, provider } of objects) assert.equal(provider, "pulumi:providers:kubernetes::cluster", id);
  for (const { id, type, provider } of resources)
    if (!type.startsWith("kubernetes:")) assert.equal(provider, undefined, id);
});

test("every resource but provider and component has a parent, and components register their outputs once", async () => {
  const { resources } = await deployPlatform({ own: v1 });
  for (const { id, parent, custom, outputs } of resources) {
    assert.equal(parent === undefined, /^pulumi:providers|InferencePlatform/.test(id), id);
    assert.equal(outputs !== undefined, !custom, id);
  }
});

test("components store no arguments: nothing of the plan is in the state but what the resources hold", async () => {
  const deployed = await deployPlatform({ own: { ...two({ chat: {}, code: { gpu: { count: 0 } } }) } });
  const components = deployed.resources.filter(({ custom }) => !custom);
  assert.equal(components.length, 2 + 2 * 3);
  for (const { id, inputs } of components) assert.deepEqual(inputs, {}, id);
});

const outputs = (deployed: Deployed<unknown>) => deployed.one(platform).outputs;

test("outputs: before a revision, there is no endpoint and no revision", async () => {
  const deployed = await deployPlatform({ own: least });
  assert.deepEqual(outputs(deployed), {
    models: { chat: { servedModelName: "chat", replicas: { min: 1, max: 1 } } },
    modelBucket: "vllm-models-bucket-1234567",
    namespace: "vllm",
    apiKey: apiKeyValue,
  });
});

test("outputs: one model that is served has the stack's endpoint", async () => {
  const deployed = await deployPlatform({
    own: { ...v1, servedModelName: "qwen3", replicas: 3, namespace: { name: "inference" } },
  });
  const endpoint = "http://chat.inference.svc/v1";
  assert.deepEqual(outputs(deployed), {
    models: { chat: { endpoint, servedModelName: "qwen3", revision: "v1", replicas: { min: 3, max: 3 } } },
    endpoint,
    modelBucket: "vllm-models-bucket-1234567",
    namespace: "inference",
    apiKey: apiKeyValue,
  });
});

test("outputs: of several models none is the stack's endpoint; a scaled one tells its bounds", async () => {
  const deployed = await deployPlatform({
    own: { ...least, model: null, models: { chat: { revision: "v1", autoscaling: { min: 2, max: 6 } }, code: {} } },
  });
  const { models, endpoint } = outputs(deployed);
  assert.equal(endpoint, undefined);
  assert.deepEqual(models, {
    chat: {
      endpoint: "http://chat.vllm.svc/v1",
      servedModelName: "chat",
      revision: "v1",
      replicas: { min: 2, max: 6 },
    },
    code: { servedModelName: "code", replicas: { min: 1, max: 1 } },
  });
});

test("the API key: 48 letters and digits, another one by another rotation", async () => {
  const password = (deployed: Deployed<unknown>) =>
    deployed.one("random:index/randomPassword:RandomPassword").inputs as Registration["inputs"];
  const plain = { length: 48, special: false };
  assert.deepEqual(password(await deployPlatform({ own: v1 })), { ...plain, keepers: { rotation: "" } });
  assert.deepEqual(password(await deployPlatform({ own: { ...v1, apiKey: { rotation: "2026-11" } } })), {
    ...plain,
    keepers: { rotation: "2026-11" },
  });
});
