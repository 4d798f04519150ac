import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { ClusterClient, isTrue, type KubernetesObject } from "../../lab/cluster/client.ts";
import { extraNode, extraNodeLabel } from "../../lab/cluster/nodes.ts";
import { podKindLabel, podKinds, readyAfterLabel } from "../../lab/cluster/podKinds.ts";
import { up } from "../../lab/lab.ts";
import { eventually } from "./ownLab.ts";

const namespace = `lab-life-${process.pid}`;
const path = `/api/v1/namespaces/${namespace}`;
let client: ClusterClient;

const containers = [{ name: "vllm", image: "docker.io/vllm/vllm-openai:v9" }];

const create = (name: string, labels: Record<string, string>, spec: object = {}) =>
  client.create(`${path}/pods`, { metadata: { name, labels }, spec: { containers, ...spec } });
const get = (name: string) => client.get<KubernetesObject>(`${path}/pods/${name}`);
const isReady = async (name: string) => isTrue(await get(name), "Ready");
const log = async (name: string, query: string) => {
  const { status, body } = await client.send("GET", `${path}/pods/${name}/log?${query}`);
  assert.equal(status, 200, body);
  return body;
};

before(async () => {
  client = ClusterClient.fromKubeconfig((await up()).kubeconfig);
  await client.create("/api/v1/namespaces", { metadata: { name: namespace } });
  await eventually(async () => (await client.get(`${path}/serviceaccounts/default`)) !== undefined);
});
after(async () => {
  await client.send("DELETE", `/api/v1/namespaces/${namespace}`);
  client.close();
});

test("a slow pod is ready after its time, and any other beside it at once", async () => {
  const begin = performance.now();
  await create("slow", { [podKindLabel]: "slow" });
  await create("slower", { [podKindLabel]: "slow", [readyAfterLabel]: "5000" });
  await create("plain", {});
  await create("of-no-kind", { [podKindLabel]: "such" });
  const readyAfter = async (name: string) => {
    await eventually(() => isReady(name));
    return performance.now() - begin;
  };
  const [plain = 0, none = 0, slow = 0, slower = 0] = await Promise.all(
    ["plain", "of-no-kind", "slow", "slower"].map(readyAfter),
  );
  assert.ok(slow > 2900 && slower > 4900, `${slow} ms, ${slower} ms`);
  assert.ok(plain < slow && none < slow && slow < slower, `${plain} ms, ${none} ms`);
  const status = ((await get("slow"))?.status ?? {}) as { [field: string]: { [field: string]: unknown }[] };
  assert.deepEqual(
    status.conditions?.map((condition) => Object.keys(condition).sort().join(" ")),
    Array(4).fill("lastProbeTime lastTransitionTime status type"),
    "no condition says any more why it is not true",
  );
  const { ready, started, restartCount } = status.containerStatuses?.[0] ?? {};
  assert.deepEqual([status.phase, ready, started, restartCount], ["Running", true, true, 0]);
});

test("a pod of each kind stays as it is, and goes when it is deleted", async () => {
  const names = Object.keys(podKinds).map((kind) => `stays-${kind}`);
  for (const [index, kind] of Object.keys(podKinds).entries())
    await create(names[index] ?? "", { [podKindLabel]: kind, [readyAfterLabel]: "600000" });
  const versions = async () => {
    const pods = await Promise.all(names.map(get));
    return pods.map((pod) => (pod?.metadata as { resourceVersion?: string } | undefined)?.resourceVersion);
  };
  await sleep(1500);
  const before = await versions();
  assert.ok(!before.includes(undefined));
  await sleep(2500);
  assert.deepEqual(await versions(), before);
  for (const name of names) assert.equal(await isReady(name), false, name);
  for (const name of names) await client.send("DELETE", `${path}/pods/${name}`);
  await eventually(async () => (await Promise.all(names.map(get))).every((pod) => pod === undefined), 10);
});

test("a Job's pod completes", async () => {
  await client.create(`/apis/batch/v1/namespaces/${namespace}/jobs`, {
    metadata: { name: "job" },
    spec: { template: { spec: { containers, restartPolicy: "Never" } } },
  });
  const job = () => client.get(`/apis/batch/v1/namespaces/${namespace}/jobs/job`);
  await eventually(async () => isTrue(await job(), "Complete"));
});

test("the log of the run before ends with the engine's error, that of the present one without", async () => {
  await create("logs", { [podKindLabel]: "crash-loop" });
  await eventually(async () => (await get("logs"))?.status?.phase === "Running");
  const lines = (await log("logs", "container=vllm&previous=true")).trimEnd().split("\n");
  assert.equal(lines.length, 5);
  assert.match(lines[4] ?? "", /^ValueError: No available memory for the cache blocks\./);
  assert.equal(await log("logs", "container=vllm&previous=true&tailLines=1"), `${lines[4]}\n`);
  assert.equal(await log("logs", "container=vllm"), `${lines.slice(0, 2).join("\n")}\n`);
});

test("a further node takes pods, and where it is deleted its pods are left until somebody removes them", async () => {
  const name = `extra-${process.pid}`;
  const nodeSelector = { "lab-test/node": name };
  await client.create("/api/v1/nodes", extraNode(name, { labels: nodeSelector, gpus: 2 }));
  const node = await client.get<KubernetesObject & { status: { allocatable: object } }>(`/api/v1/nodes/${name}`);
  assert.deepEqual(node?.spec?.taints?.[0], { key: "nvidia.com/gpu", value: "present", effect: "NoSchedule" });
  assert.deepEqual(node?.status.allocatable, {
    cpu: "192",
    memory: "2Ti",
    "nvidia.com/gpu": "2",
    "ephemeral-storage": "2Ti",
    pods: "200",
  });
  assert.equal(node?.metadata.labels?.[extraNodeLabel], "true");
  const tolerations = [{ key: "nvidia.com/gpu", operator: "Exists" }];
  await create("lost", {}, { nodeSelector, tolerations });
  await eventually(() => isReady("lost"));
  await client.send("DELETE", `/api/v1/nodes/${name}`);
  await sleep(1000);
  assert.equal(await isReady("lost"), true, "the garbage collector waits up to a minute");
  await client.send("DELETE", `${path}/pods/lost?gracePeriodSeconds=0`);
  assert.equal(await get("lost"), undefined);
  assert.deepEqual((extraNode(name).spec as { taints: object[] }).taints, []);
});
