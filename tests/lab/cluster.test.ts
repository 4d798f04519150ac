import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, test } from "node:test";
import { cpuNode, extraNodeLabel, gpuNodes } from "../../lab/cluster/nodes.ts";
import { type Lab, up } from "../../lab/lab.ts";
import { eventually } from "./ownLab.ts";

const namespace = `lab-test-${process.pid}`;
let lab: Lab;

function kubectl(...args: string[]): string {
  const [command = "", ...first] = lab.kubectl;
  return execFileSync(command, [...first, ...args], { encoding: "utf8" });
}

function apply(object: object): void {
  const [command = "", ...first] = lab.kubectl;
  execFileSync(command, [...first, "apply", "-n", namespace, "-f", "-"], { input: JSON.stringify(object) });
}

function get(kind: string, name: string) {
  return JSON.parse(kubectl("get", kind, name, "-n", namespace, "-o", "json"));
}

async function setWaiting(model: string, waiting: unknown): Promise<number> {
  const body = JSON.stringify({ waiting });
  return (await fetch(`${lab.metricsControl}/models/${model}`, { method: "PUT", body })).status;
}

function deployment(name: string, replicas: number, pod: object = {}) {
  const labels = { "app.kubernetes.io/instance": name };
  const containers = [{ name: "main", image: "example/none", resources: { requests: { cpu: "1" } } }];
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers, ...pod } },
    },
  };
}

function gpuPod(name: string, pod: object) {
  const resources = { limits: { "nvidia.com/gpu": "1" } };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name },
    spec: { containers: [{ name: "main", image: "example/none", resources }], ...pod },
  };
}

const tolerations = [{ key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" }];

before(async () => {
  lab = await up();
  kubectl("create", "namespace", namespace);
});
after(() => kubectl("delete", "namespace", namespace, "--wait=false"));

test("it is Kubernetes 1.36, and its versions agree", () => {
  const { clientVersion, serverVersion } = JSON.parse(kubectl("version", "-o", "json"));
  assert.equal(serverVersion.gitVersion, "v1.36.3");
  assert.equal(clientVersion.gitVersion, serverVersion.gitVersion);
});

test("every GPU product has 24 GPUs over three zones in all three dialects, and one node has none", () => {
  const { items } = JSON.parse(kubectl("get", "nodes", "-l", `!${extraNodeLabel}`, "-o", "json"));
  assert.deepEqual(
    items.map((node: { metadata: { name: string } }) => node.metadata.name).sort(),
    [cpuNode, ...gpuNodes].map((node) => node.metadata.name).sort(),
  );
  const gpus = new Map<string, number>();
  const zones = new Map<string, Set<string>>();
  for (const { metadata, spec, status } of items) {
    const { labels } = metadata;
    const dialects = [
      "nvidia.com/gpu.product",
      "karpenter.k8s.aws/instance-gpu-name",
      "eks.amazonaws.com/instance-gpu-name",
    ];
    const product = dialects.map((label) => labels[label]).join(" ");
    gpus.set(product, (gpus.get(product) ?? 0) + Number(status.allocatable["nvidia.com/gpu"] ?? 0));
    zones.set(product, (zones.get(product) ?? new Set()).add(labels["topology.kubernetes.io/zone"]));
    const taints = spec.taints?.map(({ key, value, effect }: Record<string, string>) => `${key}=${value}:${effect}`);
    assert.deepEqual(taints ?? [], labels["nvidia.com/gpu.product"] ? ["nvidia.com/gpu=present:NoSchedule"] : []);
    assert.deepEqual(status.addresses[0], { type: "InternalIP", address: "127.0.0.1" });
  }
  assert.deepEqual(Object.fromEntries(gpus), {
    "  ": 0,
    "Tesla-T4 t4 t4": 24,
    "NVIDIA-A10G a10g a10g": 24,
    "NVIDIA-L4 l4 l4": 24,
    "NVIDIA-L40S l40s l40s": 24,
    "NVIDIA-A100-SXM4-80GB a100 a100": 24,
    "NVIDIA-H100-80GB-HBM3 h100 h100": 24,
    "NVIDIA-H200 h200 h200": 24,
  });
  for (const [product, found] of zones) assert.equal(found.size, product === "  " ? 1 : 3, product);
});

test("a GPU pod runs where its label says, and only with the toleration", async () => {
  const nodeSelector = { "nvidia.com/gpu.product": "NVIDIA-L4" };
  apply(gpuPod("without", { nodeSelector }));
  apply(gpuPod("with", { nodeSelector, tolerations }));
  await eventually(() => get("pod", "with").status.phase === "Running");
  assert.match(get("pod", "with").spec.nodeName, /^l4-[123]$/);
  await eventually(() => get("pod", "without").status.conditions?.[0]?.reason === "Unschedulable");
  assert.equal(get("pod", "without").status.phase, "Pending");
  assert.match(get("pod", "without").status.conditions[0].message, /untolerated taint/);
});

test("pods are ready within seconds, and their service has endpoints", async () => {
  apply({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "ready" },
    spec: { selector: { "app.kubernetes.io/instance": "ready" }, ports: [{ port: 80 }] },
  });
  const begin = Date.now();
  apply(deployment("ready", 8));
  await eventually(() => get("deployment", "ready").status.readyReplicas === 8);
  assert.ok(Date.now() - begin < 8000, `${Date.now() - begin} ms`);
  const slices = () => JSON.parse(kubectl("get", "endpointslices", "-n", namespace, "-o", "json")).items;
  await eventually(() => slices()[0]?.endpoints?.length === 8);
});

test("the custom metrics API reports the value that was set, for each ready pod selected and no other", async () => {
  apply(deployment("metric", 2));
  apply(deployment("other", 1));
  const pending = gpuPod("pending", {});
  apply({ ...pending, metadata: { ...pending.metadata, labels: { "app.kubernetes.io/instance": "metric" } } });
  await eventually(() => get("deployment", "metric").status.readyReplicas === 2);
  await eventually(() => get("deployment", "other").status.readyReplicas === 1);
  assert.equal(await setWaiting("metric", 12), 200);
  const read = (selector: string) => {
    const path = `/apis/custom.metrics.k8s.io/v1beta1/namespaces/${namespace}/pods/*/vllm:num_requests_waiting`;
    const { items } = JSON.parse(kubectl("get", "--raw", `${path}?labelSelector=${encodeURIComponent(selector)}`));
    const values = items.map(({ describedObject, value }: { describedObject: { name: string }; value: string }) => {
      return `${describedObject.name.split("-")[0]} ${value}`;
    });
    return values.sort();
  };
  assert.deepEqual(read("app.kubernetes.io/instance=metric"), ["metric 12", "metric 12"]);
  assert.deepEqual(read("app.kubernetes.io/instance in (metric,other)"), ["metric 12", "metric 12", "other 0"]);
  assert.deepEqual(read("app.kubernetes.io/instance=nothing"), []);
  assert.equal(await setWaiting("metric", 0), 200);
  assert.deepEqual(read("app.kubernetes.io/instance=metric"), ["metric 0", "metric 0"]);
});

test("a waiting count that is none is refused", async () => {
  for (const wrong of [-1, 1.5, "7", null, undefined]) assert.equal(await setWaiting("refused", wrong), 400);
  assert.deepEqual(await (await fetch(`${lab.metricsControl}/models/refused`)).json(), { waiting: 0 });
});

test("the autoscaler follows the waiting requests up and down", async () => {
  apply(deployment("scaled", 2));
  const metric = { name: "vllm:num_requests_waiting" };
  apply({
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { name: "scaled" },
    spec: {
      minReplicas: 2,
      maxReplicas: 6,
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "scaled" },
      metrics: [{ type: "Pods", pods: { metric, target: { type: "AverageValue", averageValue: "5" } } }],
    },
  });
  const replicas = () => get("deployment", "scaled").status.readyReplicas;
  await eventually(() => get("hpa", "scaled").status.currentMetrics?.[0]?.pods?.current?.averageValue === "0");
  assert.equal(replicas(), 2);
  await setWaiting("scaled", 50);
  await eventually(() => replicas() === 6);
  await setWaiting("scaled", 5);
  await eventually(() => get("hpa", "scaled").status.currentMetrics[0].pods.current.averageValue === "5");
  assert.equal(replicas(), 6);
  await setWaiting("scaled", 0);
  await eventually(() => replicas() === 2);
});
