import assert from "node:assert/strict";
import { test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import type { InferencePlatform } from "../../components/inferencePlatform.ts";
import { Nodes } from "../../components/nodes.ts";
import type { Tree } from "../../config/tree.ts";
import { least } from "../config/settings.ts";
import type { Deployed } from "./mocks.ts";
import { deployPlatform } from "./platform.ts";

/** The children of the components by their getters `nodes`: for transforms, and to depend on one of them. */

const v1 = { ...least, revision: "v1" };
const secret = "the-token-that-must-stay-secret";
const everything: Tree = {
  ...v1,
  model: null,
  models: {
    chat: { autoscaling: { min: 1, max: 2 }, engine: { secretEnv: { TOKEN: secret } } },
    code: {},
    math: { revision: null },
  },
  namespace: { create: true },
};

/** What the getters give, flat: where it was found, and what. */
function childrenOf(platform: InferencePlatform): [string, unknown][] {
  const { servers, ...shared } = platform.nodes;
  const server = Object.entries(servers).flatMap(([model, one]): [string, unknown][] => {
    const { access, workloads, ...around } = one.nodes;
    return [
      [model, one],
      [`${model}.access`, access],
      ...Object.entries(access.nodes).map(([key, child]): [string, unknown] => [`${model}.access.${key}`, child]),
      ...workloads.flatMap((workload, at): [string, unknown][] => [
        [`${model}.workloads.${at}`, workload],
        ...Object.entries(workload.nodes).map(([key, child]): [string, unknown] => [
          `${model}.workloads.${at}.${key}`,
          child,
        ]),
      ]),
      ...Object.entries(around).map(([key, child]): [string, unknown] => [`${model}.${key}`, child]),
    ];
  });
  const store = Object.entries(platform.nodes.store.nodes).map(([key, one]): [string, unknown] => [
    `store.${key}`,
    one,
  ]);
  return [...Object.entries(shared), ...store, ...server];
}

/** The ids of resources, by where the getters give them; what is not there is left out. */
async function idsOf(children: [string, unknown][]): Promise<Record<string, string>> {
  const there = children.filter(([, child]) => child !== undefined);
  const ids = there.map(async ([key, child]) => {
    assert.ok(pulumi.Resource.isInstance(child), key);
    const urn = await new Promise<string>((read) => child.urn.apply(read));
    return [key, urn.split("::").slice(2).join("::").split("$").at(-1) ?? ""] as const;
  });
  return Object.fromEntries(await Promise.all(ids));
}

const ofServer = (model: string) => ({
  [model]: `vllm:index:ModelServer::vllm-${model}`,
  [`${model}.access`]: `vllm:index:ModelAccess::vllm-${model}-access`,
  [`${model}.access.serviceAccount`]: `kubernetes:core/v1:ServiceAccount::vllm-${model}-access-service-account`,
  [`${model}.access.role`]: `aws:iam/role:Role::vllm-${model}-access-role`,
  [`${model}.access.policy`]: `aws:iam/rolePolicy:RolePolicy::vllm-${model}-access-policy`,
  [`${model}.access.association`]: `aws:eks/podIdentityAssociation:PodIdentityAssociation::vllm-${model}-access-association`,
});
const ofServed = (model: string) => ({
  ...ofServer(model),
  [`${model}.workloads.0`]: `vllm:index:Workload::vllm-${model}-main`,
  [`${model}.workloads.0.middleware`]: `kubernetes:core/v1:ConfigMap::vllm-${model}-main-middleware`,
  [`${model}.workloads.0.deployment`]: `kubernetes:apps/v1:Deployment::vllm-${model}-main-deployment`,
  [`${model}.service`]: `kubernetes:core/v1:Service::vllm-${model}-service`,
  [`${model}.disruptionBudget`]: `kubernetes:policy/v1:PodDisruptionBudget::vllm-${model}-disruption-budget`,
});

test("the getters give every child, each as what it is", async () => {
  const deployed = await deployPlatform({ own: everything });
  const found = await idsOf(childrenOf(deployed.result));
  assert.deepEqual(found, {
    namespace: "kubernetes:core/v1:Namespace::vllm-namespace",
    store: "vllm:index:ModelStore::vllm-models",
    "store.bucket": "aws:s3/bucket:Bucket::vllm-models-bucket",
    "store.versioning": "aws:s3/bucketVersioning:BucketVersioning::vllm-models-versioning",
    "store.encryption":
      "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration::vllm-models-encryption",
    "store.publicAccessBlock":
      "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock::vllm-models-public-access-block",
    "store.ownership": "aws:s3/bucketOwnershipControls:BucketOwnershipControls::vllm-models-ownership",
    "store.policy": "aws:s3/bucketPolicy:BucketPolicy::vllm-models-policy",
    apiKey: "random:index/randomPassword:RandomPassword::vllm-api-key",
    apiKeySecret: "kubernetes:core/v1:Secret::vllm-api-key",
    ...ofServed("chat"),
    "chat.workloads.0.environment": "kubernetes:core/v1:Secret::vllm-chat-main-environment",
    "chat.workloads.0.autoscaler": "kubernetes:autoscaling/v2:HorizontalPodAutoscaler::vllm-chat-main-autoscaler",
    ...ofServed("code"),
    ...ofServer("math"),
  });
  // What is registered beside the children: the provider, and the platform itself.
  const beside = ["pulumi:providers:kubernetes::cluster", "vllm:index:InferencePlatform::vllm"];
  assert.deepEqual([...Object.values(found), ...beside].sort(), deployed.ids());
});

test("what a stack does not have, the getters do not give", async () => {
  const own = { ...v1, apiKey: { value: "the-own-key-that-must-stay-secret" } };
  const { nodes } = (await deployPlatform({ own })).result;
  assert.deepEqual([nodes.namespace, nodes.apiKey], [undefined, undefined]);
  const [workload, ...others] = nodes.servers.chat?.nodes.workloads ?? [];
  assert.deepEqual(others, []);
  assert.deepEqual([workload?.nodes.environment, workload?.nodes.autoscaler], [undefined, undefined]);
});

const components = ({ nodes }: InferencePlatform): pulumi.ComponentResource[] => {
  const servers = Object.values(nodes.servers);
  const inner = servers.flatMap((server) => [server.nodes.access, ...server.nodes.workloads]);
  return [nodes.store, ...servers, ...inner];
};

test("no component has a resource as its field: Pulumi's analyzer would take it for an output", async () => {
  const { result }: Deployed<InferencePlatform> = await deployPlatform({ own: everything });
  const all = [result, ...components(result)];
  assert.equal(all.length, 2 + 3 + 3 + 2);
  for (const component of all)
    for (const [key, value] of Object.entries(component))
      if (!key.startsWith("__"))
        assert.equal(pulumi.Resource.isInstance(value), false, `${component.constructor.name}.${key}`);
});

test("two components of one class have their own children", () => {
  const nodes = new Nodes<object, string>();
  const [one, other] = [{}, {}];
  nodes.keep(one, "of one");
  nodes.keep(other, "of the other");
  assert.deepEqual([nodes.of(one), nodes.of(other)], ["of one", "of the other"]);
  assert.throws(() => nodes.of({}), /once its constructor is done/);
});
